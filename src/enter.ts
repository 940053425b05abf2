/** The last step of joining, whatever the peer is made of: an instance, and the wait for the whole state. */

import { describe } from './base/errors.js';
import { Instance } from './instance.js';
import type { JoinOptions } from './options.js';
import type { BorrowedPeer } from './peer-table.js';
import { waitUntilSynced } from './waiting.js';

/** Makes an instance of a peer; where the state does not come, everything is given back and the error says why. */
export async function enter(borrowed: BorrowedPeer, { wait = 'synced', signal }: JoinOptions): Promise<Instance> {
  const { peer } = borrowed;
  const instance: Instance = new Instance(peer, () => borrowed.release(instance));
  try {
    if (wait === 'synced') await waitUntilSynced(peer, { signal, isImpatient: true });
    signal?.throwIfAborted();
    return instance;
  } catch (error) {
    await instance.close().catch((failure: unknown) => peer.warnings.raise('close-failed', describe(failure)));
    throw error;
  }
}
