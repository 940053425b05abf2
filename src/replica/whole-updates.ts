/**
 * Gives updates to Yjs whole or not at all. Yjs by itself keeps apart the structs of an update that miss something, and carries out
 * its deletions all the same: an overwritten value is gone then, and what replaces it is not there. Here an update of which anything
 * misses its footing waits in one piece, and is given to Yjs when all that it builds on has come (docs/decisions/0005).
 */

import * as Y from 'yjs';
import { FootingReader, UNKNOWN_FOOTING } from './footing.js';
import type { Footing } from './footing.js';
import { FirstLoad } from './first-load.js';
import type { FirstLoadOptions } from './first-load.js';
import { isKnownYjs } from './known-yjs.js';
import { QuickDecoder } from './quick-decoder.js';
import { WaitingUpdates } from './waiting-updates.js';

/** From this size on our own decoder is worth its making. */
const QUICK_FROM_BYTES = 4096;
/** What comes to an empty document is taken in by ourselves from this size on. */
export const FIRST_LOAD_BYTES_MIN = 256 * 1024;

const NOTHING = new Uint8Array();

/** An update, and what a scan of it has noted. */
export interface FootedUpdate {
  readonly update: Uint8Array;
  readonly footing: Footing;
  /** A snapshot, in encoding V2: nothing was pending when it was taken. */
  readonly isSnapshot?: true;
  /** What was read of several, instead of them. */
  readonly first?: FirstLoad;
}

export interface ReleaseOptions {
  /** Asked about what may nest deeper than when it was checked. */
  readonly mayApply: (update: Uint8Array) => boolean;
  /** Gives it to `integrate`, and deals with what that throws. */
  readonly apply: (update: FootedUpdate) => void;
}

export class WholeUpdates {
  readonly #doc: Y.Doc;
  readonly #waiting: WaitingUpdates;
  readonly #hasFirstLoad: boolean;
  /** Of which there may be more since those that wait were looked at. */
  readonly #moved = new Set<number>();
  #hasAnyMoved = false;
  #hasDropped = false;

  /** `hasFirstLoad`: not where it is tried whether Yjs can read something. */
  constructor(doc: Y.Doc, { hasFirstLoad }: { readonly hasFirstLoad: boolean }) {
    this.#doc = doc;
    this.#hasFirstLoad = hasFirstLoad;
    this.#waiting = new WaitingUpdates((client) => Y.getState(doc.store, client));
  }

  /** Includes what the application itself has given to the document, and Yjs could not place. */
  get isPending(): boolean {
    const { pendingStructs, pendingDs } = this.#doc.store;
    return this.#waiting.count > 0 || pendingStructs !== null || pendingDs !== null;
  }

  /** Nothing waits, and the last update was taken in to its end. */
  get isWhole(): boolean {
    return !this.#hasDropped && !this.isPending;
  }

  /** One update of a list, within a transaction of the caller. Throws what Yjs throws. */
  integrate({ update, footing, isSnapshot, first = this.#firstOf(update, isSnapshot) }: FootedUpdate, origin?: unknown): void {
    if (footing.needs !== undefined && this.#waiting.add({ update, footing })) return;
    const { store } = this.#doc;
    const wasPending = store.pendingStructs !== null || store.pendingDs !== null;
    if (first !== undefined) first.integrate(this.#doc, origin);
    else if (isSnapshot) Y.applyUpdateV2(this.#doc, update, origin);
    else if (update.length < QUICK_FROM_BYTES) Y.applyUpdate(this.#doc, update, origin);
    else Y.applyUpdateV2(this.#doc, update, origin, QuickDecoder);
    // It builds on itself, in a circle: no Yjs wrote it, and nothing that comes could complete it.
    this.#hasDropped = !wasPending && footing !== UNKNOWN_FOOTING && (store.pendingStructs !== null || store.pendingDs !== null);
    if (this.#hasDropped) store.pendingStructs = store.pendingDs = null;
    if (this.#waiting.count > 0) this.#noteMoved(footing);
  }

  /** Within a transaction: what is to be given to `integrate` in place of the snapshot and the first of the updates; undefined where there is no such thing. */
  readFirst(given: FirstLoadOptions): FirstLoad | undefined {
    const isEmpty = this.#doc.store.clients.size === 0 && !this.isPending;
    const bytes = given.updates.reduce((sum, { length }) => sum + length, given.snapshot?.length ?? 0);
    const mayLoad = this.#hasFirstLoad && isEmpty && bytes >= FIRST_LOAD_BYTES_MIN && isKnownYjs(this.#doc);
    return mayLoad ? FirstLoad.read(given) : undefined;
  }

  #firstOf(update: Uint8Array, isSnapshot = false): FirstLoad | undefined {
    if (update.length < FIRST_LOAD_BYTES_MIN) return undefined;
    return this.readFirst(isSnapshot ? { snapshot: update, updates: [] } : { updates: [update] });
  }

  /** The end of a list, in the same transaction: those that wait for what it brought. */
  release({ mayApply, apply }: ReleaseOptions): void {
    if (this.#hasAnyMoved) for (const client of this.#waiting.clients) this.#moved.add(client);
    this.#hasAnyMoved = false;
    for (const client of this.#moved) {
      // Deleted first: what is released may bring more of it.
      this.#moved.delete(client);
      for (const served of this.#waiting.takeServed(client)) {
        // What may not be applied is dropped: then this replica lacks it, which its state vector says.
        if (!served.footing.bringsTypes || mayApply(served.update)) apply(served);
      }
    }
  }

  /** The document was changed past this: by the application, which may have given it updates of its own. */
  noteOutside(): void {
    this.#hasAnyMoved = true;
  }

  /** Drops what is pending, structs and deletions alike; returns how many bytes that was. */
  setAside(): number {
    const { store } = this.#doc;
    const bytes = this.#waiting.bytes + (store.pendingStructs?.update.length ?? 0) + (store.pendingDs?.length ?? 0);
    store.pendingStructs = null;
    store.pendingDs = null;
    this.#waiting.clear();
    return bytes;
  }

  #noteMoved({ client, others }: Footing): void {
    if (client === undefined) this.#hasAnyMoved = true;
    else this.#moved.add(client);
    for (const other of others ?? []) this.#moved.add(other);
  }
}

/** What is stored, in order; each part is to be integrated before the next is asked for. `into`: where much of it may be taken in at once. */
export function* footedOf(doc: Y.Doc, stored: FirstLoadOptions, into?: WholeUpdates): Iterable<FootedUpdate> {
  const { snapshot, updates } = stored;
  const first = into?.readFirst(stored);
  if (first !== undefined) yield { update: NOTHING, footing: UNKNOWN_FOOTING, first };
  else if (snapshot !== undefined) yield { update: snapshot, footing: UNKNOWN_FOOTING, isSnapshot: true };
  const reader = new FootingReader(doc);
  for (const update of updates.slice(first?.updates)) yield { update, footing: reader.read(update) };
}

/** Yjs encodes what it could not place along with the rest; that is neither stored nor spread. */
export function withoutPending<Result>({ store }: Y.Doc, encode: () => Result): Result {
  const { pendingStructs, pendingDs } = store;
  store.pendingStructs = null;
  store.pendingDs = null;
  try {
    return encode();
  } finally {
    store.pendingStructs = pendingStructs;
    store.pendingDs = pendingDs;
  }
}

/** No structs and no deletions. */
export function isEmptyUpdate(update: Uint8Array): boolean {
  return update.length === 2 && update[0] === 0 && update[1] === 0;
}
