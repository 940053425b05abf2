/** What comes to an empty document is taken in as Yjs does it, down to Yjs' inner parts; and what is not plain is left to Yjs. */

import fc from 'fast-check';
import * as Y from 'yjs';
import { describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { digestOf } from '../../src/replica/digest.js';
import { FirstLoad } from '../../src/replica/first-load.js';
import { PIECE_BYTES } from '../../src/replica/quick-decoder.js';
import { Replica } from '../../src/replica/replica.js';
import type { ReplicaListener } from '../../src/replica/replica-listener.js';
import { isFaithful } from '../../src/replica/stored-document.js';
import { FIRST_LOAD_BYTES_MIN } from '../../src/replica/whole-updates.js';
import { all, gap, item, numbers, raw, text, update } from './forge.js';
import type { Place, Write } from './forge.js';
import { innerPartsOf } from './inner-parts.js';
import { choices, edit } from './random-edits.js';

const NOTHING = new Uint8Array();
/** The mark of a text in lib0's encoding `any`. */
const TEXT = 119;

interface Stored {
  readonly snapshot: Uint8Array | undefined;
  readonly updates: readonly Uint8Array[];
}

/** What several authors did, each behind the other or beside it. */
const histories = fc.array(fc.record({ numbers: choices, client: fc.integer({ min: 1, max: 5 }), isBeside: fc.boolean() }), {
  minLength: 1,
  maxLength: 6,
});
type History = typeof histories extends fc.Arbitrary<infer Value> ? Value : never;

/** The document, and each update as it was heard there. */
function play(history: History): { readonly doc: Y.Doc; readonly updates: readonly Uint8Array[] } {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  const authors = new Map<number, Y.Doc>();
  for (const { numbers, client, isBeside } of history) {
    const author = authors.get(client) ?? new Y.Doc();
    author.clientID = client;
    authors.set(client, author);
    if (!isBeside) Y.applyUpdate(author, Y.encodeStateAsUpdate(doc));
    edit(author, numbers);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(author, Y.encodeStateVector(doc)));
  }
  return { doc, updates };
}

function byYjs(doc: Y.Doc, { snapshot, updates }: Stored): void {
  if (snapshot !== undefined) Y.applyUpdateV2(doc, snapshot);
  for (const update of updates) Y.applyUpdate(doc, update);
}

/** As far as it is plain. */
function byUs(doc: Y.Doc, stored: Stored): number | undefined {
  const load = FirstLoad.read(stored);
  load?.integrate(doc);
  if (load === undefined) byYjs(doc, stored);
  else byYjs(doc, { snapshot: undefined, updates: stored.updates.slice(load.updates) });
  return load?.updates;
}

/** What comes of it, and what its listeners see of it. */
function outcomeOf(stored: Stored, load: (doc: Y.Doc, stored: Stored) => unknown): unknown {
  const doc = new Y.Doc();
  doc.clientID = 99;
  const seen: unknown[] = [];
  const types = [doc.getMap('map'), doc.getArray('array')];
  for (const type of types) {
    type.observe(({ changes: { keys, delta }, path }, { local, origin }) => {
      seen.push(
        Array.from(keys, ([key, { action }]) => [key, action]),
        delta.map(({ insert, ...rest }) => [insert?.length, rest]),
        [path, local, origin],
      );
    });
    type.observeDeep((events) => seen.push(events.map(({ path }) => path)));
  }
  doc.on('afterTransaction', (transaction: Y.Transaction) => seen.push(innerPartsOf(transaction)));
  doc.on('update', (update: Uint8Array) => seen.push(textOf(update)));
  doc.on('updateV2', (update: Uint8Array) => seen.push(textOf(update)));
  try {
    doc.transact(() => load(doc, stored), 'an origin');
    seen.push(textOf(Y.encodeStateAsUpdate(doc)), textOf(Y.encodeStateAsUpdateV2(doc)));
  } catch (error) {
    seen.push(error instanceof Error ? error.constructor.name : error);
  }
  return [seen, innerPartsOf(doc)];
}

/** Compared at once. */
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const whole = (doc: Y.Doc): Stored => ({ snapshot: undefined, updates: [Y.encodeStateAsUpdate(doc)] });
const snapshotOf = (doc: Y.Doc): Stored => ({ snapshot: Y.encodeStateAsUpdateV2(doc), updates: [] });

