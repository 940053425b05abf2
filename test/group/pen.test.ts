/** The writer's pen by itself: what it gives away whole, how it makes the store small, and what it does when the disk is slow or fails. */

import { describe, expect, test } from 'vitest';

import { loadStoredDocument } from '../../src/replica/stored-document.js';
import { BatchQueue, PEN_QUEUE_BYTES_MAX, batchesOf } from '../../src/writing/batch-queue.js';
import { LOADING_PAUSE_MS } from '../../src/writing/loading.js';
import { LOG_GROWTH_MAX } from '../../src/writing/log-length.js';
import * as Y from 'yjs';
import { PenScene, heldDisk } from './pen-scene.js';

const MIB = 1024 * 1024;

function contentOf(bytes: Uint8Array): unknown {
  return loadStoredDocument({ snapshot: bytes, updates: [] }).getMap('map').toJSON();
}

describe('the states that a pen gives away', () => {
  test('are all documents of the store, open here or not, each whole', async () => {
    const first = new PenScene();
    first.set('a', 1);
    first.set('b', 2, 'other');
    await first.takeOver();
    await first.writer.end({ isOrderly: true });
    const scene = new PenScene({ disk: first.disk });
    scene.replica('main');
    await scene.takeOver();
    scene.set('c', 3);
    const states = await scene.writer.states();
    expect(states.map(({ name, encoding }) => `${name} ${encoding}`)).toEqual(['main state', 'other state']);
    expect(states.map(({ bytes }) => contentOf(bytes))).toEqual([{ a: 1, c: 3 }, { b: 2 }]);
    await scene.writer.end({ isOrderly: true });
  });

  test('wait until what is open here has been loaded', async () => {
    const first = new PenScene();
    first.set('a', 1);
    await first.takeOver();
    await first.writer.end({ isOrderly: true });
    const scene = new PenScene({ disk: first.disk, synced: ['main'] });
    scene.replica('main');
    scene.store.lock.tryAcquire();
    await scene.writer.takeOver();
    void scene.begin();
    expect(scene.get('a')).toBeUndefined();
    const [main] = await scene.writer.states();
    expect(contentOf(main?.bytes ?? new Uint8Array())).toEqual({ a: 1 });
    await scene.writer.end({ isOrderly: true });
  });

  test('are refused when the office ends, with its reason', async () => {
    const held = heldDisk();
    const scene = new PenScene({ disk: held.disk });
    scene.set('a', 1);
    await scene.takeOver();
    held.refuse(new Error('no disk'));
    scene.set('b', 2);
    await scene.until(() => scene.failures.length > 0);
    await expect(scene.writer.states()).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    await expect(scene.writer.compact()).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    await scene.writer.end({ isOrderly: false });

    const closed = new PenScene();
    await closed.takeOver();
    await closed.writer.end({ isOrderly: true });
    await expect(closed.writer.states()).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
  });
});

describe('a pen that compacts', () => {
  test('leaves an empty log, two small generations, and every document as it was, also of those that nobody has open', async () => {
    const first = new PenScene();
    for (let index = 0; index < 200; index++) {
      first.set(`key-${index % 8}`, index);
      first.set('x', index, 'other');
      if (index === 0) await first.takeOver();
      await first.until(() => first.storedChanges() === index + 1 && first.storedChanges('other') === index + 1);
    }
    await first.writer.end({ isOrderly: true });

    const scene = new PenScene({ disk: first.disk });
    scene.replica('main');
    await scene.takeOver();
    const replaced: string[] = [];
    const replace = scene.store.replace.bind(scene.store);
    scene.store.replace = (term, snapshot) => {
      replaced.push(`${snapshot.document} through ${snapshot.through}`);
      return replace(term, snapshot);
    };
    const { bytesBefore, bytesAfter } = await scene.writer.compact();
    expect(bytesAfter).toBeLessThan(bytesBefore / 5);
    for (const name of ['main', 'other']) expect(scene.stateOnDisk(name)).toMatchObject({ logRecords: 0, logBytes: 0 });
    // Twice, through the same record: the one before stays as the older generation, with the log between the two.
    expect(replaced).toEqual(['main', 'main', 'other', 'other'].map((name) => `${name} through ${scene.store.lastRecord(name)}`));
    await scene.writer.end({ isOrderly: true });
    const later = await scene.reopened();
    expect(later.get('x', 'other')).toBe(199);
    expect(later.replica('main').doc.getMap('map').toJSON()).toEqual(first.replica('main').doc.getMap('map').toJSON());
  });

  test('goes on writing meanwhile, and loses none of it', async () => {
    const scene = new PenScene();
    scene.set('a', 1);
    await scene.takeOver();
    const compacted = scene.writer.compact();
    for (let index = 0; index < 50; index++) {
      scene.set('meanwhile', index);
      await Promise.resolve();
    }
    await compacted;
    await scene.until(() => scene.storedChanges() === 51);
    await scene.writer.end({ isOrderly: true });
    expect((await scene.reopened()).get('meanwhile')).toBe(49);
  });

  test('is called off when the office ends', async () => {
    const held = heldDisk();
    const scene = new PenScene({ disk: held.disk });
    scene.set('a', 1);
    await scene.takeOver();
    const release = held.hold();
    scene.set('b', 2);
    const compacted = scene.writer.compact();
    const refused = expect(compacted).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
    const ended = scene.writer.end({ isOrderly: true });
    release();
    await ended;
    await refused;
    expect((await scene.reopened()).get('b')).toBe(2);
  });
});

