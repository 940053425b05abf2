/**
 * How deep shared types would lie in shared types. Yjs deletes and collects by recursion: a chain of a few thousand overflows the
 * stack in the middle of a change. Only updates that bring shared types are looked at; the others make nothing deeper.
 */

import * as Y from 'yjs';
import { LimitRefusal } from './byte-reader.js';
import { Tally } from './tally.js';
import { NOBODY, UpdateScan } from './update-scan.js';
import type { ScanContext } from './update-scan.js';

/** An item of the updates, and what tells where it belongs: its parent, or a neighbour that has the same parent. */
class Seen {
  readonly clock: number;
  readonly end: number;
  readonly isType: boolean;
  readonly via: 'root' | 'parent' | 'neighbour';
  readonly viaClient: number;
  readonly viaClock: number;
  depth: number | undefined = undefined;

  constructor(scan: UpdateScan) {
    this.clock = scan.clock;
    this.end = scan.clock + scan.length;
    this.isType = scan.isType;
    const hasNeighbour = scan.leftClient !== NOBODY || scan.rightClient !== NOBODY;
    this.via = scan.isBelowRoot ? 'root' : hasNeighbour ? 'neighbour' : 'parent';
    const isByLeft = scan.leftClient !== NOBODY;
    this.viaClient = isByLeft ? scan.leftClient : hasNeighbour ? scan.rightClient : scan.parentClient;
    this.viaClock = isByLeft ? scan.leftClock : hasNeighbour ? scan.rightClock : scan.parentClock;
  }
}

export function assertShallow(doc: Y.Doc, updates: readonly Uint8Array[], context: ScanContext): void {
  const seen = new Map<number, Seen[]>();
  const visitor = {
    readsNames: false,
    item: (scan: UpdateScan): void => {
      const list = seen.get(scan.client) ?? [];
      if (list.length === 0) seen.set(scan.client, list);
      list.push(new Seen(scan));
    },
    span: (): void => undefined,
    deleted: (): void => undefined,
  };
  const again = { ...context, visitor };
  const tally = new Tally();
  for (const update of updates) new UpdateScan(update, again, tally).run();
  for (const list of seen.values()) list.sort((a, b) => a.clock - b.clock);
  const depths = new Depths(doc, seen, context.depthMax);
  for (const list of seen.values()) for (const item of list) if (item.isType) depths.assertShallow(item);
}

class Depths {
  readonly #doc: Y.Doc;
  readonly #seen: ReadonlyMap<number, readonly Seen[]>;
  readonly #depthMax: number;
  /** Of shared types of the document, by the id of their item. */
  readonly #stored = new Map<Y.Item, number>();

  constructor(doc: Y.Doc, seen: ReadonlyMap<number, readonly Seen[]>, depthMax: number) {
    this.#doc = doc;
    this.#seen = seen;
    this.#depthMax = depthMax;
  }

  /** Follows neighbours and parents, without recursion, to what is known; then the way back, writing down. */
  assertShallow(item: Seen): void {
    const path: Seen[] = [];
    let at: Seen | undefined = item;
    let depth: number | undefined;
    while (at !== undefined && depth === undefined) {
      depth = at.depth;
      if (depth !== undefined) break;
      // On the path already: in circles, across clients. Yjs would leave all of it waiting for ever.
      at.depth = Infinity;
      path.push(at);
      [at, depth] = this.#follow(at);
    }
    // What is not known waits for what it builds on, and is looked at again when that comes.
    let below = depth ?? 0;
    for (let index = path.length - 1; index >= 0; index--) {
      const seen = path[index] as Seen;
      if (seen.via === 'parent') below++;
      seen.depth = below;
    }
    if (below > this.#depthMax) throw new LimitRefusal(`nests shared types more than ${this.#depthMax} deep`);
  }

  #follow({ via, viaClient: client, viaClock }: Seen): [next: Seen | undefined, depth: number | undefined] {
    if (via === 'root') return [undefined, 0];
    const { store } = this.#doc;
    if (viaClock < Y.getState(store, client)) return [undefined, this.#storedDepth(Y.getItem(store, Y.createID(client, viaClock)))];
    return [this.#find(client, viaClock), undefined];
  }

  #find(client: number, clock: number): Seen | undefined {
    const list = this.#seen.get(client) ?? [];
    let low = 0;
    let high = list.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const item = list[middle] as Seen;
      if (clock < item.clock) high = middle - 1;
      else if (clock >= item.end) low = middle + 1;
      else return item;
    }
    return undefined;
  }

  #storedDepth(start: Y.Item | Y.GC): number {
    const first = parentOf(start);
    const known = first === null ? 0 : this.#stored.get(first);
    if (known !== undefined) return known;
    const depth = depthOf(start, this.#depthMax);
    if (first !== null) this.#stored.set(first, depth);
    return depth;
  }
}

/** In how many shared types an item lies, roots not counted; looks no further than `max`. */
export function depthOf(start: Y.Item | Y.GC, max: number): number {
  let depth = 0;
  for (let at = parentOf(start); at !== null && depth <= max; at = parentOf(at)) depth++;
  return depth;
}

function parentOf(item: Y.Item | Y.GC): Y.Item | null {
  if (!(item instanceof Y.Item)) return null;
  const { parent } = item;
  return parent instanceof Y.AbstractType ? parent._item : null;
}
