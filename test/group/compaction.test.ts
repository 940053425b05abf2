/** When a snapshot takes the place of a log, and when it must not. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';
import * as Y from 'yjs';

import { TRIAL_IN_WORKER_BYTES_MIN } from '../../src/replica/trial.js';
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
  const append = scene.store.append.bind(scene.store);
  scene.store.append = async (term, records) => {
    await append(term, records);
    // It comes when the batch is written, and before anybody knows that.
    if (scene.stateOnDisk().logBytes > 1000 && scene.get('late') === undefined) scene.set('late', 1);
  };
  const recordedAbove: number[] = [];
  const replace = scene.store.replace.bind(scene.store);
  scene.store.replace = (term, snapshot) => {
    const doc = new Y.Doc();
    Y.applyUpdateV2(doc, snapshot.state);
    expect(doc.getMap('map').get('late')).toBe(1);
    recordedAbove.push(scene.store.lastRecord('main') - snapshot.through);
    return replace(term, snapshot);
  };
  scene.set('medium', 'm'.repeat(1000));
  await scene.until(() => recordedAbove.length > 0);
  expect(recordedAbove).toEqual([1]);
  await scene.writer.end({ isOrderly: true });
  expect((await scene.reopened()).get('late')).toBe(1);
});

test('a snapshot that does not give back what it was taken of replaces nothing, is told, and is tried again when the log is twice as long', async () => {
  const scene = new PenScene({ logBytesBeforeSnapshot: 1000 });
  const replica = scene.replica('main');
  const digest = replica.digest.bind(replica);
  replica.digest = () => 'what no trial gives';
  scene.set('a', 1);
  await scene.takeOver();
  const value = 'v'.repeat(200);
  for (let index = 0; scene.refused.length === 0; index++) await write(scene, 'x', `${value}${index}`);
  const { logBytes, snapshotBytes } = scene.stateOnDisk();
  expect(snapshotBytes).toBe(0);
  replica.digest = digest;
  while (scene.stateOnDisk().snapshotBytes === 0) {
    expect(scene.stateOnDisk().logBytes).toBeLessThanOrEqual(2 * logBytes + 1000);
    await write(scene, 'x', `${value}later`);
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
  scene.set('x', 'v'.repeat(500));
  await scene.until(() => release !== undefined);
  for (let index = 0; index < 10; index++) scene.set('y', index);
  const { changes } = scene.replica('main');
  expect(scene.storedChanges()).toBeLessThan(changes);
  release?.();
  await scene.until(() => scene.storedChanges() === changes);
  await scene.writer.end({ isOrderly: true });
  expect((await scene.reopened()).get('y')).toBe(9);
});
