/** How long a document takes to read, in Yjs' own pieces: about 3 µs each on a busy machine, however few bytes they are. */

import type * as Y from 'yjs';

/** All structs, those of deleted content too; what Yjs has merged counts as one. */
export function structsOf({ store }: Y.Doc): number {
  let count = 0;
  for (const structs of store.clients.values()) count += structs.length;
  return count;
}
