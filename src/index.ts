/** The public face. What is not exported here is nobody's business. */

export { join } from './join.js';
export type { JoinOptions } from './options.js';
export type { FlushOptions, Instance, SignalOption } from './instance.js';
export type { BackupMade, CheckpointMade, Compacted } from './maintenance/asking.js';
export type { Checkpoint } from './maintenance/checkpoint-shelf.js';
export type { InstanceEvents, Warning } from './events.js';
export type { DocumentInspection, Inspection, PeerReport } from './inspection.js';
export { inspectGroup, listGroups } from './groups/look-at-groups.js';
export type { GroupReport, GroupSummary, LookOptions, StoreReport, StoreSurvey } from './groups/look-at-groups.js';
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
