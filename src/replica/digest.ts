/** The short text by which replicas are compared. */

import { createHash } from 'node:crypto';
import * as Y from 'yjs';

/** Of state vector and delete set: a lost deletion leaves state vectors equal. */
export function digestOf(doc: Y.Doc): string {
  return createHash('sha256')
    .update(Y.encodeSnapshot(Y.snapshot(doc)))
    .digest('hex')
    .slice(0, 16);
}
