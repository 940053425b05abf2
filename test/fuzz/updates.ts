/** Updates and state vectors for the fuzzer: honest ones of small documents, damaged ones, and such as nobody would write. */

import * as encoding from 'lib0/encoding';

import { Y } from '../../src/index.js';
import type { Chance } from './chance.js';
import { flipped, spliced, truncated } from './damage.js';

/** Few, so that a document that is given all of them again and again grows no further. */
const HONEST = 120;
const CLIENTS = 6;

export class Updates {
  readonly #chance: Chance;
  /** Of several clients, in an order in which they may be applied; some build on others. */
  readonly honest: readonly Uint8Array[];
  readonly #vectors: readonly Uint8Array[];
  /** Damaged ones that are used again and again: what passes the checks by chance changes a document, but only once. */
  readonly #damaged: readonly Uint8Array[];

  constructor(chance: Chance) {
    this.#chance = chance;
    const { updates, vectors } = honestSession(chance);
    this.honest = updates;
    this.#vectors = vectors;
    this.#damaged = Array.from({ length: 2000 }, () => this.#damage());
  }

  /** `isNovel`: also such as were never seen before. */
  any(isNovel: boolean): Uint8Array {
    const chance = this.#chance;
    switch (chance.draw({ honest: 4, damaged: 8, random: 1, absurd: 4, empty: 1, whole: 1 })) {
      case 'honest':
        return chance.pick(this.honest);
      case 'damaged':
        return isNovel ? this.#damage() : chance.pick(this.#damaged);
      case 'random':
        return chance.bytes(chance.below(60));
      case 'absurd':
        return absurd(chance);
      case 'empty':
        return new Uint8Array();
      case 'whole':
        return Uint8Array.of(0, 0);
    }
  }

  stateVector(): Uint8Array {
    const chance = this.#chance;
    switch (chance.draw({ honest: 4, damaged: 3, random: 2, empty: 1, huge: 0.05, absurd: 1 })) {
      case 'honest':
        return chance.pick(this.#vectors);
      case 'damaged':
        return chance.pick([truncated, flipped, spliced])(chance, chance.pick(this.#vectors));
      case 'random':
        return chance.bytes(chance.below(30));
      case 'empty':
        return chance.isIn(0.5) ? new Uint8Array() : Uint8Array.of(0);
      case 'huge':
        return vector(Array.from({ length: 20_000 }, (_, index) => [index, 1]));
      case 'absurd':
        return vector(chance.list(20, () => [chance.number(), chance.number()]));
    }
  }

  #damage(): Uint8Array {
    return this.#chance.pick([truncated, flipped, flipped, spliced])(this.#chance, this.#chance.pick(this.honest));
  }
}

function honestSession(chance: Chance): { updates: Uint8Array[]; vectors: Uint8Array[] } {
  const docs = Array.from({ length: CLIENTS }, (_, index) => Object.assign(new Y.Doc(), { clientID: 100_000 + index }));
  const updates: Uint8Array[] = [];
  const vectors: Uint8Array[] = [];
  for (const doc of docs) {
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'other') return;
      updates.push(update);
      vectors.push(Y.encodeStateVector(doc));
    });
  }
  while (updates.length < HONEST) {
    const doc = chance.pick(docs);
    if (chance.isIn(0.2)) Y.applyUpdate(doc, Y.encodeStateAsUpdate(chance.pick(docs)), 'other');
    else edit(chance, doc);
  }
  return { updates, vectors };
}

function edit(chance: Chance, doc: Y.Doc): void {
  const presets = doc.getMap('presets');
  const text = doc.getText('text');
  const list = doc.getArray('list');
  const xml = doc.getXmlFragment('xml');
  switch (chance.draw({ set: 3, nest: 1, remove: 1, type: 2, erase: 1, push: 2, xml: 1, format: 1 })) {
    case 'set':
      return void presets.set(
        `key${chance.below(8)}`,
        chance.pick<unknown>([1, 'é', null, [1, { a: 2 }], Uint8Array.of(1, 2), 2 ** 40, -1.5]),
      );
    case 'nest':
      return void presets.set(`type${chance.below(3)}`, new Y.Map([['inner', new Y.Array()]]));
    case 'remove':
      return presets.delete(chance.pick([...presets.keys(), '']));
    case 'type':
      return text.insert(chance.below(text.length + 1), 'words '.slice(0, 1 + chance.below(6)));
    case 'erase':
      return text.length > 0 ? text.delete(chance.below(text.length), 1) : undefined;
    case 'push':
      return list.insert(chance.below(list.length + 1), [chance.below(9), 'x']);
    case 'xml':
      return xml.insert(0, [new Y.XmlElement('p'), new Y.XmlText('t')]);
    case 'format':
      return text.format(0, Math.min(3, text.length), { bold: chance.isIn(0.5) });
  }
}

