/** One replica, one client id: two with one diverge for ever, with equal state vectors. */

import * as Y from 'yjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { follow, record } from './recorder.js';

const prints = vi.spyOn(console, 'log');
afterEach(() => prints.mockClear());

/** What somebody else wrote under this client id. */
function writtenUnder(id: number, keys: readonly string[]): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = id;
  for (const key of keys) doc.getMap('m').set(key, 1);
  return Y.encodeStateAsUpdate(doc);
}

describe('a client id', () => {
  it('has 53 bits, and another one in each replica', () => {
    const ids = Array.from({ length: 200 }, (_, seed) => record(seed).replica.clientId());
    expect(new Set(ids).size).toBe(200);
    expect(ids.every((id) => Number.isSafeInteger(id) && id >= 0)).toBe(true);
    expect(Math.max(...ids)).toBeGreaterThan(2 ** 52);
  });

  it.each(['frame', 'catch-up'] as const)('under which changes come in a %s is left before they are applied', (source) => {
    const recorded = record();
    const { replica } = recorded;
    replica.doc.getMap('m').set('ours', 1);
    const id = replica.clientId();
    replica.doc.on(
      'beforeTransaction',
      () => void recorded.told.push(`transaction under ${replica.doc.clientID === id ? 'the old' : 'a new'} id`),
    );
    expect(replica.apply([writtenUnder(id, ['ours', 'theirs'])], source)).toEqual({ ok: true });
    expect(recorded.told).toEqual([`renewed ${id}`, 'transaction under a new id']);
    expect(replica.doc.clientID).toBe(replica.clientId());
    expect(replica.clientId()).not.toBe(id);
    expect(replica.clientId()).toBeGreaterThan(2 ** 32);
    expect(prints).not.toHaveBeenCalled();
  });

  it('is left also where nothing was looked into: a large answer, a store, an update that the application applies', () => {
    const ways: readonly ((recorded: ReturnType<typeof record>, update: Uint8Array) => void)[] = [
      ({ replica }, update) => replica.apply([update], 'catch-up'),
      ({ replica }, update) => replica.load({ snapshot: undefined, updates: [update] }),
      ({ replica }, update) => Y.applyUpdate(replica.doc, update),
    ];
    for (const apply of ways) {
      const recorded = record();
      const id = recorded.replica.clientId();
      apply(
        recorded,
        writtenUnder(
          id,
          Array.from({ length: 20_000 }, (_, index) => `a long key to fill the answer ${index}`),
        ),
      );
      expect(recorded.told).toEqual([`renewed ${id}`]);
      expect(recorded.replica.clientId()).toBeGreaterThan(2 ** 32);
    }
    expect(prints).not.toHaveBeenCalled();
  });

  it('is kept when our own changes come back', () => {
    const recorded = record();
    const { replica } = recorded;
    const id = replica.clientId();
    replica.doc.getMap('m').set('a', 1);
    replica.apply(recorded.changed, 'frame');
    replica.apply([Y.encodeStateAsUpdate(replica.doc)], 'catch-up');
    expect(replica.clientId()).toBe(id);
    expect(recorded.told).toEqual([]);
  });

  it('that the application sets is told at the next change, and used', () => {
    const recorded = record();
    const { replica } = recorded;
    replica.doc.clientID = 7;
    replica.doc.getMap('m').set('a', 1);
    replica.doc.getMap('m').set('b', 1);
    expect(recorded.told).toEqual(['changed 7 true']);
    expect(replica.clientId()).toBe(7);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 60])('of %s, which nobody could read, is replaced before anything is written under it', (id) => {
    const recorded = record();
    const { replica } = recorded;
    replica.doc.clientID = id;
    replica.doc.getMap('m').set('a', 1);
    expect(recorded.told).toEqual([`changed ${id} false`]);
    expect(Number.isSafeInteger(replica.clientId())).toBe(true);
    expect(follow(recorded).replica.doc.getMap('m').toJSON()).toEqual({ a: 1 });
  });

  it('is renewed where that is asked for, and not told as set by the application', () => {
    const recorded = record();
    const id = recorded.replica.clientId();
    recorded.replica.renewClientId();
    recorded.replica.doc.getMap('m').set('a', 1);
    expect(recorded.replica.clientId()).not.toBe(id);
    expect(recorded.told).toEqual([]);
  });
});
