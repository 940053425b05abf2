/**
 * How long Yjs would work at a small frame. Two of its steps cost the square of what they are given: finding the place among items
 * that were put to the same spot at once, and cutting a list of values in two. In what one peer wrote in one tick neither happens
 * often, as it saw its own document; a frame in which it does comes by catch-up, or is a fabrication.
 */

import * as Y from 'yjs';
import { LimitRefusal } from './byte-reader.js';
import * as limits from './limits.js';
import { Tally } from './tally.js';
import { NOBODY, UpdateScan } from './update-scan.js';
import type { ScanContext, ScanVisitor } from './update-scan.js';

export function assertLight(doc: Y.Doc, updates: readonly Uint8Array[], context: ScanContext, tally: Tally): void {
  const { CONFLICT_STEPS_IN_FRAME_MAX, COPIED_VALUES_IN_FRAME_MAX, WAITING_UPDATES_IN_FRAME_MAX } = limits;
  const mayConflict = tally.structs ** 2 > CONFLICT_STEPS_IN_FRAME_MAX;
  const mayCopy = tally.values * (tally.structs + tally.deleteRanges) > COPIED_VALUES_IN_FRAME_MAX;
  if (!mayConflict && !mayCopy && updates.length <= WAITING_UPDATES_IN_FRAME_MAX) return;
  const weight = new Weight(doc);
  const again = { ...context, visitor: weight };
  const forgotten = new Tally();
  for (const update of updates) {
    weight.begin();
    new UpdateScan(update, again, forgotten).run();
  }
  weight.begin();
  if (weight.conflicts * tally.structs > CONFLICT_STEPS_IN_FRAME_MAX)
    throw new LimitRefusal(`puts ${weight.conflicts} of ${tally.structs} items where others are already, in one frame`);
  if (weight.copiedValues > COPIED_VALUES_IN_FRAME_MAX)
    throw new LimitRefusal('cuts and joins lists of values again and again, in one frame');
  if (weight.waiting > WAITING_UPDATES_IN_FRAME_MAX)
    throw new LimitRefusal(`is one of ${weight.waiting} in one frame that build on what is not here`);
}

interface Span {
  readonly client: number;
  readonly clock: number;
  readonly end: number;
}

class Weight implements ScanVisitor {
  readonly readsNames = true;
  readonly #doc: Y.Doc;
  /** What comes behind an item, as far as this frame has told: id by id. */
  readonly #next = new Map<number, number>();
  /** The same for the beginnings of lists, and of the values of a key. */
  readonly #begins = new Map<string, number>();
  /** Clients by number: ids become small enough to be one number. */
  readonly #clients = new Map<number, number>();
  /** Items of this frame, and of the document, that were and are no longer the first of their list. */
  readonly #first = new Set<number>();
  readonly #noLongerFirst = new Set<number>();
  /** Where the longer items of this frame end, by client and in order. */
  readonly #long = new Map<number, Span[]>();
  /** Lists of values in this frame that may be cut. */
  readonly #lists: Span[] = [];
  /** Up to where this frame brings a client. */
  readonly #reached = new Map<number, number>();
  /** Values one after the other, in structs of their own, that Yjs will join. */
  #run: Span | undefined;
  #mustWait = false;
  conflicts = 0;
  copiedValues = 0;
  /** Updates that cannot be integrated, neither with the document nor with the frame as far as it was read. */
  waiting = 0;

  constructor(doc: Y.Doc) {
    this.#doc = doc;
  }