/** What Yjs could be asked to build, in its own encoding, and should not. */
function absurd(chance: Chance): Uint8Array {
  const to = encoding.createEncoder();
  const client = chance.isIn(0.5) ? 100_000 + chance.below(CLIENTS) : chance.number();
  switch (chance.draw({ counts: 2, structs: 3, deletions: 2, gap: 2, skip: 1, deep: 0.5, value: 2, many: 0.02, wide: 0.02 })) {
    case 'counts': // more announced than comes
      numbers(to, chance.number(), chance.number(), client, chance.number());
      break;
    case 'structs': {
      const count = 1 + chance.below(3);
      numbers(to, 1, count, client, chance.number());
      for (let index = 0; index < count; index++) struct(to, chance);
      numbers(to, 0);
      break;
    }
    case 'deletions':
      numbers(to, 0, 1, client, 2, chance.number(), chance.number(), chance.number(), chance.number());
      break;
    case 'gap': // far beyond what anybody has
      numbers(to, 1, 1, client, chance.number());
      string(to, { parent: 'text', content: 'x' });
      numbers(to, 0);
      break;
    case 'skip':
      numbers(to, 1, 2, client, chance.below(3));
      encoding.writeUint8(to, 10);
      numbers(to, chance.number());
      encoding.writeUint8(to, 0);
      numbers(to, chance.number(), 0);
      break;
    case 'deep': {
      numbers(to, 1, 1, client, 0);
      encoding.writeUint8(to, 8);
      numbers(to, 1);
      encoding.writeVarString(to, 'list');
      numbers(to, 1);
      const levels = Uint8Array.from({ length: 2 * chance.pick([10, 200, 300, 2000, 2000, 60_000]) }, (_, at) => (at % 2 === 0 ? 117 : 1));
      encoding.writeUint8Array(to, levels);
      encoding.writeUint8Array(to, Uint8Array.of(126, 0));
      break;
    }
    case 'value':
      numbers(to, 1, 1, client, 0);
      encoding.writeUint8(to, 8);
      numbers(to, 1);
      encoding.writeVarString(to, 'list');
      numbers(to, chance.number());
      encoding.writeUint8Array(to, chance.bytes(chance.below(12)));
      break;
    case 'many': // a great many structs of nothing
      numbers(to, 1, 60_000, client, 0);
      encoding.writeUint8Array(
        to,
        Uint8Array.from({ length: 120_000 }, (_, at) => at % 2),
      );
      numbers(to, 0);
      break;
    case 'wide':
      numbers(to, 0, 1, client, 20_000);
      for (let index = 0; index < 20_000; index++) numbers(to, index * 2, 1);
      break;
  }
  return encoding.toUint8Array(to);
}

/** One item with any info byte, any neighbours, any parent and any content. */
function struct(to: encoding.Encoder, chance: Chance): void {
  const info = chance.below(256);
  encoding.writeUint8(to, info);
  if ((info & 0x80) !== 0) numbers(to, chance.number(), chance.number());
  if ((info & 0x40) !== 0) numbers(to, chance.number(), chance.number());
  if ((info & 0xc0) === 0) {
    if (chance.isIn(0.5)) {
      numbers(to, 1);
      encoding.writeVarString(to, chance.pick(['text', 'list', 'presets', '__proto__', '']));
    } else {
      numbers(to, 0, chance.number(), chance.number());
    }
    if ((info & 0x20) !== 0) encoding.writeVarString(to, chance.pick(['key', '__proto__', '']));
  }
  if (chance.isIn(0.3)) encoding.writeVarString(to, chance.pick(['x', '{}', '[', 'undefined']));
  else numbers(to, chance.number(), chance.below(8));
}

function string(to: encoding.Encoder, { parent, content }: { readonly parent: string; readonly content: string }): void {
  encoding.writeUint8(to, 4);
  numbers(to, 1);
  encoding.writeVarString(to, parent);
  encoding.writeVarString(to, content);
}

function vector(entries: readonly (readonly number[])[]): Uint8Array {
  const to = encoding.createEncoder();
  numbers(to, entries.length);
  for (const entry of entries) numbers(to, ...entry);
  return encoding.toUint8Array(to);
}

function numbers(to: encoding.Encoder, ...all: readonly number[]): void {
  for (const number of all) encoding.writeVarUint(to, number);
}