describe('a new writer', () => {
  test('says first what is durable, and loads what it can do without a little later', async () => {
    const first = new PenScene();
    first.set('a', 1);
    await first.takeOver();
    await first.writer.end({ isOrderly: true });
    const scene = new PenScene({ disk: first.disk, synced: ['main'] });
    scene.set('b', 2);
    scene.store.lock.tryAcquire();
    await scene.writer.takeOver();
    const begun = scene.begin();
    expect(scene.storedChanges()).toBe(1);
    await scene.clock.advance(LOADING_PAUSE_MS - 1);
    expect(scene.loaded.has('main')).toBe(false);
    await scene.clock.advance(1);
    await begun;
    expect(scene.loaded.has('main')).toBe(true);
    expect(scene.get('a')).toBe(1);
    expect(scene.disk.owner?.term).toBe(2);
    await scene.writer.end({ isOrderly: true });
    expect(scene.clock.pendingCount).toBe(0);
  });
});

test('a new writer whose peer cannot take in what was loaded says so, and writes no more', async () => {
  const scene = new PenScene();
  scene.replica('main');
  scene.loaded.add = () => {
    throw new Error('a bug');
  };
  scene.store.lock.tryAcquire();
  await scene.writer.takeOver();
  await scene.begin();
  expect(scene.failures).toMatchObject([{ message: 'a bug' }]);
  await scene.writer.end({ isOrderly: false });
});

