/**
 * Takes what a document holds into one that is empty, exactly as Yjs would, in half the time: an answer, or what is stored. Most of it is entries of maps
 * that conflict with nothing, and for those nothing has to be searched, compared or set aside. In three steps:
 *
 *  1. All structs are read, before anything is changed. From the first update on that is not plain (gaps, rare kinds, wrong bytes) all is left to Yjs.
 *  2. They are put into the order in which Yjs would integrate them. Where that would leave any of them pending, that update is not plain, either.
 *  3. In one transaction each is integrated: the first entry under a key as `Item.integrate` does it, all else by Yjs itself; deletions behind them.
 *
 * Steps 1 and 2 are update-reader.ts, the entries of step 3 integration.ts. Inner parts of Yjs are used, where they are as we know them (docs/decisions/0036).
 */

import * as Y from 'yjs';
import { Integration } from './integration.js';
import { WholeDecoder, WholeDecoderV2 } from './quick-decoder.js';
import { UpdateReader } from './update-reader.js';
import type { Part } from './update-reader.js';

export interface FirstLoadOptions {
  /** Encoding V2. */
  readonly snapshot?: Uint8Array | undefined;
  /** Encoding V1, in the order in which they are to be applied. */
  readonly updates: readonly Uint8Array[];
}

export class FirstLoad {
  readonly #parts: readonly Part[];
  /** So many of the updates are in it: those behind them are still to be applied. */
  readonly updates: number;

  private constructor(parts: readonly Part[], updates: number) {
    this.#parts = parts;
    this.updates = updates;
  }

  /** Undefined where all of it is better left to Yjs. */
  static read({ snapshot, updates }: FirstLoadOptions): FirstLoad | undefined {
    const parts: Part[] = [];
    const ends = new Map<number, number>();
    if (snapshot !== undefined) {
      const part = attempt(() => new UpdateReader(new WholeDecoderV2(placeIn(snapshot)), ends).read(snapshot.length));
      if (part === undefined) return undefined;
      parts.push(part);
    }
    const before = parts.length;
    // One text for all of them, not one for each.
    const log = updates.length === 1 ? (updates[0] as Uint8Array) : Buffer.concat(updates);
    const reader = new UpdateReader(new WholeDecoder(placeIn(log)), ends);
    let end = 0;
    for (const update of updates) {
      end += update.length;
      const until = end;
      const part = attempt(() => reader.read(until));
      if (part === undefined) break;
      parts.push(part);
    }
    return parts.length === 0 ? undefined : new FirstLoad(parts, parts.length - before);
  }

  /** Into a document that is empty. Throws what Yjs throws. */
  integrate(doc: Y.Doc, origin?: unknown): void {
    const integrateAll = (transaction: Y.Transaction): void => {
      transaction.local = false;
      const integration = new Integration(transaction);
      for (const { order, roots, remove } of this.#parts) {
        for (const [name, items] of roots) {
          const type = doc.get(name);
          for (const item of items) item.parent = type;
        }
        integration.run(order);
        remove(doc);
      }
    };
    Y.transact(doc, integrateAll, origin, false);
  }
}

function placeIn(bytes: Uint8Array): { readonly arr: Uint8Array; pos: number } {
  return { arr: bytes, pos: 0 };
}

function attempt(read: () => Part | undefined): Part | undefined {
  try {
    return read();
  } catch {
    return undefined; // Yjs reads it again, and says what is wrong
  }
}
