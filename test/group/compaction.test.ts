/** When a snapshot takes the place of a log, and when it must not. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';
import * as Y from 'yjs';

import { SNAPSHOT_REST_MS } from '../../src/compaction.js';
import { TRIAL_IN_WORKER_BYTES_MIN, TRIAL_IN_WORKER_STRUCTS_MIN } from '../../src/replica/trial.js';
import {
  LOG_BYTES_BEFORE_SNAPSHOT,
  LOG_BYTES_WITHOUT_REST_MAX,
  LOG_GROWTH_MAX,
  LOG_RECORDS_WITHOUT_REST_MAX,
  lengthOfLog,
} from '../../src/writing/log-length.js';
import { PenScene, heldDisk } from './pen-scene.js';

const folder = mkdtempSync(join(tmpdir(), 'socomm-compaction-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Says it has begun, and then what is asked of it; nothing at all where it hangs. */
function worker(name: string, answer?: 'faithful' | 'unfaithful'): string {
  const file = join(folder, `${name}.mjs`);
  const say = answer === undefined ? 'for (;;);' : `parentPort.postMessage('${answer}');`;
  writeFileSync(file, `import { parentPort } from 'node:worker_threads';\nparentPort.postMessage('begun');\n${say}\n`);
  return file;
}

const BIG = 'b'.repeat(TRIAL_IN_WORKER_BYTES_MIN);

async function write(scene: PenScene, key: string, value: unknown): Promise<void> {
  scene.set(key, value);
  const { changes } = scene.replica('main');
  await scene.until(() => scene.storedChanges() === changes);
}

/** Writes as often as somebody who never rests: no two of it are as far apart as a rest is long. */
async function writeOn(scene: PenScene, key: string, value: unknown): Promise<void> {
  await write(scene, key, value);
  await scene.clock.advance(SNAPSHOT_REST_MS / 10);
}

async function rest(scene: PenScene): Promise<void> {
  await scene.clock.advance(SNAPSHOT_REST_MS);
}

