/** The last step of joining, whatever the peer is made of: an instance, and the wait for the whole state. */

import { describe } from './base/errors.js';
import { Instance } from './instance.js';
import type { MappedParts } from './mapped/open-mapping.js';
import type { JoinOptions } from './options.js';
import type { BorrowedPeer } from './peer-table.js';
import { waitUntilSynced } from './waiting.js';

/** Makes an instance of a peer; where the state does not come, everything is given back and the error says why. */
export async function enter(borrowed: BorrowedPeer, { wait = 'synced', signal }: JoinOptions, mapping?: MappedParts): Promise<Instance> {
  const { peer } = borrowed;
  const instance: Instance = new Instance(peer, () => borrowed.release(instance), mapping);
  try {
    if (wait === 'synced') await waitUntilSynced(peer, { signal, isImpatient: true });
    signal?.throwIfAborted();
    if (mapping?.isMapped === false && mapping.reason !== 'not-asked')
      peer.warnings.raise('mapping-failed', `ephemeral values are not mapped, and travel only: ${mapping.text}`);
    return instance;
  } catch (error) {
    await instance.close().catch((failure: unknown) => peer.warnings.raise('close-failed', describe(failure)));
    throw error;
  }
}
