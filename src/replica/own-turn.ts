/**
 * What the application wrote and nobody was told of yet: small changes gather until the end of their turn, and are encoded once
 * (docs/decisions/0029). A change that is not small is due at once, with what gathered before it: nothing grows beyond what one frame carries.
 */

import * as Y from 'yjs';
import { encodeChanges, noteStarts } from './encode-changes.js';

export interface OwnChanges {
  readonly update: Uint8Array;
  /** The state that it leads to. */
  readonly state: ReadonlyMap<number, number>;
  /** The types that were written to. */
  readonly changed: Iterable<ChangedType>;
  /** How many levels it adds to these at most, where that is known. */
  readonly levelsMax: number | undefined;
}

type ChangedType = { readonly _item: Y.Item | null };

/** So many changes at most, of so many structs and deleted ranges each, with texts of so many characters, are told together. */
export const TURN_CHANGES_MAX = 256;
export const SMALL_CHANGE_STRUCTS_MAX = 4;
export const SMALL_CHANGE_CHARACTERS_MAX = 64;

export class OwnTurn {
  readonly #doc: Y.Doc;
  #transactions: Y.Transaction[] = [];
  #starts = new Map<number, number>();
  /** Shared types among them; undefined where not all were looked at. */
  #types: number | undefined = 0;

  constructor(doc: Y.Doc) {
    this.#doc = doc;
  }

  get isEmpty(): boolean {
    return this.#transactions.length === 0;
  }

  /** Of a transaction that has ended. Returns whether it must not wait for the end of the turn. */
  note(transaction: Y.Transaction): boolean {
    noteStarts(transaction, this.#starts);
    this.#transactions.push(transaction);
    const types = typesOfSmall(this.#doc, transaction);
    this.#types = types === undefined || this.#types === undefined ? undefined : this.#types + types;
    return types === undefined || this.#transactions.length >= TURN_CHANGES_MAX;
  }

  /** Empties it, also where it throws what Yjs throws at a value that cannot be written down. */
  take(): OwnChanges {
    const transactions = this.#transactions;
    const starts = this.#starts;
    const levelsMax = this.#types;
    this.drop();
    const [only] = transactions;
    if (only !== undefined && transactions.length === 1) {
      const update = encodeChanges(this.#doc, { starts, deletions: only.deleteSet });
      return { update, state: only.afterState, changed: only.changed.keys(), levelsMax };
    }
    const deletions = Y.mergeDeleteSets(transactions.map(({ deleteSet }) => deleteSet));
    const update = encodeChanges(this.#doc, { starts, deletions });
    const changed = new Set<ChangedType>();
    for (const transaction of transactions) for (const type of transaction.changed.keys()) changed.add(type);
    return { update, state: transactions.at(-1)?.afterState ?? new Map(), changed, levelsMax };
  }

  /** It is told in another way. */
  drop(): void {
    this.#transactions = [];
    this.#starts = new Map();
    this.#types = 0;
  }
}

/**
 * How many shared types it brought, where it is small: seen by what it left at the end of its clients' structs, the first of which may have
 * grown together with what was there before.
 */
function typesOfSmall({ store }: Y.Doc, { beforeState, afterState, deleteSet }: Y.Transaction): number | undefined {
  let left = SMALL_CHANGE_STRUCTS_MAX;
  let types = 0;
  for (const ranges of deleteSet.clients.values()) left -= ranges.length;
  for (const [client, end] of afterState) {
    const start = beforeState.get(client) ?? 0;
    if (start === end) continue;
    if (end - start > SMALL_CHANGE_CHARACTERS_MAX) return undefined;
    const structs = store.clients.get(client) ?? [];
    for (let at = structs.length - 1; at >= 0; at--, left--) {
      const struct = structs[at];
      if (struct === undefined || struct.id.clock + struct.length <= start) break;
      if (left === 0) return undefined;
      if (!(struct instanceof Y.Item)) continue;
      if (struct.content instanceof Y.ContentType) types++;
      else if (!isSmallContent(struct.content, start - struct.id.clock)) return undefined;
    }
  }
  return left < 0 ? undefined : types;
}

/** `from`: where that begins which is new. */
function isSmallContent(content: Y.Item['content'], from: number): boolean {
  if (!(content instanceof Y.ContentAny)) return content instanceof Y.ContentString || content instanceof Y.ContentDeleted;
  for (let at = Math.max(0, from); at < content.arr.length; at++) if (!isSmallValue(content.arr[at])) return false;
  return true;
}

function isSmallValue(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= SMALL_CHANGE_CHARACTERS_MAX;
  return typeof value !== 'object' || value === null;
}