describe('a snapshot', () => {
  const bound = 1000;
  const value = 'v'.repeat(200);

  test('is not made while batches keep coming, and is made at the first rest', async () => {
    const scene = new PenScene({ logBytesBeforeSnapshot: bound });
    scene.set('a', 1);
    await scene.takeOver();
    while (scene.stateOnDisk().logBytes < (LOG_GROWTH_MAX - 1) * bound) await writeOn(scene, 'x', value);
    expect(scene.stateOnDisk().snapshotBytes).toBe(0);
    await scene.clock.advance(SNAPSHOT_REST_MS - SNAPSHOT_REST_MS / 10 - 1);
    expect(scene.stateOnDisk().snapshotBytes).toBe(0);
    await scene.clock.advance(1);
    expect(scene.stateOnDisk()).toMatchObject({ logRecords: 0 });
    expect(scene.stateOnDisk().snapshotBytes).toBeGreaterThan(0);
    await scene.writer.end({ isOrderly: true });
    expect((await scene.reopened()).get('x')).toBe(value);
  });

  test('is made in the midst of writing that never rests, before the log is much longer than 8 times its bound', async () => {
    const scene = new PenScene({ logBytesBeforeSnapshot: bound });
    scene.set('a', 1);
    await scene.takeOver();
    let longest = 0;
    let snapshots = 0;
    for (let count = 0; count < 300; count++) {
      const { logBytes } = scene.stateOnDisk();
      await writeOn(scene, 'x', `${value}${count}`);
      longest = Math.max(longest, scene.stateOnDisk().logBytes);
      if (scene.stateOnDisk().logBytes < logBytes) snapshots++;
    }
    expect(longest).toBeGreaterThan((LOG_GROWTH_MAX - 1) * bound);
    expect(longest).toBeLessThan((LOG_GROWTH_MAX + 1) * bound);
    expect(snapshots).toBeGreaterThan(5);
    await scene.writer.end({ isOrderly: true });
    expect((await scene.reopened()).get('x')).toBe(`${value}299`);
  });

  test('is made of each document that is due, one after the other, in one rest', async () => {
    const scene = new PenScene({ logBytesBeforeSnapshot: bound });
    const names = ['main', 'other', 'third'];
    for (const name of names) scene.set('a', 1, name);
    await scene.takeOver();
    for (const name of names) scene.set('x', 'x'.repeat(2 * bound), name);
    await scene.until(() => names.every((name) => scene.storedChanges(name) === 2));
    await rest(scene);
    for (const name of names) expect(scene.stateOnDisk(name)).toMatchObject({ logRecords: 0 });
    await scene.writer.end({ isOrderly: true });
  });

  test('that is waited for keeps one timer, is called off by the end of the office, and costs a store with short logs none', async () => {
    const scene = new PenScene({ logBytesBeforeSnapshot: bound });
    scene.set('a', 1);
    await scene.takeOver();
    await write(scene, 'x', 1);
    expect(scene.clock.pendingCount).toBe(0);
    for (let index = 0; index < 10; index++) await write(scene, 'x', value);
    expect(scene.clock.pendingCount).toBe(1);
    await scene.writer.end({ isOrderly: true });
    expect(scene.clock.pendingCount).toBe(0);
    expect(scene.disk.documents.get('main')?.snapshot).toBeUndefined();
  });

  test('of many structs is tried in a worker, however few bytes it has: what was overwritten in turn takes its time to read', async () => {
    const scene = new PenScene({ logBytesBeforeSnapshot: bound, trialWorkerFile: worker('refuses', 'unfaithful') });
    scene.set('a', 1);
    await scene.takeOver();
    for (let count = 0; count < TRIAL_IN_WORKER_STRUCTS_MIN; count++) scene.set(count % 2 === 0 ? 'x' : 'y', count);
    await scene.until(() => scene.refused.length > 0);
    expect(scene.replica('main').snapshot().length).toBeLessThan(bound);
    expect(scene.refused).toEqual(['main']);
    await scene.writer.end({ isOrderly: true });
  });

  test('of few structs is tried without one, however long its log is: a thread has its price, and under load it would come several times a second', async () => {
    const scene = new PenScene({ logBytesBeforeSnapshot: bound, trialWorkerFile: worker('would refuse', 'unfaithful') });
    scene.set('a', 1);
    await scene.takeOver();
    const half = BIG.slice(BIG.length / 2);
    // Three times the half, of which one is left.
    for (let count = 0; count < 3; count++) scene.set('x', `${half}${count}`);
    await scene.until(() => scene.stateOnDisk().snapshotBytes > 0);
    expect(scene.refused).toEqual([]);
    await scene.writer.end({ isOrderly: true });
  });

  test.each([
    ['a short log', LOG_BYTES_BEFORE_SNAPSHOT, LOG_BYTES_BEFORE_SNAPSHOT, 10, 'short'],
    ['a log above its bound', LOG_BYTES_BEFORE_SNAPSHOT + 1, LOG_BYTES_BEFORE_SNAPSHOT, 10, 'due'],
    ['a log of 8 times its bound', LOG_GROWTH_MAX * LOG_BYTES_BEFORE_SNAPSHOT + 1, LOG_BYTES_BEFORE_SNAPSHOT, 10, 'overdue'],
    ['a log beside a large snapshot', LOG_BYTES_WITHOUT_REST_MAX + 1, LOG_BYTES_WITHOUT_REST_MAX - 1, 10, 'overdue'],
    ['a log beside a larger one', LOG_BYTES_WITHOUT_REST_MAX + 1, LOG_BYTES_WITHOUT_REST_MAX + 1, 10, 'short'],
    ['many records', LOG_BYTES_BEFORE_SNAPSHOT + 1, LOG_BYTES_BEFORE_SNAPSHOT, LOG_RECORDS_WITHOUT_REST_MAX + 1, 'overdue'],
    ['many records below the bound', LOG_BYTES_BEFORE_SNAPSHOT, LOG_BYTES_BEFORE_SNAPSHOT, LOG_RECORDS_WITHOUT_REST_MAX + 1, 'short'],
  ])('waits for what the length of its log says: %s', (_, logBytes, boundBytes, logRecords, expected) => {
    expect(lengthOfLog({ logBytes, logRecords }, boundBytes)).toBe(expected);
  });
});