describe('in front of a disk that hangs', () => {
  test(
    '200 MB of changes take bounded memory, are all stored when it goes on, and not called stored before',
    { timeout: 60_000 },
    async () => {
      const held = heldDisk();
      const scene = new PenScene({ disk: held.disk });
      scene.set('first', 0);
      await scene.takeOver();
      const appended: number[] = [];
      const append = scene.store.append.bind(scene.store);
      scene.store.append = (term, records) => {
        appended.push(records.reduce((sum, { update }) => sum + update.length, 0));
        return append(term, records);
      };
      const release = held.hold();
      scene.set('held', 1);
      await scene.until(() => appended.length === 1);
      const calledStored = scene.storedChanges();
      const value = 'v'.repeat(MIB);
      // Overwritten again and again: what is dropped is what nobody would read any more.
      for (let index = 0; index < 200; index++) scene.set(`big-${index % 4}`, `${index} ${value}`);
      scene.set('small', 'last', 'other');
      expect(scene.storedChanges()).toBe(calledStored);
      release();
      const { changes } = scene.replica('main');
      await scene.until(() => scene.storedChanges() === changes && scene.storedChanges('other') === 1);
      const bytes = appended.reduce((sum, each) => sum + each, 0);
      console.log(`200 changes of 1 MiB in front of a disk that hangs: ${(bytes / MIB).toFixed(1)} MiB were written when it went on`);
      expect(bytes).toBeLessThan(PEN_QUEUE_BYTES_MAX);
      await scene.writer.end({ isOrderly: true });
      const later = await scene.reopened();
      expect(later.replica('main').digest()).toBe(scene.replica('main').digest());
      expect(later.get('small', 'other')).toBe('last');
      await later.writer.end({ isOrderly: true });
    },
  );

  test('what is dropped while a snapshot is made of it is in the log, too: without that snapshot nothing is missing', async () => {
    const held = heldDisk();
    const scene = new PenScene({ disk: held.disk, logBytesBeforeSnapshot: 1000 });
    scene.replica('main');
    await scene.takeOver();
    const log: Uint8Array[] = [];
    const [append, replace] = [scene.store.append.bind(scene.store), scene.store.replace.bind(scene.store)];
    let replaced = 0;
    let release = (): void => undefined;
    scene.store.append = (term, records) => {
      log.push(...records.map(({ update }) => update));
      return append(term, records);
    };
    scene.store.replace = (term, snapshot) => {
      if (++replaced === 1) release = held.hold();
      return replace(term, snapshot);
    };
    // Alone in the batch after which the snapshot is overdue, while the next change waits: when that is found, it is not in the log yet.
    const release1 = held.hold();
    scene.set('first', 'x'.repeat(LOG_GROWTH_MAX * 1000));
    await scene.until(() => log.length === 1);
    scene.set('waiting', 1);
    release1();
    await scene.until(() => replaced === 1);
    const value = 'v'.repeat(MIB);
    for (let index = 0; index < PEN_QUEUE_BYTES_MAX / MIB + 1; index++) scene.set('big', `${index} ${value}`);
    release();
    const { changes } = scene.replica('main');
    await scene.until(() => scene.storedChanges() === changes);
    const doc = new Y.Doc();
    for (const update of log) Y.applyUpdate(doc, update);
    expect(doc.store.pendingStructs).toBeNull();
    expect(doc.getMap('map').get('waiting')).toBe(1);
    expect(doc.getMap('map').get('big')).toBe(scene.get('big'));
    await scene.writer.end({ isOrderly: true });
  });

  test('a queue drops the document that has most, whole, and takes nothing more of it until it is emptied', () => {
    const queue = new BatchQueue(4000);
    const record = (document: string, bytes: number) => ({
      document,
      update: new Uint8Array(bytes),
      origins: new Map(),
      isTakeover: false,
    });
    queue.add(record('small', 500));
    queue.add(record('large', 2000));
    queue.add(record('large', 2000));
    queue.add(record('large', 10));
    queue.add(record('small', 10));
    const { records, dropped } = queue.take();
    expect(records.map(({ document, update }) => `${document} ${update.length}`)).toEqual(['small 500', 'small 10']);
    expect([...dropped.keys()]).toEqual(['large']);
    expect(queue.bytes).toBe(0);
    queue.add(record('large', 10));
    expect(queue.take()).toMatchObject({ records: [{ document: 'large' }], dropped: new Map() });
  });

  test('batches keep the order and end at their size; a larger record goes alone', () => {
    const sizes = [3, 5, 9, 1].map((mib) => mib * MIB);
    const records = sizes.map((bytes) => ({ document: 'd', update: new Uint8Array(bytes), origins: new Map(), isTakeover: false }));
    const batches = [...batchesOf(records)].map((batch) => batch.map(({ update }) => update.length / MIB));
    expect(batches).toEqual([[3, 5], [9], [1]]);
    expect([...batchesOf([])]).toEqual([]);
  });
});

test('what is left pending by the network is in no state that is given away, and in no snapshot', async () => {
  const scene = new PenScene();
  scene.set('a', 1);
  await scene.takeOver();
  const other = new Y.Doc();
  const updates: Uint8Array[] = [];
  other.on('update', (update: Uint8Array) => void updates.push(update));
  other.getMap('map').set('x', 1);
  other.getMap('map').set('x', 2);
  Y.applyUpdate(scene.replica('main').doc, updates[1] ?? new Uint8Array());
  expect(scene.replica('main').hasPending()).toBe(true);
  const [main] = await scene.writer.states();
  expect(contentOf(main?.bytes ?? new Uint8Array())).toEqual({ a: 1 });
  await scene.writer.compact();
  expect(scene.stateOnDisk().snapshotBytes).toBe(0);
  Y.applyUpdate(scene.replica('main').doc, updates[0] ?? new Uint8Array());
  await scene.writer.compact();
  expect(scene.stateOnDisk().snapshotBytes).toBeGreaterThan(0);
  await scene.writer.end({ isOrderly: true });
  expect((await scene.reopened()).get('x')).toBe(2);
});
