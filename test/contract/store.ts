/** What every store does, whatever it lies on. Each implementation brings a harness and runs this suite. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import type { OwnerNote, Store, StoreRecord } from '../../storage/store.js';

export interface StoreHarness {
  /** A further handle on the same store, as another process has one. */
  create(): Store;
  /** As if the process of this handle were killed. */
  crash(store: Store): Promise<void>;
  /** As if the lock file were deleted. */
  breakLock(): Promise<void>;
  /** As if the directory were deleted. */
  remove(): Promise<void>;
  failNextWrite(): void;
  cleanUp(): Promise<void>;
}

export function testStore(name: string, makeHarness: () => Promise<StoreHarness>): void {
  describe(name, () => {
    let harness: StoreHarness;
    let store: Store;

    beforeEach(async () => {
      harness = await makeHarness();
      store = harness.create();
    });
    afterEach(() => harness.cleanUp());

    const start = async (opened = harness.create()): Promise<Store> => {
      expect(opened.lock.tryAcquire()).toBe(true);
      await opened.open();
      return opened;
    };
    const restart = async (clean: boolean): Promise<Store> => {
      if (clean) await store.close({ clean });
      if (clean) store.lock.release();
      else await harness.crash(store);
      return start();
    };

    describe('the lock', () => {
      test('has one owner at a time', () => {
        const other = harness.create();
        expect(store.lock.tryAcquire()).toBe(true);
        expect(store.lock.tryAcquire()).toBe(true);
        expect(other.lock.tryAcquire()).toBe(false);
        expect([store.lock.isOwned(), other.lock.isOwned()]).toEqual([true, false]);
        store.lock.release();
        expect(other.lock.tryAcquire()).toBe(true);
        expect(store.lock.isOwned()).toBe(false);
      });

      test('is free after a crash', async () => {
        await start(store);
        await harness.crash(store);
        expect(harness.create().lock.tryAcquire()).toBe(true);
      });

      test('is needed to open', async () => {
        await expect(store.open()).rejects.toMatchObject({ code: 'SOCOMM_STORE_IN_USE' });
      });

      test('that was lost stops appends, which then acknowledge nothing', async () => {
        await start(store);
        await harness.breakLock();
        expect(store.lock.isOwned()).toBe(false);
        await expect(store.append(1, [record('main', 1)])).rejects.toMatchObject({ code: 'SOCOMM_STORE_IN_USE' });
        await expect(store.announceOwner(owner(1))).rejects.toMatchObject({ code: 'SOCOMM_STORE_IN_USE' });
      });

      test('of a directory that is gone is not made anew', async () => {
        await start(store);
        await harness.remove();
        await expect(store.append(1, [record('main', 1)])).rejects.toMatchObject({ code: 'SOCOMM_STORE_GONE' });
        await harness.crash(store);
        expect(() => harness.create().lock.tryAcquire()).toThrow(expect.objectContaining({ code: 'SOCOMM_STORE_GONE' }));
      });
    });

    describe('a new store', () => {
      test('is empty, of term 0, and sound', async () => {
        store.lock.tryAcquire();
        const opened = await store.open();
        expect(opened).toMatchObject({ term: 0, documents: [], wasClean: true, damage: [] });
        expect(opened.storeId).toMatch(/^[0-9a-f]{32}$/);
        expect(store.documents()).toEqual([]);
        expect(store.lastRecord('main')).toBe(0);
        expect(await store.load('main')).toEqual({ snapshot: undefined, updates: [], damage: [] });
        expect(await store.readOwner()).toBeUndefined();
      });

      test('keeps its id', async () => {
        store.lock.tryAcquire();
        const { storeId } = await store.open();
        await store.close({ clean: true });
        expect(await store.open()).toMatchObject({ storeId, damage: [] });
      });
    });

    describe('the log', () => {
      for (const clean of [true, false]) {
        test(`comes back in order after ${clean ? 'a clean close' : 'a crash'}`, async () => {
          await start(store);
          await store.append(3, [record('main', 1), record('other', 2)]);
          await store.append(3, [record('main', 3, true), record('main', 4)]);
          store = await restart(clean);
          expect(await store.load('main')).toEqual({ snapshot: undefined, updates: [bytes(1), bytes(3), bytes(4)], damage: [] });
          expect(await store.load('other')).toEqual({ snapshot: undefined, updates: [bytes(2)], damage: [] });
          expect([store.lastRecord('main'), store.lastRecord('other')]).toEqual([3, 1]);
        });

        test(`and its term are told when opening after ${clean ? 'a clean close' : 'a crash'}`, async () => {
          await start(store);
          await store.append(7, [record('main', 1), record('main', 2)]);
          if (clean) await store.close({ clean });
          else await harness.crash(store);
          const next = clean ? store : harness.create();
          next.lock.tryAcquire();
          const opened = await next.open();
          expect(opened).toMatchObject({ term: 7, wasClean: clean, damage: [] });
          expect(opened.documents).toMatchObject([{ name: 'main', snapshotVector: undefined, snapshotBytes: 0, logRecords: 2 }]);
          expect(opened.documents).toEqual(next.documents());
        });
      }

      test('keeps the order of appends that were not awaited', async () => {
        await start(store);
        await Promise.all([1, 2, 3, 4, 5].map((value) => store.append(1, [record('main', value)])));
        expect((await store.load('main')).updates).toEqual([1, 2, 3, 4, 5].map(bytes));
        expect(store.lastRecord('main')).toBe(5);
      });

      test('takes documents of any well-formed name apart', async () => {
        await start(store);
        const names = ['a', 'a/b', 'a0', 'A', '', 'ü€😀', '*', '%', '.', 'x'.repeat(300)];
        await store.append(
          1,
          names.map((name, index) => record(name, index)),
        );
        store = await restart(false);
        for (const [index, name] of names.entries()) expect((await store.load(name)).updates).toEqual([bytes(index)]);
        expect(new Set(store.documents().map(({ name }) => name))).toEqual(new Set(names));
      });

      test('takes empty and large updates', async () => {
        await start(store);
        const large = new Uint8Array(3_000_000).fill(5);
        await store.append(1, [
          { ...record('main', 0), update: new Uint8Array() },
          { ...record('main', 0), update: large },
        ]);
        store = await restart(false);
        expect((await store.load('main')).updates.map((update) => update.length)).toEqual([0, 3_000_000]);
      });

      test('is measured', async () => {
        await start(store);
        await store.append(1, [{ ...record('main', 0), update: new Uint8Array(5_000) }]);
        const [before] = store.documents();
        expect(before?.logBytes).toBeGreaterThanOrEqual(5_000);
        expect(before?.logBytes).toBeLessThan(5_200);
        store = await restart(false);
        expect(store.documents()).toEqual([before]);
      });
    });

    describe('the term', () => {
      test('is stored by a batch without records', async () => {
        await start(store);
        await store.append(9, []);
        await harness.crash(store);
        const next = harness.create();
        next.lock.tryAcquire();
        expect(await next.open()).toMatchObject({ term: 9 });
      });

      test('never falls', async () => {
        await start(store);
        await store.append(4, []);
        await expect(store.append(3, [record('main', 1)])).rejects.toThrow(/terms only grow/);
        await expect(store.replace(3, snapshot('main', 1, 0))).rejects.toThrow(/terms only grow/);
        await store.append(4, [record('main', 2)]);
        expect((await store.load('main')).updates).toEqual([bytes(2)]);
      });

      test('that was only announced is not given again', async () => {
        await start(store);
        await store.announceOwner(owner(5));
        store = await restart(false);
        await store.close({ clean: true });
        expect(await store.open()).toMatchObject({ term: 5 });
      });
    });

    describe('a snapshot', () => {
      test('takes the place of the log through its record', async () => {
        await start(store);
        await store.append(
          1,
          [1, 2, 3].map((value) => record('main', value)),
        );
        await store.replace(1, snapshot('main', 8, 2));
        const expected = { snapshot: new Uint8Array(8).fill(8), updates: [bytes(3)], damage: [] };
        expect(await store.load('main')).toEqual(expected);
        store = await restart(false);
        expect(await store.load('main')).toEqual(expected);
        expect(store.lastRecord('main')).toBe(3);
        expect(store.documents()).toMatchObject([{ snapshotBytes: 8, snapshotVector: bytes(8), logRecords: 1 }]);
      });

      test('that covers the whole log leaves numbering where it was', async () => {
        await start(store);
        await store.append(1, [record('main', 1), record('main', 2)]);
        await store.replace(1, snapshot('main', 8, 2));
        store = await restart(true);
        expect(store.documents()).toMatchObject([{ logRecords: 0, logBytes: 0 }]);
        await store.append(2, [record('main', 3, true), record('main', 4)]);
        expect(store.lastRecord('main')).toBe(4);
        store = await restart(false);
        expect(await store.load('main')).toEqual({ snapshot: new Uint8Array(8).fill(8), updates: [bytes(3), bytes(4)], damage: [] });
      });

      test('takes the place of the one before', async () => {
        await start(store);
        await store.replace(1, snapshot('main', 2_500_000, 0));
        await store.append(1, [record('main', 1)]);
        await store.replace(1, snapshot('main', 1_100_000, 1));
        store = await restart(false);
        const { snapshot: found, updates, damage } = await store.load('main');
        expect({ length: found?.length, updates, damage }).toEqual({ length: 1_100_000, updates: [], damage: [] });
      });

      test('that was written twice leaves nothing of the log behind it', async () => {
        await start(store);
        await store.append(1, [{ ...record('main', 0), update: new Uint8Array(5_000).fill(1) }]);
        await store.replace(1, snapshot('main', 8, 1));
        await store.replace(1, snapshot('main', 8, 1));
        expect(store.documents()).toMatchObject([{ snapshotBytes: 8, logRecords: 0, logBytes: 0 }]);
        expect(store.documents()[0]?.olderBytes).toBeLessThan(100);
        store = await restart(false);
        expect(await store.load('main')).toEqual({ snapshot: new Uint8Array(8).fill(8), updates: [], damage: [] });
      });

      test('leaves other documents alone', async () => {
        await start(store);
        await store.append(1, [record('a', 1), record('a/', 2), record('a0', 3)]);
        await store.replace(1, snapshot('a', 4, 1));
        expect((await store.load('a/')).updates).toEqual([bytes(2)]);
        expect((await store.load('a0')).updates).toEqual([bytes(3)]);
      });

      test('of records that were never written breaks an invariant', async () => {
        await start(store);
        await store.append(1, [record('main', 1)]);
        await expect(store.replace(1, snapshot('main', 4, 2))).rejects.toThrow(/broken invariant/);
        await store.append(1, [record('main', 2)]);
      });
    });

    describe('a document that is removed', () => {
      for (const clean of [true, false]) {
        test(`is gone after ${clean ? 'a clean close' : 'a crash'}, and nothing of it counts as lost`, async () => {
          await start(store);
          await store.append(1, [record('main', 1), record('notes', 2), record('notes', 3), record('notes~2', 4), record('note', 5)]);
          await store.replace(1, snapshot('notes', 8, 1));
          await store.remove(2, 'notes');
          expect(store.document('notes')).toBeUndefined();
          if (clean) await store.close({ clean });
          else await harness.crash(store);
          const next = clean ? store : harness.create();
          next.lock.tryAcquire();
          expect(await next.open()).toMatchObject({ term: 2, damage: [], documents: [{}, {}, {}] });
          expect(await next.load('notes')).toEqual({ snapshot: undefined, updates: [], damage: [] });
          expect((await next.load('notes~2')).updates).toEqual([bytes(4)]);
          expect((await next.load('note')).updates).toEqual([bytes(5)]);
          expect(next.lastRecord('notes')).toBe(0);
        });
      }

      test('begins anew with what is appended later', async () => {
        await start(store);
        await store.append(1, [record('notes', 1), record('notes', 2)]);
        await Promise.all([store.remove(1, 'notes'), store.append(1, [record('notes', 3)])]);
        expect(store.lastRecord('notes')).toBe(1);
        store = await restart(false);
        expect((await store.load('notes')).updates).toEqual([bytes(3)]);
      });

      test('may be one that was never there', async () => {
        await start(store);
        await store.remove(1, 'notes');
        expect(store.documents()).toEqual([]);
      });

      test('stays where the write fails, and needs the lock and a term that does not fall', async () => {
        await start(store);
        await store.append(2, [record('notes', 1)]);
        await expect(store.remove(1, 'notes')).rejects.toThrow(/terms only grow/);
        harness.failNextWrite();
        await expect(store.remove(2, 'notes')).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
        await expect(store.append(2, [])).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
        store = await restart(true);
        expect((await store.load('notes')).updates).toEqual([bytes(1)]);
        await harness.breakLock();
        await expect(store.remove(2, 'notes')).rejects.toMatchObject({ code: 'SOCOMM_STORE_IN_USE' });
      });
    });

    test('one document is described as in the list of all', async () => {
      await start(store);
      await store.append(1, [record('main', 1), record('notes', 2)]);
      await store.replace(1, snapshot('notes', 8, 1));
      expect([store.document('main'), store.document('notes')]).toEqual(store.documents());
      expect(store.document('nobody')).toBeUndefined();
    });

    describe('compaction', () => {
      test('changes nothing of what is stored, whoever writes meanwhile', async () => {
        await start(store);
        await store.append(1, [record('main', 1), record('other', 2)]);
        await store.replace(1, snapshot('main', 8, 1));
        await Promise.all([store.compact(), store.append(1, [record('main', 3)]), store.compact()]);
        store = await restart(true);
        expect(await store.load('main')).toEqual({ snapshot: new Uint8Array(8).fill(8), updates: [bytes(3)], damage: [] });
        expect((await store.load('other')).updates).toEqual([bytes(2)]);
      });

      test('of a store that is closed, or whose writes failed, is refused', async () => {
        await expect(store.compact()).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
        await start(store);
        harness.failNextWrite();
        await expect(store.append(1, [record('main', 1)])).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
        await expect(store.compact()).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
      });
    });

    describe('the owner', () => {
      test('can be read by who has neither lock nor database', async () => {
        await start(store);
        await store.announceOwner(owner(2));
        expect(await harness.create().readOwner()).toEqual(owner(2));
      });

      test('who announced and crashed did not close in order', async () => {
        await start(store);
        await store.append(1, [record('main', 1)]);
        store = await restart(true);
        await store.announceOwner(owner(2));
        await harness.crash(store);
        const next = harness.create();
        next.lock.tryAcquire();
        expect(await next.open()).toMatchObject({ wasClean: false, damage: [] });
      });
    });

    describe('after a write error', () => {
      test('nothing is written until the store was closed and opened again', async () => {
        await start(store);
        await store.append(1, [record('main', 1)]);
        harness.failNextWrite();
        await expect(store.append(1, [record('main', 2)])).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
        await expect(store.append(1, [record('main', 3)])).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
        await expect(store.announceOwner(owner(1))).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
        await store.close({ clean: true });
        expect(await store.open()).toMatchObject({ wasClean: false, damage: [] });
        await store.append(1, [record('main', 4)]);
        expect((await store.load('main')).updates).toEqual([bytes(1), bytes(4)]);
      });

      test('what waited behind it is rejected too', async () => {
        await start(store);
        harness.failNextWrite();
        const results = await Promise.allSettled([store.append(1, [record('main', 1)]), store.append(1, [record('main', 2)])]);
        expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      });
    });

    describe('closing', () => {
      test('may be asked for twice, and waits for what was asked before', async () => {
        await start(store);
        const append = store.append(1, [record('main', 1)]);
        await Promise.all([store.close({ clean: true }), store.close({ clean: true })]);
        await append;
        store.lock.release();
        store = await start();
        expect((await store.load('main')).updates).toEqual([bytes(1)]);
      });

      test('keeps the lock', async () => {
        await start(store);
        await store.close({ clean: true });
        expect(harness.create().lock.tryAcquire()).toBe(false);
      });

      test('ends all use', async () => {
        await start(store);
        await store.close({ clean: true });
        await expect(store.append(1, [])).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
        await expect(store.load('main')).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
        expect(() => store.documents()).toThrow(expect.objectContaining({ code: 'SOCOMM_CLOSED' }));
      });
    });
  });
}

const PEER = '0123456789abcdef' as PeerId;

export function bytes(value: number): Uint8Array {
  return Uint8Array.of(value, value + 1);
}

export function record(document: string, value: number, isTakeover = false): StoreRecord {
  return { document, update: bytes(value), origins: isTakeover ? new Map() : new Map([[PEER, value]]), isTakeover };
}

export function owner(term: number): OwnerNote {
  return { peer: PEER, term, publisher: 'ipc:///p', responder: 'ipc:///r' };
}

function snapshot(document: string, length: number, through: number): Parameters<Store['replace']>[1] {
  return { document, state: new Uint8Array(length).fill(length), stateVector: bytes(length), through };
}
