/**
 * Reads updates one after the other, each as a part of what an empty document is to hold: its structs in the order in which Yjs would integrate them, and its
 * deletions. An update is plain where all that it builds on is in it or in those before it; nothing is known of one that is not.
 */

import * as Y from 'yjs';
import { EntryReader } from './entry-reader.js';
import { WholeDecoder } from './quick-decoder.js';
import type { WholeDecoderV2 } from './quick-decoder.js';
import { readContent } from './read-content.js';
import { yjsOrder } from './yjs-order.js';
import type { Struct } from './yjs-order.js';

type Decoder = WholeDecoder | WholeDecoderV2;

export interface Part {
  readonly order: readonly Struct[];
  /** The items directly below each root, in the order in which Yjs meets their names. */
  readonly roots: ReadonlyMap<string, readonly Y.Item[]>;
  /** Carries out its deletions. */
  readonly remove: (doc: Y.Doc) => void;
}

/** Where the structs of each client end. */
export type Ends = Map<number, number>;

/** The low bits of a struct's first byte say what it is, the high ones which of its fields are written. */
const [KIND, HAS_KEY, HAS_RIGHT, HAS_LEFT] = [0x1f, 0x20, 0x40, 0x80];

export class UpdateReader {
  readonly #decoder: Decoder;
  readonly #ends: Ends;
  readonly #entries: EntryReader | undefined;
  /** Of the update that is being read. */
  #byClient = new Map<number, Struct[]>();
  #roots = new Map<string, Y.Item[]>();
  /** Something builds on a struct of another client in the same update. */
  #crosses = false;

  constructor(decoder: Decoder, ends: Ends) {
    this.#decoder = decoder;
    this.#ends = ends;
    if (decoder instanceof WholeDecoder) this.#entries = new EntryReader(decoder, { below: (root) => this.#below(root) });
  }

  /** Undefined where what ends there is not plain; throws where it cannot be read. */
  read(end: number): Part | undefined {
    this.#byClient = new Map();
    this.#roots = new Map();
    this.#crosses = false;
    this.#entries?.begin();
    const decoder = this.#decoder;
    for (let left = decoder.readCount(); left > 0; left--) if (!this.#readClient()) return undefined;
    const order = yjsOrder(this.#byClient, { crosses: this.#crosses, ends: this.#ends });
    const ends = new Map(Array.from(this.#byClient, ([client, structs]) => [client, endOf(structs)]));
    const remove = decoder.readDeletions((client) => ends.get(client) ?? this.#endOf(client));
    if (order === undefined || remove === undefined || decoder.restDecoder.pos !== end) return undefined;
    for (const [client, clock] of ends) this.#ends.set(client, clock);
    return { order, roots: this.#roots, remove };
  }

  #readClient(): boolean {
    const decoder = this.#decoder;
    const count = decoder.readCount();
    const client = decoder.readClient();
    let clock = decoder.readCount();
    if (count === 0 || clock !== this.#endOf(client) || this.#byClient.has(client)) return false;
    const structs: Struct[] = [];
    this.#byClient.set(client, structs);
    for (let left = count; left > 0; left--) {
      const entries = this.#entries?.read({ client, clock, left, structs }) ?? 0;
      clock += entries;
      left -= entries;
      if (left === 0) break;
      const struct = this.#readStruct(client, clock);
      // Yjs writes none without length, and what it would do with one is its own.
      if (struct === undefined || struct.length === 0) return false;
      structs.push(struct);
      clock += struct.length;
    }
    return true;
  }

  #readStruct(client: number, clock: number): Struct | undefined {
    const decoder = this.#decoder;
    const info = decoder.readInfo();
    const id = new Y.ID(client, clock);
    if ((info & KIND) === 0) return new Y.GC(id, decoder.readLen());
    const origin = (info & HAS_LEFT) === 0 ? null : decoder.readLeftID();
    const rightOrigin = (info & HAS_RIGHT) === 0 ? null : decoder.readRightID();
    let parent: Y.ID | null = null;
    let key: string | null = null;
    let siblings: Y.Item[] | undefined;
    if (origin === null && rightOrigin === null) {
      if (decoder.readParentInfo()) siblings = this.#below(decoder.readString());
      else parent = decoder.readLeftID();
      if ((info & HAS_KEY) !== 0) key = decoder.readString();
    }
    if (!this.#mayReferTo(origin, id) || !this.#mayReferTo(rightOrigin, id) || !this.#mayReferTo(parent, id)) return undefined;
    const content = readContent(decoder, info & KIND);
    if (content === undefined) return undefined;
    const item = new Y.Item(id, null, origin, null, rightOrigin, parent, key, content);
    siblings?.push(item);
    return item;
  }

  #mayReferTo(ref: Y.ID | null, { client, clock }: Y.ID): boolean {
    if (ref === null) return true;
    if (ref.client === client) return ref.clock < clock;
    if (ref.clock >= this.#endOf(ref.client)) this.#crosses = true;
    return true;
  }

  #endOf(client: number): number {
    return this.#ends.get(client) ?? 0;
  }

  #below(root: string): Y.Item[] {
    let items = this.#roots.get(root);
    if (items === undefined) this.#roots.set(root, (items = []));
    return items;
  }
}

function endOf(structs: readonly Struct[]): number {
  const last = structs.at(-1) as Struct;
  return last.id.clock + last.length;
}
