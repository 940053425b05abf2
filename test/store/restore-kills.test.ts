/** A restore whose process is killed at each of its steps: afterwards the store is wholly the old one or wholly the new one. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readStoreNote } from '../../storage/store-note.js';
import { bytes, owner, record } from '../contract/store.js';
import { startLevelStore, stopLevelStore, temporaryDirectory } from '../storage/temporary.js';

const PROCESS = join(import.meta.dirname, 'restore-process.mjs');

test('a restore that is killed at any step leaves the old store or the new one, and the next can write', async () => {
  const all = restoreIn(await oldStore(), 0);
  const names = all.out.trim().split('\n');
  expect(all).toMatchObject({ signal: null, status: 0 });
  expect(names.length).toBeGreaterThan(9);
  const decided = names.indexOf('decide');
  for (let step = 1; step < names.length; step++) {
    const directory = await oldStore();
    expect(restoreIn(directory, step).signal).toBe('SIGKILL');
    const isNew = step > decided + 1;
    const store = await startLevelStore(directory);
    expect([step, store.documents().map(({ name }) => name)]).toEqual([step, isNew ? ['main'] : ['main', 'notes']]);
    const { snapshot, updates, damage } = await store.load('main');
    expect({ snapshot, updates, damage }).toEqual(
      isNew ? { snapshot: Uint8Array.of(7, 8, 9), updates: [], damage: [] } : { snapshot: undefined, updates: [bytes(1)], damage: [] },
    );
    await store.append(10, [record('main', 5)]);
    await stopLevelStore(store);
    expect(await readStoreNote(directory)).not.toHaveProperty('next');
    // What a kill left is in nobody's way.
    expect(restoreIn(directory, 0).status).toBe(0);
  }
}, 60_000);

async function oldStore(): Promise<string> {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.announceOwner(owner(4));
  await store.append(4, [record('main', 1), record('notes', 2)]);
  await stopLevelStore(store);
  return directory;
}

function restoreIn(
  directory: string,
  killedAt: number,
): { readonly signal: NodeJS.Signals | null; readonly status: number | null; readonly out: string } {
  const { signal, status, stdout } = spawnSync(process.execPath, [PROCESS, directory, String(killedAt)], { encoding: 'utf8' });
  return { signal, status, out: stdout };
}
