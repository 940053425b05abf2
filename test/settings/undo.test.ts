import { describe, expect, test } from 'vitest';
import { entriesIn, exchange, holder } from './scene.js';
import type { Holder } from './scene.js';

function values(holders: readonly Holder[], key = 'a'): unknown[] {
  return holders.map(({ map }) => map.get(key));
}

describe('undo of settings', () => {
  test('takes back a set, step by step, and redo does it again', () => {
    const one = holder();
    for (const value of [1, 2, 3]) one.map.set('a', value);
    const seen: unknown[] = [];
    for (let step = 0; step < 3; step++) {
      one.undo.undo();
      seen.push(one.map.get('a'));
    }
    for (let step = 0; step < 3; step++) {
      one.undo.redo();
      seen.push(one.map.get('a'));
    }
    expect(seen).toEqual([2, 1, undefined, 1, 2, 3]);
    expect(entriesIn(one)).toBe(1);
  });

  test('brings back what was deleted, and redo deletes it again', () => {
    const all = [holder(), holder()];
    const [one] = all as [Holder, Holder];
    one.map.set('a', 1);
    one.map.delete('a');
    one.undo.undo();
    exchange(all);
    expect(values(all)).toEqual([1, 1]);
    one.undo.redo();
    exchange(all);
    expect(values(all)).toEqual([undefined, undefined]);
  });

  test("brings back another's value that was set over, and redo sets it over again", () => {
    const all = [holder(), holder()];
    const [one, other] = all as [Holder, Holder];
    other.map.set('a', 'theirs');
    exchange(all);
    one.map.set('a', 'mine');
    exchange(all);
    const told: unknown[] = [];
    other.map.observe(({ keys }) => told.push(...keys.values()));
    one.undo.undo();
    exchange(all);
    expect(values(all)).toEqual(['theirs', 'theirs']);
    one.undo.redo();
    exchange(all);
    expect(values(all)).toEqual(['mine', 'mine']);
    expect(told).toEqual([
      { action: 'update', oldValue: 'mine', newValue: 'theirs' },
      { action: 'update', oldValue: 'theirs', newValue: 'mine' },
    ]);
  });

  test.each([
    [1, 2],
    [2, 1],
  ])('leaves what others have set over it since, whoever has the higher client id (%i, %i)', (mine, theirs) => {
    const all = [holder(mine), holder(theirs)];
    const [one, other] = all as [Holder, Holder];
    one.map.set('a', 1);
    one.map.set('a', 2);
    exchange(all);
    other.map.set('a', 'theirs');
    exchange(all);
    const told: unknown[] = [];
    for (const { map } of all) map.observe(({ keys }) => told.push(...keys.values()));
    one.undo.undo();
    exchange(all);
    one.undo.undo();
    exchange(all);
    one.undo.redo();
    exchange(all);
    expect(values(all)).toEqual(['theirs', 'theirs']);
    expect(told).toEqual([]);
    expect(all.map(entriesIn)).toEqual([1, 1]);
  });

  test('of a delete leaves what others have set since, though it was set by the same replica', () => {
    const one = holder();
    one.map.set('a', 1);
    one.map.delete('a');
    one.doc.transact(() => one.map.set('a', 'theirs'), 'another instance');
    one.undo.undo();
    expect(one.map.get('a')).toBe('theirs');
    expect(entriesIn(one)).toBe(1);
  });

  test('is of what its own origin did', () => {
    const one = holder();
    one.map.set('a', 1);
    one.doc.transact(() => one.map.set('b', 2), 'another instance');
    one.undo.undo();
    expect(one.map.toJSON()).toEqual({ b: 2 });
    expect(one.undo.canUndo()).toBe(false);
  });

  test.each([
    [1, 2],
    [2, 1],
  ])('of a set over two rivals brings back the one that counted (%i, %i)', (mine, theirs) => {
    const all = [holder(mine), holder(theirs)];
    const [one, other] = all as [Holder, Holder];
    one.map.set('a', mine);
    other.map.set('a', theirs);
    exchange(all);
    one.map.set('a', 'over both');
    exchange(all);
    one.undo.undo();
    exchange(all);
    expect(values(all)).toEqual([2, 2]);
  });

  test('of a rival that counted brings back what was there before either', () => {
    const all = [holder(2), holder(1)];
    const [one, other] = all as [Holder, Holder];
    one.map.set('a', 'before');
    exchange(all);
    one.map.set('a', 'mine');
    other.map.set('a', 'theirs');
    exchange(all);
    expect(values(all)).toEqual(['mine', 'mine']);
    one.undo.undo();
    exchange(all);
    // Theirs has not been cleared away: it is the newest that anybody has not taken back.
    expect(values(all)).toEqual(['theirs', 'theirs']);
    expect(all.map(entriesIn)).toEqual([1, 1]);
  });

  test('while others set the same key comes to one value everywhere', () => {
    const all = [holder(2), holder(1), holder(3)];
    const [one, other, third] = all as [Holder, Holder, Holder];
    one.map.set('a', 1);
    one.map.set('a', 2);
    exchange(all);
    one.undo.undo();
    other.map.set('a', 'theirs');
    exchange(all);
    expect(new Set(values(all)).size).toBe(1);
    third.map.set('b', 1);
    exchange(all);
    expect(all.map(entriesIn)).toEqual([2, 2, 2]);
  });

  test('of one step that set, replaced and deleted several keys takes back all of it', () => {
    const one = holder();
    one.map.set('a', 1);
    one.map.set('b', 1);
    one.doc.transact(() => {
      one.map.set('a', 2);
      one.map.set('a', 3);
      one.map.delete('b');
      one.map.set('c', 1);
    }, one.map);
    one.undo.undo();
    expect(one.map.toJSON()).toEqual({ a: 1, b: 1 });
    one.undo.redo();
    expect(one.map.toJSON()).toEqual({ a: 3, c: 1 });
  });
});
