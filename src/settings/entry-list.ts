/**
 * The entries of a settings map as they lie in its `Y.Array`: each is a list of a key and a value, and is never changed, only
 * deleted. What this file is for is where a new one goes: right behind the last one of the same replica. So the entries of a
 * replica lie side by side, in the order in which they were made, and Yjs joins those that are deleted into one piece, however
 * many replicas set in turn. At the end of the array, where they would alternate, each would stay a piece of its own for ever.
 * It goes by items and not by indices, which would have to be counted from the start at each set.
 */

import { Y } from '../replica/replica.js';

/** An entry that lives. The same object for as long as it does. */
export interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly client: number;
  readonly clock: number;
}

export class EntryList {
  readonly type: Y.Array<unknown>;
  /** Behind which one the next goes. One of another client id does not count: a replica may have to take a new one. */
  #last: Y.ID | undefined;

  constructor(type: Y.Array<unknown>) {
    this.type = type;
  }

  append(transaction: Y.Transaction, key: string, value: unknown): Entry {
    const { doc } = transaction;
    const { store, clientID: client } = doc;
    const left = this.#last?.client === client ? Y.getItemCleanEnd(transaction, store, this.#last) : null;
    // The first one of a replica goes to the very front: nowhere else would it be between two entries of one other replica.
    const right = left instanceof Y.Item ? left.right : this.type._start;
    const id = Y.createID(client, Y.getState(store, client));
    const content = new Y.ContentAny([[key, value]]);
    const origin = left instanceof Y.Item ? left : null;
    new Y.Item(id, origin, origin && origin.lastId, right, right && right.id, this.type, null, content).integrate(transaction, 0);
    this.#last = id;
    forgetPositions(this.type);
    return { key, value, client, clock: id.clock };
  }

  remove(transaction: Y.Transaction, { client, clock }: Entry): void {
    const item = Y.getItemCleanStart(transaction, Y.createID(client, clock));
    if (!(item instanceof Y.Item) || item.deleted) return;
    if (item.length > 1) Y.getItemCleanStart(transaction, Y.createID(client, clock + 1));
    item.delete(transaction);
    forgetPositions(this.type);
  }

  /** All that live. */
  *entries(): IterableIterator<Entry> {
    for (let item = this.type._start; item !== null; item = item.right) if (!item.deleted) yield* entriesOf(item);
  }

  /** What the transaction has added and not deleted again. Brought back: by a `Y.UndoManager`, which keeps what it makes from being collected. */
  *added(transaction: Y.Transaction): IterableIterator<{ readonly entry: Entry; readonly isBroughtBack: boolean }> {
    const { beforeState, afterState, doc } = transaction;
    for (const [client, after] of afterState) {
      const before = beforeState.get(client) ?? 0;
      const structs = doc.store.clients.get(client);
      if (after === before || structs === undefined) continue;
      for (let index = Y.findIndexSS(structs, before); index < structs.length; index++) {
        const struct = structs[index];
        if (!(struct instanceof Y.Item) || struct.parent !== this.type || struct.deleted) continue;
        for (const entry of entriesOf(struct)) yield { entry, isBroughtBack: transaction.local && struct.keep };
      }
    }
  }

  /** What it has deleted. Its content is there for as long as its observers are called. */
  deleted(transaction: Y.Transaction): readonly Entry[] {
    const found: Entry[] = [];
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
      if (struct instanceof Y.Item && struct.parent === this.type) found.push(...entriesOf(struct));
    });
    return found;
  }
}

/** What an item holds that is no entry, because somebody has written into the array himself, is left alone. */
function* entriesOf({ id, content }: Y.Item): IterableIterator<Entry> {
  if (!(content instanceof Y.ContentAny)) return;
  for (const [index, entry] of (content.arr as readonly unknown[]).entries()) {
    if (!Array.isArray(entry) || entry.length !== 2) continue;
    const [key, value] = entry as readonly unknown[];
    if (typeof key === 'string') yield { key, value, client: id.client, clock: id.clock + index };
  }
}

/** As `Y.UndoManager` does where it goes by items: Yjs remembers at which index some of them are, and would be wrong. */
function forgetPositions(type: Y.Array<unknown>): void {
  if (type._searchMarker !== null) type._searchMarker.length = 0;
}