test('a trial that hangs holds up no batch, and closing ends it and replaces nothing', async () => {
  const scene = new PenScene({ logBytesBeforeSnapshot: 1000, trialWorkerFile: worker('hangs') });
  scene.set('a', 1);
  await scene.takeOver();
  await write(scene, 'big', BIG);
  for (let index = 0; index < 20; index++) await write(scene, 'small', index);
  expect(scene.stateOnDisk()).toMatchObject({ snapshotBytes: 0, logRecords: 22 });
  expect(scene.clock.pendingCount).toBe(1);
  await scene.writer.end({ isOrderly: true });
  expect(scene.clock.pendingCount).toBe(0);
  expect(scene.refused).toEqual([]);
  expect(scene.disk.documents.get('main')?.snapshot).toBeUndefined();
  expect((await scene.reopened()).get('small')).toBe(19);
});

test('what is written while the worker tries stays in the log when the snapshot takes its place', async () => {
  const scene = new PenScene({ logBytesBeforeSnapshot: 1000, trialWorkerFile: worker('answers', 'faithful') });
  scene.set('a', 1);
  await scene.takeOver();
  const replaced: number[] = [];
  const replace = scene.store.replace.bind(scene.store);
  scene.store.replace = (term, snapshot) => {
    replaced.push(scene.store.lastRecord('main') - snapshot.through);
    return replace(term, snapshot);
  };
  await write(scene, 'big', BIG);
  let count = 0;
  while (replaced.length === 0) await write(scene, 'small', ++count);
  expect(replaced[0]).toBeGreaterThan(0);
  await scene.writer.end({ isOrderly: true });
  expect((await scene.reopened()).get('small')).toBe(count);
});

test('what a snapshot holds and no record yet is recorded before the snapshot takes its place: the older generation needs it', async () => {
  const scene = new PenScene({ logBytesBeforeSnapshot: 1000 });
  scene.set('a', 1);
  await scene.takeOver();
  const log = new Y.Doc();
  Y.applyUpdate(log, Y.encodeStateAsUpdate(scene.replica('main').doc));
  const append = scene.store.append.bind(scene.store);
  let late = 0;
  scene.store.append = async (term, records) => {
    for (const { update } of records) Y.applyUpdate(log, update);
    await append(term, records);
    // It comes when the batch is written, and before anybody knows that: also of the batch right before the snapshot is taken.
    if (late < 3) scene.set('late', ++late);
  };
  const lateOf = (doc: Y.Doc): number => doc.getMap<number>('map').get('late') ?? 0;
  const recordedAbove: number[] = [];
  const missing: number[] = [];
  const replace = scene.store.replace.bind(scene.store);
  scene.store.replace = (term, snapshot) => {
    const doc = new Y.Doc();
    Y.applyUpdateV2(doc, snapshot.state);
    missing.push(Math.max(lateOf(doc) - lateOf(log), 0));
    recordedAbove.push(scene.store.lastRecord('main') - snapshot.through);
    return replace(term, snapshot);
  };
  scene.set('long', 'l'.repeat(LOG_GROWTH_MAX * 1000));
  await scene.until(() => recordedAbove.length > 0);
  expect(recordedAbove[0]).toBeGreaterThan(0);
  expect(missing).toEqual([0]);
  await scene.until(() => scene.storedChanges() === scene.replica('main').changes);
  await scene.writer.end({ isOrderly: true });
  expect((await scene.reopened()).get('late')).toBe(3);
});

test('a snapshot that does not give back what it was taken of replaces nothing, is told, and is tried again at a rest when the log is twice as long', async () => {
  const scene = new PenScene({ logBytesBeforeSnapshot: 1000 });
  const replica = scene.replica('main');
  const digest = replica.digest.bind(replica);
  replica.digest = () => 'what no trial gives';
  scene.set('a', 1);
  await scene.takeOver();
  const value = 'v'.repeat(200);
  for (let index = 0; scene.refused.length === 0; index++) {
    await write(scene, 'x', `${value}${index}`);
    await rest(scene);
  }
  const { logBytes, snapshotBytes } = scene.stateOnDisk();
  expect(snapshotBytes).toBe(0);
  replica.digest = digest;
  while (scene.stateOnDisk().snapshotBytes === 0) {
    expect(scene.stateOnDisk().logBytes).toBeLessThanOrEqual(2 * logBytes + 1000);
    await write(scene, 'x', `${value}later`);
    await rest(scene);
  }
  expect(scene.refused).toEqual(['main']);
  await scene.writer.end({ isOrderly: true });
  expect((await scene.reopened()).get('x')).toBe(`${value}later`);
});

