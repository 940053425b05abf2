import * as Y from 'yjs';
import { describe, expect, test } from 'vitest';
import { SettingsIndexes, SettingsMap } from '../../src/settings/settings-map.js';
import type { SettingsEvent } from '../../src/settings/settings-index.js';
import { entriesIn, exchange, give, holder, settingsOf } from './scene.js';

describe('a settings map', () => {
  test('holds what was set last, and nothing of what was there before', () => {
    const one = holder();
    for (let value = 0; value < 50; value++) one.map.set('cutoff', value);
    one.map.set('resonance', { amount: [1, new Uint8Array([2])] });
    expect(one.map.get('cutoff')).toBe(49);
    expect(one.map.has('attack')).toBe(false);
    expect(one.map.size).toBe(2);
    expect([...one.map.keys()]).toEqual(['cutoff', 'resonance']);
    expect([...one.map]).toEqual([
      ['cutoff', 49],
      ['resonance', { amount: [1, new Uint8Array([2])] }],
    ]);
    expect(one.map.toJSON()).toEqual({ cutoff: 49, resonance: { amount: [1, new Uint8Array([2])] } });
    expect(entriesIn(one)).toBe(2);
    expect(one.map.delete('cutoff')).toBe(true);
    expect(one.map.delete('cutoff')).toBe(false);
    expect(one.map.toJSON()).toEqual({ resonance: { amount: [1, new Uint8Array([2])] } });
    expect(entriesIn(one)).toBe(1);
  });

  test('says within a transaction what was set in it, and tells observers once, after it', () => {
    const one = holder();
    one.map.set('a', 1);
    const events: SettingsEvent<unknown>[] = [];
    one.map.observe((event) => events.push(event));
    one.doc.transact(() => {
      one.map.set('a', 2);
      one.map.set('a', 3);
      one.map.set('b', 1);
      one.map.set('c', 1);
      expect(one.map.delete('c')).toBe(true);
      expect(one.map.toJSON()).toEqual({ a: 3, b: 1 });
      expect(events).toEqual([]);
    }, 'mine');
    expect(events.map(({ keys }) => Object.fromEntries(keys))).toEqual([
      { a: { action: 'update', oldValue: 1, newValue: 3 }, b: { action: 'add', oldValue: undefined, newValue: 1 } },
    ]);
    expect(events[0]?.transaction.origin).toBe('mine');
    one.map.delete('a');
    expect(Object.fromEntries(events[1]?.keys ?? [])).toEqual({ a: { action: 'delete', oldValue: 3, newValue: undefined } });
  });

  test('tells what others have set, deleted and replaced, and has it before any observer of the document is called', () => {
    const [one, other] = [holder(), holder()];
    const seen: unknown[] = [];
    other.doc.getMap('first').observe(() => seen.push(other.map.get('a')));
    other.map.observe(({ keys, transaction }) => seen.push([transaction.local, ...keys.entries()]));
    one.doc.transact(() => {
      one.doc.getMap('first').set('x', 1);
      one.map.set('a', 1);
    });
    exchange([one, other]);
    one.map.set('a', 2);
    exchange([one, other]);
    one.map.delete('a');
    exchange([one, other]);
    expect(seen).toEqual([
      1,
      [false, ['a', { action: 'add', oldValue: undefined, newValue: 1 }]],
      [false, ['a', { action: 'update', oldValue: 1, newValue: 2 }]],
      [false, ['a', { action: 'delete', oldValue: 2, newValue: undefined }]],
    ]);
  });

  test('gives the same frozen snapshot until something changes, and tells subscribers then', () => {
    const { map } = holder();
    map.set('a', { deep: [1] });
    const { snapshot } = map;
    expect(map.snapshot).toBe(snapshot);
    let told = 0;
    const { subscribe } = map;
    const end = subscribe(() => told++);
    map.set('a', 2);
    expect(told).toBe(1);
    expect(map.snapshot).not.toBe(snapshot);
    expect([...snapshot]).toEqual([['a', { deep: [1] }]]);
    expect([...map.snapshot]).toEqual([['a', 2]]);
    expect(() => (snapshot as Map<string, unknown>).set('a', 3)).toThrow(TypeError);
    end();
    end();
    map.set('a', 3);
    expect(told).toBe(1);
  });

  test('ends what observes by way of it, and nothing else', () => {
    const { doc } = holder();
    const indexes = new SettingsIndexes(doc);
    const [mine, theirs] = [settingsOf(doc, indexes), settingsOf(doc, indexes)];
    const told: string[] = [];
    mine.observe(() => told.push('mine'));
    mine.subscribe(() => told.push('mine'));
    theirs.observe(() => told.push('theirs'));
    mine.end();
    mine.set('a', 1);
    expect(told).toEqual(['theirs']);
    expect(theirs.get('a')).toBe(1);
  });

  test('calls all listeners, whatever one of them throws, and what it throws comes out as from an observer of Yjs', () => {
    const { map } = holder();
    const told: string[] = [];
    map.observe(() => {
      throw new Error('in a listener');
    });
    map.observe(() => told.push('second'));
    expect(() => map.set('a', 1)).toThrow('in a listener');
    expect(told).toEqual(['second']);
    expect(map.get('a')).toBe(1);
  });

  test('keeps a copy that nobody can change, neither whoever set it nor whoever reads it', () => {
    const [one, other] = [holder(), holder()];
    const value = { list: [1] };
    one.map.set('a', value);
    value.list.push(2);
    exchange([one, other]);
    for (const { map } of [one, other]) {
      expect(map.get('a')).toEqual({ list: [1] });
      expect(() => (map.get('a') as typeof value).list.push(3)).toThrow(TypeError);
    }
  });

  test.each<[what: string, value: unknown]>([
    ['a function', () => undefined],
    ['a Map', new Map()],
    ['a Float32Array', new Float32Array(1)],
    ['a shared type', new Y.Map()],
    [
      'a value that contains itself',
      (() => {
        const round: unknown[] = [];
        round.push(round);
        return round;
      })(),
    ],
  ])('refuses %s with a TypeError and changes nothing', (_, value) => {
    const { map, outbox } = holder();
    expect(() => map.set('a', value)).toThrow(TypeError);
    expect(map.size).toBe(0);
    expect(outbox).toEqual([]);
  });

  test.each([null, undefined, 0, -0, NaN, 'text', '', true, 2n ** 60n, [], {}, { a: undefined }])('takes %o to others', (value) => {
    const [one, other] = [holder(), holder()];
    one.map.set('a', value);
    exchange([one, other]);
    expect(other.map.has('a')).toBe(true);
    expect(other.map.get('a')).toStrictEqual(value);
  });

  test('takes keys like __proto__ and constructor for keys like any other', () => {
    const { map } = holder();
    expect(map.get('constructor')).toBe(undefined);
    map.set('__proto__', 1);
    map.set('constructor', 2);
    expect(Object.entries(map.toJSON())).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  test.each(['', 'x'.repeat(129), 7])('refuses the name %o', (name) => {
    const doc = new Y.Doc();
    expect(() => new SettingsMap({ doc, name: name as string, transact: (change) => doc.transact(change) })).toThrow(TypeError);
  });

  test('reads what was there before it was opened, rivals among it, and leaves alone what is no entry', () => {
    const [one, other] = [holder(1), holder(2)];
    one.map.set('a', 'one');
    other.map.set('a', 'other');
    one.map.set('b', 1);
    exchange([one, other]);
    one.map.type.push(['stray', ['only a key'], [7, 7]]);
    const late = new Y.Doc();
    Y.applyUpdate(late, Y.encodeStateAsUpdate(one.doc));
    const map = settingsOf(late, new SettingsIndexes(late));
    expect(map.toJSON()).toStrictEqual({ a: 'other', b: 1 });
    expect(map.type.toJSON()).toContain('stray');
  });
});

test('the array of a settings map can be read by index while it changes: Yjs is told that positions have moved', () => {
  const [one, other] = [holder(1), holder(2)];
  for (let index = 0; index < 200; index++) {
    const who = index % 3 === 0 ? other : one;
    who.map.set(`k${(index * 7) % 40}`, index);
    if (index % 10 === 0) exchange([one, other]);
    const { type } = who.map;
    const listed = type.toArray();
    for (const at of [listed.length - 1, Math.floor(listed.length / 2), 0]) expect(type.get(at)).toEqual(listed[at]);
    who.map.delete(`k${(index * 3) % 40}`);
    const left = type.toArray();
    for (const at of [0, Math.floor(type.length / 2), type.length - 1]) if (left.length > 0) expect(type.get(at)).toEqual(left[at]);
  }
});

describe('settings that several set at once', () => {
  test('are the same everywhere, and what counts nowhere is cleared away by who writes next, and by nobody else', () => {
    const all = [holder(1), holder(2), holder(3)];
    const [one, two, three] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]];
    for (const [at, { map }] of all.entries()) map.set('a', at);
    exchange(all);
    expect(all.map(({ map }) => map.get('a'))).toEqual([2, 2, 2]);
    expect(entriesIn(one)).toBe(3);
    expect(all.flatMap(({ outbox }) => outbox)).toEqual([]);
    two.map.set('b', 1);
    exchange(all);
    expect(all.map(entriesIn)).toEqual([2, 2, 2]);
    expect(three.map.toJSON()).toEqual({ a: 2, b: 1 });
  });

  test('tell of a change only where what counts has changed', () => {
    const [low, high] = [holder(1), holder(2)];
    low.map.set('a', 'low');
    high.map.set('a', 'high');
    const told: unknown[] = [];
    low.map.observe(({ keys }) => told.push(['low', ...keys.values()]));
    high.map.observe(() => told.push('high'));
    exchange([low, high]);
    expect(told).toEqual([['low', { action: 'update', oldValue: 'low', newValue: 'high' }]]);
  });

  test('set over by one who knows all of them, leave that value alone', () => {
    const [low, high] = [holder(1), holder(2)];
    low.map.set('a', 'low');
    high.map.set('a', 'high');
    exchange([low, high]);
    low.map.set('a', 'last');
    exchange([low, high]);
    expect([low, high].map(({ map }) => map.get('a'))).toEqual(['last', 'last']);
    expect([low, high].map(entriesIn)).toEqual([1, 1]);
  });

  test('are gone when one who knows all of them deletes the key: no other value comes up from below', () => {
    const [low, high] = [holder(1), holder(2)];
    low.map.set('a', 'low');
    high.map.set('a', 'high');
    exchange([low, high]);
    const seen: boolean[] = [];
    for (const { map } of [low, high]) map.observe(() => seen.push(map.has('a')));
    low.map.delete('a');
    exchange([low, high]);
    expect(seen).toEqual([false, false]);
    expect([low, high].map(entriesIn)).toEqual([0, 0]);
  });

  test('come to the rest of them where one deletes what the other has not heard of', () => {
    const [low, high] = [holder(1), holder(2)];
    high.map.set('a', 'high');
    high.map.delete('a');
    low.map.set('a', 'low');
    exchange([low, high]);
    expect([low, high].map(({ map }) => map.get('a'))).toEqual(['low', 'low']);
  });

  test('of two instances of one document in one transaction are one entry: the later one', () => {
    const one = holder();
    const indexes = new SettingsIndexes(one.doc);
    const [mine, theirs] = [settingsOf(one.doc, indexes), settingsOf(one.doc, indexes)];
    one.doc.transact(() => {
      mine.set('a', 1);
      theirs.set('a', 2);
    });
    expect(one.map.get('a')).toBe(2);
    expect(entriesIn(one)).toBe(1);
  });

  test('of two that do not share what they know of one document are, in one transaction, the later one', () => {
    const { doc } = holder();
    const [mine, theirs] = [settingsOf(doc, new SettingsIndexes(doc)), settingsOf(doc, new SettingsIndexes(doc))];
    doc.transact(() => {
      mine.set('a', 1);
      theirs.set('a', 2);
    });
    expect([mine.get('a'), theirs.get('a')]).toEqual([2, 2]);
  });

  test('arrive in any order, and twice', () => {
    const [one, other] = [holder(1), holder(2)];
    one.map.set('a', 1);
    one.map.set('a', 2);
    one.map.set('b', 1);
    const updates = one.outbox.splice(0).toReversed();
    give(other, updates);
    for (const update of updates) give(other, [update]);
    expect(other.map.toJSON()).toEqual({ a: 2, b: 1 });
  });
});
