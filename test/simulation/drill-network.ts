/**
 * The memory network with two faults more: subscriptions that take their time, while all else is quick (for drills), and a
 * connection that breaks between two peers that live.
 */

import type { PeerId } from '../../src/base/ids.js';
import { MemoryNetwork } from '../../sync/memory-network.js';
import type { Parcel } from '../../sync/memory-network.js';

type Receive = Parameters<MemoryNetwork['attach']>[1];

export class DrillNetwork extends MemoryNetwork {
  /** Not to be set back before what was held has arrived and nobody ends meanwhile: later ones would overtake it. */
  subscriptionDelayMs = 0;
  readonly #receive = new Map<PeerId, Receive>();

  override attach(id: PeerId, receive: Receive): void {
    super.attach(id, receive);
    this.#receive.set(id, receive);
  }

  override detach(id: PeerId): void {
    this.#receive.delete(id);
    super.detach(id);
  }

  override carry(from: PeerId, to: PeerId, parcel: Parcel): void {
    if (parcel.kind !== 'subscribe' || this.subscriptionDelayMs === 0) return super.carry(from, to, parcel);
    this.clock.after(this.subscriptionDelayMs, () => super.carry(from, to, parcel));
  }

  /**
   * Both hear in one instant that the other has gone, as of a connection that breaks. What was under way belongs to the old one: of
   * what was published nothing arrives any more. Neither may be stopped: a stopped one would hear it all the same.
   */
  breakConnection(a: PeerId, b: PeerId): void {
    this.clock.after(0, () => {
      const [toA, toB] = [this.#receive.get(a), this.#receive.get(b)];
      toA?.(b, { kind: 'gone' });
      toB?.(a, { kind: 'gone' });
    });
  }
}