/** That all of it is plain, or part of it. */
function expectAlike(stored: Stored): number {
  const [ours, yjs] = [outcomeOf(stored, byUs), outcomeOf(stored, byYjs)];
  expect(ours).toEqual(yjs);
  return FirstLoad.read(stored)?.updates ?? -1;
}

describe('what an empty document takes in is what Yjs makes of it, with all that it keeps and tells:', () => {
  it.each<[string, (history: History) => Stored]>([
    ['an answer', (history) => whole(play(history).doc)],
    ['a snapshot', (history) => snapshotOf(play(history).doc)],
    ['a log', (history) => ({ snapshot: undefined, updates: play(history).updates })],
    [
      'a snapshot, and the log behind it',
      (history) => {
        const half = play(history.slice(0, history.length / 2));
        return { ...snapshotOf(half.doc), updates: play(history).updates.slice(half.updates.length) };
      },
    ],
  ])('%s', (_, storedOf) => {
    let plain = 0;
    let all = 0;
    const property = fc.property(histories, (history) => {
      const stored = storedOf(history);
      if (expectAlike(stored) === stored.updates.length) plain++;
      all++;
    });
    fc.assert(property, { numRuns: 60 });
    // Nothing that these authors do is rare.
    expect(plain).toBeGreaterThan(all * 0.9);
  });

  it('a log with holes', () => {
    const property = fc.property(histories, fc.func(fc.boolean()), (history, isKept) => {
      expectAlike({ snapshot: undefined, updates: play(history).updates.filter((_, at) => isKept(at)) });
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('what one wrote into a map that another had overwritten', () => {
    const [one, other] = [new Y.Doc(), new Y.Doc()];
    const inner = new Y.Map();
    one.getMap('map').set('key', inner);
    Y.applyUpdate(other, Y.encodeStateAsUpdate(one));
    const updates = [Y.encodeStateAsUpdate(one)];
    const before = Y.encodeStateVector(one);
    other.getMap('map').set('key', 'newer');
    updates.push(Y.encodeStateAsUpdate(other, before));
    inner.set('inner', 'value');
    updates.push(Y.encodeStateAsUpdate(one, before));
    expect(expectAlike({ snapshot: undefined, updates })).toBe(3);
  });

  it('any value under any key, in one map or the other', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('', 'ä', 'x'.repeat(127), 'x'.repeat(128), 'ä'.repeat(64)),
    );
    const values = fc.oneof(texts, fc.jsonValue(), fc.uint8Array({ maxLength: 9 }), fc.constant('long '.repeat(4000)));
    const entries = fc.array(fc.tuple(texts, fc.boolean(), texts, values), { maxLength: 30 });
    const property = fc.property(entries, (list) => {
      const doc = new Y.Doc();
      for (const [root, isNested, key, value] of list) {
        const map = doc.getMap<unknown>(root);
        const inner = map.get('nested') instanceof Y.Map ? map.get('nested') : map.set('nested', new Y.Map());
        (isNested ? (inner as Y.Map<unknown>) : map).set(key, value);
      }
      expectAlike(whole(doc));
      expectAlike(snapshotOf(doc));
    });
    fc.assert(property, { numRuns: 60 });
  });
});

it('texts of a large state are cut out of pieces as they were', () => {
  const doc = new Y.Doc();
  const textAt = (at: number): string => `${at} ${'a text that is long enough '.repeat(8)}${at % 7 === 0 ? 'ä' : ''}`;
  doc.transact(() => {
    for (let at = 0; at < 25_000; at++) doc.getMap('map').set(`preset-${at}`, textAt(at));
    doc.getMap('map').set('long', 'x'.repeat(5_000_000));
    doc.getMap('map').set('last', 'ä'.repeat(20_000));
  });
  const state = Y.encodeStateAsUpdate(doc);
  expect(state.length).toBeGreaterThan(2 * PIECE_BYTES);
  for (const stored of [whole(doc), snapshotOf(doc)]) {
    const taken = new Y.Doc();
    expect(byUs(taken, stored)).toBe(stored.updates.length);
    expect(taken.getMap('map').toJSON()).toEqual(doc.getMap('map').toJSON());
    expect(Buffer.compare(Y.encodeStateAsUpdate(taken), state)).toBe(0);
  }
});

it('each byte is kept once, whoever cuts a text out of it', () => {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (let at = 0; at < 30_000; at++) {
      const key = `a key that is long enough to be cut ${at}`;
      doc.getMap('map').set(key, at % 2 === 0 ? { text: `a text in an object ${'x'.repeat(250)}` } : `a text ${'x'.repeat(250)}`);
    }
  });
  const state = Y.encodeStateAsUpdate(doc);
  expect(state.length).toBeGreaterThan(2 * PIECE_BYTES);
  const cut = vi.spyOn(Buffer.prototype, 'toString');
  expect(FirstLoad.read({ updates: [state] })?.updates).toBe(1);
  const bytes = cut.mock.results.reduce((sum, { value }) => sum + (value as string).length, 0);
  cut.mockRestore();
  expect(bytes).toBeLessThan(state.length * 1.01);
});

