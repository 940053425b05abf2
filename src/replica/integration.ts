/** Integrates structs of an update into a document that was empty, in the order of Yjs: the third step of first-load.ts. */

import * as Y from 'yjs';
import type { Struct } from './yjs-order.js';

type Type = Parameters<Y.Transaction['changed']['set']>[0];
type Keys = Parameters<Y.Transaction['changed']['set']>[1];

export class Integration {
  readonly #transaction: Y.Transaction;
  readonly #store: Y.Doc['store'];
  /** Those that came last: the next struct mostly has the same. */
  #client = -1;
  #structs: Struct[] = [];
  #parentId: Y.ID | undefined;
  #parent: Type | undefined;
  #root: Type | undefined;
  #changed: Keys = new Set();

  constructor(transaction: Y.Transaction) {
    this.#transaction = transaction;
    this.#store = transaction.doc.store;
  }

  run(order: readonly Struct[]): void {
    for (const struct of order) {
      if (struct instanceof Y.Item && struct.parentSub !== null && this.#setFirst(struct, struct.parentSub)) continue;
      struct.getMissing(this.#transaction, this.#store);
      struct.integrate(this.#transaction, 0);
    }
  }

  /** An entry under a key that has none yet, in a map that is not deleted: `Item.integrate` without its search for what was there before. */
  #setFirst(item: Y.Item, key: string): boolean {
    const parent = item.parent instanceof Y.ID ? this.#typeOf(item.parent) : (item.parent as Type | null);
    if (parent === null || parent === undefined || parent._map.has(key) || parent._item?.deleted === true) return false;
    item.parent = parent;
    parent._map.set(key, item);
    this.#add(item);
    item.content.integrate(this.#transaction, item);
    // A type that is new in this transaction is not told of as changed: the map in which it is set is.
    if (parent._item === null) this.#changedOf(parent).add(key);
    return true;
  }

  /** Undefined where it is none any more. */
  #typeOf(id: Y.ID): Type | undefined {
    if (id.clock === this.#parentId?.clock && id.client === this.#parentId.client) return this.#parent;
    const { content } = Y.getItem(this.#store, id) as Partial<Y.Item>;
    this.#parentId = id;
    this.#parent = content instanceof Y.ContentType ? content.type : undefined;
    return this.#parent;
  }

  #add(item: Y.Item): void {
    const { client } = item.id;
    if (client !== this.#client) {
      this.#client = client;
      const { clients } = this.#store;
      this.#structs = clients.get(client) ?? [];
      if (this.#structs.length === 0) clients.set(client, this.#structs);
    }
    this.#structs.push(item);
  }

  #changedOf(root: Type): Keys {
    if (root === this.#root) return this.#changed;
    const { changed } = this.#transaction;
    const keys = changed.get(root) ?? new Set();
    changed.set(root, keys);
    this.#root = root;
    this.#changed = keys;
    return keys;
  }
}