/** Two changes, the second of which builds on the first. */
function chainedUpdates(): readonly [Uint8Array, Uint8Array] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => void updates.push(update));
  doc.getMap('map').set('x', 1);
  doc.getMap('map').set('x', 2);
  return updates as unknown as readonly [Uint8Array, Uint8Array];
}

test('a log with a gap stays until what is missing has come from a peer, and gives way then', async () => {
  const [missing, building] = chainedUpdates();
  const first = new PenScene();
  first.set('a', 1);
  await first.takeOver();
  await first.writer.end({ isOrderly: true });
  const { store } = first;
  store.lock.tryAcquire();
  await store.open();
  await store.append(1, [{ document: 'main', update: building, origins: new Map(), isTakeover: false }]);
  await store.close({ clean: true });
  store.lock.release();

  const scene = new PenScene({ disk: first.disk, logBytesBeforeSnapshot: 10 });
  scene.replica('main');
  await scene.takeOver();
  // The engine sets aside what nobody has.
  scene.replica('main').setAside();
  await write(scene, 'b', 'while it is torn');
  await scene.writer.compact();
  expect(scene.stateOnDisk().snapshotBytes).toBe(0);
  Y.applyUpdate(scene.replica('main').doc, missing);
  await scene.writer.compact();
  // The first change alone is not all that the log has.
  expect(scene.stateOnDisk().snapshotBytes).toBe(0);
  Y.applyUpdate(scene.replica('main').doc, building);
  await scene.writer.compact();
  expect(scene.stateOnDisk()).toMatchObject({ logRecords: 0 });
  await scene.writer.end({ isOrderly: true });
  expect((await scene.reopened()).get('x')).toBe(2);
});

test('what the network left pending before the loading is no gap of the store', async () => {
  const [missing, building] = chainedUpdates();
  const first = new PenScene();
  first.set('a', 1);
  await first.takeOver();
  await first.writer.end({ isOrderly: true });
  const scene = new PenScene({ disk: first.disk, logBytesBeforeSnapshot: 10 });
  Y.applyUpdate(scene.replica('main').doc, building);
  await scene.takeOver();
  expect(scene.replica('main').hasPending()).toBe(true);
  const load = scene.store.load.bind(scene.store);
  let loads = 0;
  scene.store.load = (document) => {
    loads++;
    return load(document);
  };
  Y.applyUpdate(scene.replica('main').doc, missing);
  await write(scene, 'b', 'enough for a snapshot');
  await scene.until(() => scene.stateOnDisk().logRecords === 0);
  expect(loads).toBe(0);
  await scene.writer.end({ isOrderly: true });
  expect((await scene.reopened()).get('x')).toBe(2);
});

test('a disk that hangs over a snapshot delays what is written meanwhile by that one write, and loses none of it', async () => {
  const held = heldDisk();
  const scene = new PenScene({ disk: held.disk, logBytesBeforeSnapshot: 100 });
  scene.set('a', 1);
  await scene.takeOver();
  let release: (() => void) | undefined;
  const replace = scene.store.replace.bind(scene.store);
  scene.store.replace = (term, snapshot) => {
    release ??= held.hold();
    return replace(term, snapshot);
  };
  await write(scene, 'x', 'v'.repeat(500));
  await rest(scene);
  await scene.until(() => release !== undefined);
  for (let index = 0; index < 10; index++) scene.set('y', index);
  const { changes } = scene.replica('main');
  expect(scene.storedChanges()).toBeLessThan(changes);
  release?.();
  await scene.until(() => scene.storedChanges() === changes);
  await scene.writer.end({ isOrderly: true });
  expect((await scene.reopened()).get('y')).toBe(9);
});
