/**
 * Reads one update in encoding V1 from end to end without building anything, and refuses what Yjs would choke on: half-way
 * through, when part of it is in the document already. The layout is that of Yjs's own `readClientsStructRefs` and
 * `readAndApplyDeleteSet`; a test holds this reading against `Y.decodeUpdate`. Several updates may be read into one tally.
 */

import { ByteReader, LimitRefusal, Refusal, SkimmingReader } from './byte-reader.js';
import type { FootingNotes } from './footing.js';
import type { Tally } from './tally.js';

/** What the reader of an update must know of the document that it is for. */
export interface ScanContext {
  /** Our own client: nobody else writes under it. */
  readonly ownClient: number;
  /** How many clocks of a client we have. */
  readonly clockOf: (client: number) => number;
  readonly structCountOf: (client: number) => number;
  /** How far beyond that an update may reach. */
  readonly gapMax: number;
  readonly depthMax: number;
  /** Nothing is to be refused for its texts: Yjs is given it in any case, and will say what is wrong with them. */
  readonly isSkimmed?: boolean;
  /** For a second look at updates that were found to be well-formed. */
  readonly visitor?: ScanVisitor;
}

/** Told of each item and each range, in the order in which they are written. The item's ids are to be read from the scan. */
export interface ScanVisitor {
  /** Whether it reads the names of roots and keys. */
  readonly readsNames: boolean;
  item(scan: UpdateScan): void;
  /** Told behind the item, and of structs that are gone. */
  span(client: number, clock: number, length: number): void;
  deleted(client: number, clock: number, length: number): void;
}

export const NOBODY = -1;

export class UpdateScan {
  readonly #reader: ByteReader;
  readonly #context: ScanContext;
  readonly #tally: Tally;
  readonly #footing: FootingNotes | undefined;
  /** The item being read. Without a left and a right one it says where it belongs: below a root, or below an item. */
  client = 0;
  clock = 0;
  length = 0;
  isType = false;
  isList = false;
  leftClient = NOBODY;
  leftClock = 0;
  rightClient = NOBODY;
  rightClock = 0;
  parentClient = NOBODY;
  parentClock = 0;
  isBelowRoot = false;
  /** Only for a visitor that reads names. */
  root: string | undefined;
  key: string | undefined;
  /** Where the name of the last root lies: most items are below the same. */
  #rootStart = 0;
  #rootEnd = 0;

  /** `footing`: where it is wanted what the update builds on; it is to be taken from there when the update has been read. */
  constructor(update: Uint8Array, context: ScanContext, tally: Tally, footing?: FootingNotes) {
    this.#reader = context.isSkimmed === true ? new SkimmingReader(update, context.depthMax) : new ByteReader(update, context.depthMax);
    this.#context = context;
    this.#tally = tally;
    this.#footing = footing;
  }

  /** Throws a refusal where the update is none. */
  run(): void {
    this.#readStructs();
    this.#readDeletions();
    if (this.#reader.left > 0) throw new Refusal(`has ${this.#reader.left} bytes behind its end`);
    if (this.#reader.valueDepth > this.#tally.valueDepth) this.#tally.valueDepth = this.#reader.valueDepth;
  }

  #readStructs(): void {
    const reader = this.#reader;
    const clients = reader.number();
    if (clients > this.#tally.clientsInUpdate) this.#tally.clientsInUpdate = clients;
    const seen = clients > 1 ? new Set<number>() : undefined;
    for (let index = 0; index < clients; index++) {
      const structs = reader.number();
      this.client = reader.number();
      this.clock = reader.number();
      // Yjs would make room for all of them at once.
      if (structs * 2 > reader.left) throw new Refusal(`counts ${structs} structs in ${reader.left} bytes`);
      noteOnce(seen, this.client);
      this.#tally.structs += structs;
      this.#footing?.begin(this.client, this.clock);
      for (let count = 0; count < structs; count++) this.#readStruct();
      this.#footing?.end(this.clock);
    }
  }

  #readStruct(): void {
    const info = this.#reader.byte();
    const kind = info & 0x1f;
    if (kind === GC || kind === SKIP) {
      if (info !== kind) throw new Refusal('has a gap with flags');
      this.length = this.#reader.number();
    } else {
      this.#readPlace(info);
      this.#readContent(kind);
    }
    if (this.length === 0) throw new Refusal('has a struct of no length');
    if (kind !== GC && kind !== SKIP) this.#context.visitor?.item(this);
    if (kind === SKIP) this.#footing?.skip(this.clock);
    else {
      this.#footing?.struct(this.clock);
      this.#context.visitor?.span(this.client, this.clock, this.length);
    }
    const end = this.clock + this.length;
    this.#assertReach(this.client, end);
    if (this.client === this.#context.ownClient && kind !== SKIP) this.#tally.ownEnd = Math.max(this.#tally.ownEnd, end);
    this.clock = end;
  }

  #readPlace(info: number): void {
    const reader = this.#reader;
    this.leftClient = this.rightClient = this.parentClient = NOBODY;
    this.root = this.key = undefined;
    this.isBelowRoot = false;
    if ((info & HAS_LEFT) !== 0) {
      this.leftClient = reader.number();
      this.leftClock = this.#readReferredClock(this.leftClient);
    }
    if ((info & HAS_RIGHT) !== 0) {
      this.rightClient = reader.number();
      this.rightClock = this.#readReferredClock(this.rightClient);
    }
    if ((info & (HAS_LEFT | HAS_RIGHT)) !== 0) return;
    const parentKind = reader.number();
    if (parentKind === 1) {
      this.#readRoot();
    } else if (parentKind === 0) {
      this.parentClient = reader.number();
      this.parentClock = this.#readReferredClock(this.parentClient);
    } else {
      throw new Refusal(`has a parent of unknown kind ${parentKind}`);
    }
    if ((info & HAS_KEY) !== 0) this.key = this.#readText();
  }

  /** Of its own client an item can only refer to what came before it: else Yjs throws half-way, or goes in circles. */
  #readReferredClock(client: number): number {
    const clock = this.#reader.number();
    if (client === this.client && clock >= this.clock) throw new Refusal('has an item that builds on itself, or on what comes after it');
    this.#assertReach(client, clock);
    if (client !== this.client) this.#footing?.refer(client, clock + 1);
    return clock;
  }

