/** Backups of a group that goes on writing, by real peers on a real disk. */

import { readdir, rm, writeFile } from 'node:fs/promises';
import { join as pathOf } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import type { Instance } from '../../src/instance.js';
import { join } from '../../src/join.js';
import { openStore } from '../../src/store.js';
import { temporaryDirectory } from '../storage/temporary.js';

const GROUP = 'com.acme.synth';

async function two(): Promise<{ readonly folder: string; readonly instances: readonly [Instance, Instance] }> {
  const folder = await temporaryDirectory();
  const options = { directory: pathOf(folder, 's'), runtimeDirectory: pathOf(folder, 'r'), replica: 'own' } as const;
  const instances = [await join(GROUP, options), await join(GROUP, { ...options, storage: 'never' })] as const;
  onTestFinished(async () => {
    for (const instance of instances) await instance.close();
  });
  return { folder, instances };
}

/** In one transaction, so that one without the other was never there. */
function writePair(instance: Instance, value: number): void {
  const pairs = instance.doc.getMap('pairs');
  instance.transact(() => {
    pairs.set(`${instance.id} left`, value);
    pairs.set(`${instance.id} right`, value);
  });
}

test('a backup is of one moment, holds what was written before it, and writes go on meanwhile', async () => {
  const { folder, instances } = await two();
  let written = 0;
  const enough = new AbortController();
  const writing = (async () => {
    for (; !enough.signal.aborted; written++) {
      for (const instance of instances) writePair(instance, written);
      await new Promise(setImmediate);
    }
  })();
  for (const [round, asker] of [...instances, ...instances, ...instances].entries()) {
    const before = written;
    writePair(asker, before);
    const path = pathOf(folder, `${round}.socomm`);
    const made = await asker.backup(path);
    expect(made).toMatchObject({ path, documents: 1, at: expect.any(Number) as number });
    const backup = await openStore(path);
    const pairs = (await backup.read('main')).getMap('pairs');
    for (const { id } of instances) expect(pairs.get(`${id} left`)).toBe(pairs.get(`${id} right`));
    expect(pairs.get(`${asker.id} left`)).toBeGreaterThanOrEqual(before);
    expect((await backup.verify()).isSound).toBe(true);
    await backup.close();
  }
  enough.abort();
  await writing;
  expect(written).toBeGreaterThan(20);
});

test('a backup that cannot be written leaves nothing, and neither is anything written over', async () => {
  const { folder, instances } = await two();
  const [, follower] = instances;
  await writeFile(pathOf(folder, 'there'), 'mine');
  await expect(follower.backup(pathOf(folder, 'there'))).rejects.toMatchObject({ code: 'SOCOMM_TARGET_EXISTS' });
  await expect(follower.backup(pathOf(folder, 'none', 'x'))).rejects.toMatchObject({ code: 'SOCOMM_TARGET_INVALID' });
  await expect(follower.backup('')).rejects.toThrow(TypeError);
  const reason = new Error('enough');
  await expect(follower.backup(pathOf(folder, 'y'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const both = await Promise.allSettled(instances.map((instance) => instance.backup(pathOf(folder, 'one'))));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await rm(pathOf(folder, 'one'));
  expect((await readdir(folder)).sort()).toEqual(['r', 's', 'there']);
});
