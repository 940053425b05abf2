/** A document that socomm shares. */

import { Y, join } from '../../dist/esm/src/index.js';

/** What `join()` would load first. */
export async function load() {
  await Promise.all([import('zeromq'), import('level'), import('fs-native-extensions')]);
}

export async function openDocument({ room }) {
  const instance = await join(room);
  return {
    instance,
    doc: instance.doc,
    peersKnown: () => instance.peers.length,
    state: () => Y.encodeStateAsUpdate(instance.doc),
    flush: () => instance.flush(),
    close: () => instance.close(),
  };
}