  #readText(): string | undefined {
    if (this.#context.visitor?.readsNames === true) return this.#reader.text();
    this.#reader.skipText();
    return undefined;
  }

  #readRoot(): void {
    const reader = this.#reader;
    const { pos } = reader;
    this.isBelowRoot = true;
    this.root = this.#readText();
    if (this.#isLastRoot(pos, reader.pos)) return;
    this.#rootStart = pos;
    this.#rootEnd = reader.pos;
    this.#tally.roots.add(Buffer.from(reader.bytes.subarray(pos, reader.pos)).toString('latin1'));
  }

  #isLastRoot(start: number, end: number): boolean {
    const { bytes } = this.#reader;
    if (end - start !== this.#rootEnd - this.#rootStart) return false;
    for (let at = start, last = this.#rootStart; at < end; at++, last++) if (bytes[at] !== bytes[last]) return false;
    return true;
  }

  #readContent(kind: number): void {
    const reader = this.#reader;
    this.length = 1;
    this.isType = this.isList = false;
    switch (kind) {
      case 1: // deleted
        this.length = reader.number();
        return;
      case 2: // texts of JSON
      case 8: // values
        return this.#readValues(kind === 2);
      case 3: // bytes
        return reader.skip(reader.number());
      case 4: // text
        this.length = reader.textLength();
        return;
      case 5: // embedded
        return reader.json(false);
      case 6: // format
        reader.skipText();
        return reader.json(false);
      case 7:
        return this.#readType();
      case 9:
        return this.#readSubdocument();
      default:
        throw new Refusal(`has content of unknown kind ${kind}`);
    }
  }

  #readValues(areJson: boolean): void {
    const reader = this.#reader;
    this.isList = true;
    this.length = reader.number();
    if (this.length > reader.left) throw new Refusal(`counts ${this.length} values in ${reader.left} bytes`);
    for (let index = 0; index < this.length; index++) {
      if (areJson) reader.json(true);
      else reader.any();
    }
    if (this.length > this.#tally.values) this.#tally.values = this.length;
  }

  #readType(): void {
    const type = this.#reader.number();
    if (type > 6) throw new Refusal(`has a shared type of unknown kind ${type}`);
    // An XML element and an XML hook have a name.
    if (type === 3 || type === 5) this.#reader.skipText();
    this.isType = true;
    if (!this.isBelowRoot) this.#tally.types++;
  }

  #readSubdocument(): void {
    this.#reader.skipText();
    if (this.#reader.bytes[this.#reader.pos] !== OBJECT) throw new Refusal('has a subdocument without options');
    this.#reader.any();
    this.#tally.subdocuments++;
  }

  #readDeletions(): void {
    const reader = this.#reader;
    const clients = reader.number();
    const seen = clients > 1 ? new Set<number>() : undefined;
    for (let index = 0; index < clients; index++) {
      const client = reader.number();
      const ranges = reader.number();
      if (ranges * 2 > reader.left) throw new Refusal(`counts ${ranges} deletions in ${reader.left} bytes`);
      noteOnce(seen, client);
      this.#tally.deleteRanges += ranges;
      this.#readRanges(client, ranges);
    }
  }

  /** In order and apart, as Yjs writes them: for each range Yjs goes through all structs that it covers, deleted or not. */
  #readRanges(client: number, ranges: number): void {
    const reader = this.#reader;
    const stepsMax = ranges === 0 ? 0 : this.#context.structCountOf(client) + this.#tally.structs;
    let lastEnd = 0;
    for (let count = 0; count < ranges; count++) {
      const clock = reader.number();
      const length = reader.number();
      if (length === 0) throw new Refusal('has a deletion of no length');
      if (clock < lastEnd) throw new Refusal('has deletions out of order');
      lastEnd = clock + length;
      this.#assertReach(client, lastEnd);
      this.#tally.deleteSteps += Math.min(length, stepsMax);
      this.#context.visitor?.deleted(client, clock, length);
    }
    this.#footing?.refer(client, lastEnd);
  }

  #assertReach(client: number, clock: number): void {
    const { gapMax, clockOf } = this.#context;
    if (clock <= gapMax && clock <= Number.MAX_SAFE_INTEGER) return;
    if (clock > Number.MAX_SAFE_INTEGER) throw new Refusal('counts beyond 2^53 - 1');
    const known = clockOf(client);
    if (clock - known > gapMax) throw new LimitRefusal(`reaches ${clock - known} clocks beyond what is known of client ${client}`);
  }
}

const GC = 0;
const SKIP = 10;
const HAS_LEFT = 0x80;
const HAS_RIGHT = 0x40;
const HAS_KEY = 0x20;
/** Of lib0's kinds of values. */
const OBJECT = 118;

/** Of two parts of one client Yjs would forget the first. */
function noteOnce(seen: Set<number> | undefined, client: number): void {
  if (seen === undefined) return;
  if (seen.has(client)) throw new Refusal(`has client ${client} twice`);
  seen.add(client);
}