it('bytes that are cut off, or in which a bit is another, give what they give with Yjs, and its complaint', () => {
  const doc = new Y.Doc();
  doc.clientID = 7;
  doc.getMap('map').set('preset', { name: 'Warm Päd', tags: ['warm'], rating: 3 });
  doc.getMap('map').set('inner', new Y.Map([['key', 'value']]));
  doc.getText('text').insert(0, 'a text');
  doc.getMap('map').delete('preset');
  const { updates } = whole(doc);
  const [update = NOTHING] = updates;
  for (let end = 0; end < update.length; end++) expectAlike({ snapshot: undefined, updates: [update.subarray(0, end)] });
  for (let bit = 0; bit < update.length * 8; bit++) {
    const flipped = Uint8Array.from(update);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expectAlike({ snapshot: undefined, updates: [flipped] });
  }
  // In encoding V2 one bit can keep Yjs busy without end: snapshots are behind a checksum.
  const { snapshot = NOTHING } = snapshotOf(doc);
  for (let end = 0; end < snapshot.length; end++) expectAlike({ snapshot: snapshot.subarray(0, end), updates: [] });
});

it('what no Yjs would write gives what it gives with Yjs: parts that refer to anything, and deletions of anything', () => {
  const [clocks, clients] = [fc.nat(5), fc.integer({ min: 1, max: 3 })];
  const ids = fc.tuple(clients, clocks);
  const contents = fc.constantFrom<(place: Place) => Write>(
    (place) => item(8, all(numbers(1), raw(TEXT), text('value')), place),
    (place) => item(8, all(numbers(2), raw(TEXT), text('one'), raw(TEXT), text('other')), place),
    (place) => item(8, numbers(0), place),
    (place) => item(7, numbers(1), place),
    (place) => item(1, numbers(2), place),
    () => gap(2),
    () => all(raw(10), numbers(1)),
  );
  const places = fc.record(
    { left: ids, right: ids, parent: fc.oneof(fc.constantFrom('map', 'array'), ids), key: fc.constantFrom('a', 'b', 'ä') },
    { requiredKeys: [] },
  );
  const structs = fc.array(
    fc.tuple(contents, places).map(([write, place]) => write(place)),
    { minLength: 1, maxLength: 5 },
  );
  const sections = fc.array(fc.record({ client: clients, clock: fc.constantFrom(0, 0, 0, 0, 1), structs }), { maxLength: 3 });
  const deletions = fc.array(fc.record({ client: clients, ranges: fc.array(fc.tuple(clocks, fc.nat(3)), { maxLength: 2 }) }), {
    maxLength: 2,
  });
  // Behind its end Yjs looks at nothing.
  const tails = fc.constantFrom([], [], [], [], [0], [1, 2]);
  let plain = 0;
  const property = fc.property(fc.array(fc.tuple(sections, deletions, tails), { minLength: 1, maxLength: 3 }), (log) => {
    const updates = log.map(([parts, deleted, tail]) => Uint8Array.of(...update(parts, deleted), ...tail));
    if (expectAlike({ snapshot: undefined, updates }) > 0) plain++;
  });
  fc.assert(property, { numRuns: 600 });
  expect(plain).toBeGreaterThan(8);
});

const value = (place: Place): Write => item(8, all(numbers(1), raw(TEXT), text('value')), place);

