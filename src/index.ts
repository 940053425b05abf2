/** The public face. What is not exported here is nobody's business. */

export { hostWorkers, join } from './join.js';
export type { HostWorkersOptions } from './join.js';
export type { JoinOptions } from './options.js';
export type { MappedInspection } from './mapped/mapped-values.js';
export type { MappedOptions } from './mapped/open-mapping.js';
export type { Instance } from './instance.js';
export type { FlushOptions } from './flush-outcome.js';
export type { SignalOption } from './upkeep.js';
/** Documents besides `main`. */
export type { OpenDocument } from './documents/open-document.js';
export type { DocumentListing } from './documents/document-holder.js';
export type { DocumentOptions, DocumentSchema } from './documents/document-options.js';
export type { DocumentKeep } from './documents/document-name.js';
export type { SettingsMap } from './settings/settings-map.js';
export type { SettingsChange, SettingsEvent } from './settings/settings-index.js';
export type { BackupMade, CheckpointMade, Compacted } from './maintenance/asking.js';
export type { Checkpoint } from './maintenance/checkpoint-shelf.js';
export type { BlobOptions, Blobs } from './blobs/blobs.js';
export type { BlobContent } from './blobs/content.js';
export type { BlobHash } from '../storage/blobs/blob-hash.js';
/** Talking. */
export type { Codec } from './talk/codec.js';
export { raw } from './talk/codecs/raw.js';
export { lib0 } from './talk/codecs/lib0.js';
export { json } from './talk/codecs/json.js';
export { float32, float64 } from './talk/codecs/floats.js';
export { schema } from './talk/codecs/schema.js';
export type { SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './talk/codecs/standard-schema.js';
export { defineEphemeral, defineRequest, defineStream, defineTopic } from './talk/definitions.js';
export type { EphemeralDefinition, RequestDefinition, StreamDefinition, TopicDefinition } from './talk/definitions.js';
export type { Message, Missed, PublishOptions, SubscribeOptions, Subscription, TalkFailure, Topic } from './talk/topic.js';
export type {
  Ephemeral,
  EphemeralChange,
  EphemeralEntry,
  EphemeralOptions,
  EphemeralSubscribe,
  EphemeralSubscribeOptions,
} from './talk/ephemeral.js';
export type { Gesture, ValueSeen } from './talk/gestures.js';
export type { AwarenessChange, PresenceAwareness } from './talk/awareness.js';
export type { Presence, PresenceChange, PresenceState } from './talk/presence.js';
export { RequestError, isRequestError } from './talk/request-error.js';
export type { Answer, HandleOptions, RequestContext, RequestHandler, RequestOptions, RequestTarget } from './talk/requests.js';
export type { StreamOptions, TalkStream } from './talk/streams.js';
export type { UndoOptions, UndoScope } from './talk/undo.js';
export type { InstanceStatus } from './status-view.js';
export type { InstanceEvents, Warning } from './events.js';
export type { DocumentInspection, Inspection, PeerReport, TalkInspection } from './inspection.js';
export { inspectGroup, listGroups } from './groups/look-at-groups.js';
export type { BlobCount, GroupReport, GroupSummary, LookOptions, StoreReport, StoreSurvey } from './groups/look-at-groups.js';
export { removeGroup } from './groups/remove-group.js';
export type { RemovedGroup } from './groups/remove-group.js';
export { examineGroup } from './groups/examine-group.js';
export type { Finding, GroupExamination } from './groups/examine-group.js';
export { repairGroup } from './groups/repair-group.js';
export type { RepairedGroup } from './groups/repair-group.js';
export { restoreGroup } from './groups/restore-group.js';
export type { RestoredGroup } from './groups/restore-group.js';
export type { StallReason, WriterRef } from '../sync/engine-io.js';
export { SocommError, isSocommError } from './base/errors.js';
export type { SocommErrorCode } from './base/errors.js';
export type { InstanceId, PeerId } from './base/ids.js';
export type { Log, LogEntry } from './base/log.js';
/** The ports that may be given to `join()`, for tests and embedding. */
export type { Clock } from './base/clock.js';
export type { Random } from './base/random.js';
export type { Store } from '../storage/store.js';
export type { Discovery } from '../sync/discovery.js';
export type { Transport } from '../sync/transport.js';
/** The Yjs that this copy works with: types made by another loaded copy of Yjs cannot be put into its documents. */
export { Y } from './replica/replica.js';
