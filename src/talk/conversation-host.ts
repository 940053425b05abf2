/** What each way to talk needs of the instance that it belongs to. */

import type { Talker } from '../../talk/talker.js';
import type { Clock } from '../base/clock.js';
import type { MappedValues } from '../mapped/mapped-values.js';
import type { MappedParts } from '../mapped/open-mapping.js';
import type { InstanceId } from '../base/ids.js';
import type { Random } from '../base/random.js';
import type { Y } from '../replica/replica.js';
import type { SharedSignals } from '../base/shared-signals.js';

/** What the instance gives. */
export interface InstanceHost extends Omit<ConversationHost, 'mapped'> {
  /** Whether values are mapped, and with what. */
  readonly mapping: MappedParts;
}

export interface ConversationHost {
  readonly id: InstanceId;
  readonly talker: Talker;
  readonly clock: Clock;
  readonly random: Random;
  /** The document `main`. */
  readonly doc: Y.Doc;
  /** The origin of what `transact` runs. */
  readonly origin: object;
  /** Runs a change of documents with this instance as its origin. */
  transact<Result>(change: () => Result): Result;
  /** All instances that are there, this one included. */
  instances(): readonly InstanceId[];
  /** Peers that live and do not answer: stopped, or held up for long. */
  silentPeers(): ReadonlySet<string>;
  /** Called when instances come, leave, fall silent or are heard again. Returns what ends that. */
  watchInstances(listener: () => void): () => void;
  /** Where values are mapped. */
  readonly mapped?: MappedValues | undefined;
  /** Through which the signals of the application are watched. */
  readonly signals: SharedSignals;
  warn(code: string, message: string): void;
  /** Throws SOCOMM_CLOSED after the end. */
  assertOpen(): void;
  /** Called once, when the instance closes, before its peer does. Returns what takes it back. */
  onClose(end: () => void): () => void;
}