it.each<[string, Uint8Array]>([
  ['has a gap before it', update([{ client: 2, clock: 1, structs: [value({ key: 'a' })] }])],
  ['has a neighbour that is missing', update([{ client: 2, structs: [value({ left: [3, 0] })] }])],
  ['has a parent that is missing', update([{ client: 2, structs: [value({ parent: [3, 0], key: 'a' })] }])],
  ['deletes what is missing', update([{ client: 2, structs: [value({ key: 'a' })] }], [{ client: 2, ranges: [[0, 2]] }])],
  ['deletes nothing of what comes later', update([{ client: 2, structs: [value({ key: 'a' })] }], [{ client: 2, ranges: [[1, 0]] }])],
  ['refers to what it brings later', update([{ client: 2, structs: [value({ left: [2, 1] }), value({ key: 'a' })] }])],
  [
    'has a parent that comes later',
    update([{ client: 2, structs: [value({ parent: [2, 1], key: 'a' }), item(7, numbers(1), { key: 'a' })] }]),
  ],
  [
    'builds on itself in a circle',
    update([
      { client: 2, structs: [value({ key: 'a' }), value({ left: [3, 0] }), value({ key: 'b' })] },
      { client: 3, structs: [value({ left: [2, 2] }), value({ key: 'c' })] },
    ]),
  ],
  ['names a client twice', update([1, 2].map(() => ({ client: 2, structs: [value({ key: 'a' })] })))],
  ['has a part without length', update([{ client: 2, structs: [item(8, numbers(0), { key: 'a' })] }])],
  ['brings a subdocument', update([{ client: 2, structs: [item(9, all(text('guid'), raw(118, 0)), { key: 'a' })] }])],
  ['has something behind its end', Uint8Array.of(...update([{ client: 2, structs: [value({ key: 'a' })] }]), 0)],
])('a log is taken in up to an update that %s', (_, other) => {
  const updates = [update([{ client: 1, structs: [value({ key: 'a' })] }]), other, update([{ client: 4, structs: [value({ key: 'a' })] }])];
  expect(FirstLoad.read({ updates })?.updates).toBe(1);
});

describe('a replica', () => {
  const listener = { received: () => undefined, observerThrew: () => undefined } as unknown as ReplicaListener;
  const source = new Y.Doc();
  source.transact(() => {
    for (let at = 0; at < 3000; at++) source.getMap('presets').set(`${at}`, `${at} ${'a text '.repeat(20)}`);
  });
  const state = Y.encodeStateAsUpdate(source);
  const read = vi.spyOn(FirstLoad, 'read');
  const replicaOf = (): Replica => {
    read.mockClear();
    return new Replica({ random: seededRandom(1), listener });
  };

  it('takes in a large answer like this where it has nothing', () => {
    const replica = replicaOf();
    expect(state.length).toBeGreaterThan(FIRST_LOAD_BYTES_MIN);
    expect(replica.apply([state], 'catch-up')).toEqual({ ok: true });
    expect(read).toHaveBeenCalledOnce();
    expect(replica.apply([state], 'catch-up')).toEqual({ ok: true });
    expect(read).toHaveBeenCalledOnce();
    expect(replica.doc.getMap('presets').toJSON()).toEqual(source.getMap('presets').toJSON());
  });

  it('takes in what is stored like this, and what an application wrote into it as that began', () => {
    for (const writes of [false, true]) {
      const replica = replicaOf();
      if (writes) replica.doc.once('beforeTransaction', () => replica.doc.getMap('own').set('key', 'own'));
      const log = [encodeLater(source)];
      replica.load({ snapshot: Y.encodeStateAsUpdateV2(source), updates: log });
      expect(read).toHaveBeenCalledTimes(writes ? 0 : 1);
      expect(replica.doc.getMap('later').toJSON()).toEqual({ key: 'later' });
      expect(replica.doc.getMap('presets').size).toBe(3000);
      expect(replica.doc.getMap('own').size).toBe(writes ? 1 : 0);
    }
  });

  it('leaves it to Yjs where it is tried whether Yjs can read it', () => {
    read.mockClear();
    expect(isFaithful(Y.encodeStateAsUpdateV2(source), digestOf(source))).toBe(true);
    expect(read).not.toHaveBeenCalled();
  });

  it('leaves it to a Yjs that keeps more than we know of', () => {
    const replica = replicaOf();
    Object.assign(replica.doc.store, { index: new Map() });
    expect(replica.apply([state], 'catch-up')).toEqual({ ok: true });
    expect(read).not.toHaveBeenCalled();
    expect(replica.doc.getMap('presets').size).toBe(3000);
  });
});

/** What one more wrote who had it all. */
function encodeLater(source: Y.Doc): Uint8Array {
  const other = new Y.Doc();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(source));
  other.getMap('later').set('key', 'later');
  return Y.encodeStateAsUpdate(other, Y.encodeStateVector(source));
}
