/** The public face. What is not exported here is nobody's business. */

export { join } from './join.js';
export type { JoinOptions } from './options.js';
export type { FlushOptions, Instance } from './instance.js';
export type { InstanceEvents, Warning } from './events.js';
export type { DocumentInspection, Inspection, PeerReport } from './inspection.js';
export { inspectGroup, listGroups } from './groups/look-at-groups.js';
export type { GroupReport, GroupSummary, LookOptions, StoreReport, StoreSurvey } from './groups/look-at-groups.js';
export { removeGroup } from './groups/remove-group.js';
export type { RemovedGroup } from './groups/remove-group.js';
export type { WriterRef } from '../sync/engine-io.js';
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
