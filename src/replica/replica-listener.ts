/** What a replica tells: changes, told apart by where they come from, and what went wrong and was mended. */

import type { GuardCause } from './guard.js';

export interface ReplicaListener {
  /** Written here, and nowhere else yet: at the end of the turn, or before. */
  changed(update: Uint8Array): void;
  /** Integrated here, from a peer. `update` may be asked for within the call; it brings all that was new, and perhaps more. */
  received(update: () => Uint8Array): void;
  /** An observer of the application threw; the state was applied all the same. */
  observerThrew(error: unknown): void;
  /** Yjs had stopped to tell us of changes; that is repaired, and what was missed has been handed over as changed. */
  repaired(cause: GuardCause): void;
  /** So many items were taken out that nobody could ever have written down. */
  valuesRemoved(count: number): void;
  /** The application nested deeper than peers take in a frame. */
  changeTooDeep(detail: string): void;
  /** Somebody else writes under our client id: we took a new one. */
  clientIdRenewed(id: number): void;
  /** The application has set a client id; `isUsable` where it is one, else it was replaced. */
  clientIdChanged(id: number, isUsable: boolean): void;
}
