/**
 * Whether the Yjs of this process is built as integration.ts knows it. Applications bring their own, of any version in our range: one that counts,
 * links or finds things in another way has fields for it, and then all is left to it. Bundlers that shorten the names of fields make it unknown, too.
 */

import * as Y from 'yjs';

const TRANSACTION =
  'doc deleteSet beforeState afterState changed changedParentTypes _mergeStructs origin meta local subdocsAdded subdocsRemoved subdocsLoaded _needFormattingCleanup';
const STORE = 'clients pendingStructs pendingDs';
const TYPE = '_item _map _start doc _length _eH _dEH _searchMarker';
const ITEM = 'id length origin left right rightOrigin parent parentSub redone content info';
const ID = 'client clock';

/** Within a transaction. */
export function isKnownYjs({ _transaction: transaction, store }: Y.Doc): boolean {
  if (transaction === null || !has(transaction, TRANSACTION) || !has(store, STORE)) return false;
  const id = new Y.ID(0, 0);
  const item = new Y.Item(id, null, null, null, null, null, '', new Y.ContentAny([0]));
  return has(id, ID) && has(item, ITEM) && item.integrate.length === 2 && has(new Y.AbstractType(), TYPE);
}

function has(part: object, fields: string): boolean {
  return Object.keys(part).join(' ') === fields;
}
