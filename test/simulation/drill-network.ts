/** The memory network with one fault more, for drills: subscriptions that take their time, while all else is quick. */

import type { PeerId } from '../../src/base/ids.js';
import { MemoryNetwork } from '../../sync/memory-network.js';
import type { Parcel } from '../../sync/memory-network.js';

export class DrillNetwork extends MemoryNetwork {
  /** Not to be set back before what was held has arrived and nobody ends meanwhile: later ones would overtake it. */
  subscriptionDelayMs = 0;

  override carry(from: PeerId, to: PeerId, parcel: Parcel): void {
    if (parcel.kind !== 'subscribe' || this.subscriptionDelayMs === 0) return super.carry(from, to, parcel);
    this.clock.after(this.subscriptionDelayMs, () => super.carry(from, to, parcel));
  }
}