  /** The next update. */
  begin(): void {
    if (this.#mustWait) this.waiting++;
    this.#mustWait = false;
  }

  span(client: number, clock: number, length: number): void {
    if (clock > this.#clockOf(client)) this.#mustWait = true;
    else this.#reached.set(client, Math.max(clock + length, this.#clockOf(client)));
  }

  deleted(client: number, clock: number, length: number): void {
    if (clock + length > this.#clockOf(client)) this.#mustWait = true;
    this.#cut(client, clock);
    this.#cut(client, clock + length);
  }

  item(scan: UpdateScan): void {
    const { client, clock, length, leftClient, leftClock, rightClient, rightClock } = scan;
    const end = clock + length;
    // It is there already, and Yjs passes over it.
    if (end <= this.#clockOf(client)) return;
    const isLacking = this.#isLacking(leftClient, leftClock) || this.#isLacking(rightClient, rightClock);
    const isAhead = clock > this.#clockOf(client);
    if (isAhead || isLacking || this.#isLacking(scan.parentClient, scan.parentClock)) this.#mustWait = true;
    else if (!this.#isInPlace(scan)) this.conflicts++;
    const id = this.#id(client, clock);
    if (leftClient !== NOBODY) this.#next.set(this.#id(leftClient, leftClock), id);
    else if (rightClient === NOBODY) this.#begins.set(listOf(scan), id);
    this.#next.set(this.#id(client, end - 1), this.#id(rightClient, rightClock));
    if (leftClient !== NOBODY) this.#cut(leftClient, leftClock + 1);
    if (rightClient !== NOBODY) this.#cut(rightClient, rightClock);
    this.#noteLength(scan, end);
  }

  #id(client: number, clock: number): number {
    if (client === NOBODY) return END;
    let index = this.#clients.get(client);
    if (index === undefined) this.#clients.set(client, (index = this.#clients.size));
    return index * CLOCKS + clock;
  }

  #idOf(item: Y.Item | null): number {
    return item === null ? END : this.#id(item.id.client, item.id.clock);
  }

  #isLacking(client: number, clock: number): boolean {
    return client !== NOBODY && clock >= this.#clockOf(client);
  }

  #clockOf(client: number): number {
    return this.#reached.get(client) ?? Y.getState(this.#doc.store, client);
  }

  /** Next to what it was put next to; else Yjs must look through what lies between. */
  #isInPlace(scan: UpdateScan): boolean {
    const { client, clock, leftClient, leftClock, rightClient, rightClock } = scan;
    const right = this.#id(rightClient, rightClock);
    if (leftClient !== NOBODY) return (this.#next.get(this.#id(leftClient, leftClock)) ?? this.#nextOf(leftClient, leftClock)) === right;
    this.#first.add(this.#id(client, clock));
    if (rightClient === NOBODY) return (this.#begins.get(listOf(scan)) ?? this.#startOf(scan)) === END;
    if (this.#noLongerFirst.has(right)) return false;
    this.#noLongerFirst.add(right);
    return this.#first.has(right) || this.#isFirst(rightClient, rightClock);
  }

  #nextOf(client: number, clock: number): number {
    if (clock >= Y.getState(this.#doc.store, client)) return this.#isWithin(client, clock) ? this.#id(client, clock + 1) : END;
    const item = this.#find(client, clock);
    // Collected: then what was put next to it is collected, too.
    if (item === undefined) return END;
    return clock < item.id.clock + item.length - 1 ? this.#id(client, clock + 1) : this.#idOf(item.right);
  }

  #isFirst(client: number, clock: number): boolean {
    if (clock >= Y.getState(this.#doc.store, client)) return false;
    const item = this.#find(client, clock);
    return item === undefined || (item.left === null && item.id.clock === clock);
  }

  /** What a list, or the values of a key, end and begin with: whatever it is, something is there already. */
  #startOf({ root, key, parentClient, parentClock }: UpdateScan): number {
    const type = root === undefined ? this.#typeOf(parentClient, parentClock) : this.#doc.share.get(root);
    if (type === undefined) return END;
    return this.#idOf(key === undefined ? type._start : (type._map.get(key) ?? null));
  }

  #typeOf(client: number, clock: number): ReturnType<Y.Doc['share']['get']> {
    if (clock >= Y.getState(this.#doc.store, client)) return undefined;
    const content = this.#find(client, clock)?.content;
    return content instanceof Y.ContentType ? content.type : undefined;
  }

  #find(client: number, clock: number): Y.Item | undefined {
    const item: Y.Item | Y.GC = Y.getItem(this.#doc.store, Y.createID(client, clock));
    return item instanceof Y.Item ? item : undefined;
  }

  #noteLength(scan: UpdateScan, end: number): void {
    const { client, clock, isList, leftClient, leftClock } = scan;
    const span = { client, clock, end };
    if (end - clock > 1) {
      const items = this.#long.get(client) ?? [];
      if (items.length === 0) this.#long.set(client, items);
      items.push(span);
    }
    if (isList && end - clock > LONG_LIST_VALUES) this.#lists.push(span);
    if (!isList) this.#run = undefined;
    else if (leftClient === client && leftClock === clock - 1 && this.#run?.end === clock && this.#run.client === client) {
      this.#run = { ...this.#run, end };
      this.copiedValues += (end - this.#run.clock) * JOIN_WEIGHT;
    } else this.#run = span;
  }

  /** Whether an id lies in an item of this frame, and not at its end. */
  #isWithin(client: number, clock: number): boolean {
    const items = this.#long.get(client) ?? [];
    let low = 0;
    for (let high = items.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((items[middle]?.end ?? 0) > clock) high = middle;
      else low = middle + 1;
    }
    const item = items[low];
    return item !== undefined && item.clock <= clock && clock < item.end - 1;
  }

  #cut(client: number, at: number): void {
    for (const list of this.#lists)
      if (list.client === client && list.clock < at && at < list.end) this.copiedValues += list.end - list.clock;
  }
}

/** Shorter lists are cut in no time. */
const LONG_LIST_VALUES = 256;
/** A value that is joined costs twice a value that is cut. */
const JOIN_WEIGHT = 2;
const END = -1;
/** Clocks that are kept apart; a frame of this size names fewer clients than are left above it. */
const CLOCKS = 2 ** 37;

/** The list, or the values of a key, that an item without neighbours begins. */
function listOf({ root, key, parentClient, parentClock }: UpdateScan): string {
  return `${root === undefined ? `${parentClient}:${parentClock}` : `below ${root}`} ${key ?? ''}`;
}
