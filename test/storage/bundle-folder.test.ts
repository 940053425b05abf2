/** A folder of bundles on a real disk: each is there whole or not at all, and nothing of a live peer is swept. */

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { FileBundleFolder } from '../../storage/bundle-folder.js';

let store: string;
let folder: FileBundleFolder;
const BYTES = Uint8Array.of(1, 2, 3);

beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'socomm-b-'));
  folder = new FileBundleFolder(join(store, 'spill'));
});

afterEach(() => rmSync(store, { recursive: true, force: true }));

it('is empty before anything was written, and makes no folder for looking', async () => {
  expect(await folder.list()).toEqual([]);
  expect(await folder.read('a.1')).toBeUndefined();
  expect(await folder.size('a.1')).toBe(0);
  await folder.remove('a.1');
  await folder.sweep(() => true);
  expect(readdirSync(store)).toEqual([]);
});

it('gives back what was written, at once or in its time, and forgets what was removed', async () => {
  await folder.write('b.1', BYTES);
  folder.writeSync('a.1', BYTES.subarray(1));
  expect(await folder.list()).toEqual(['a.1', 'b.1']);
  expect(Uint8Array.from((await folder.read('b.1')) ?? [])).toEqual(BYTES);
  expect(await folder.size('a.1')).toBe(2);
  await folder.remove('b.1');
  expect(await folder.list()).toEqual(['a.1']);
});

it('never makes the directory that it lies in: where the store is gone, writing fails', async () => {
  rmSync(store, { recursive: true });
  await expect(folder.write('a.1', BYTES)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(() => folder.writeSync('a.1', BYTES)).toThrow(/ENOENT/);
  expect(existsSync(store)).toBe(false);
});

it('sweeps what was left unfinished by those of whom it is told that they are dead, and nothing else', async () => {
  await folder.write('dead.1', BYTES);
  for (const name of ['dead.2', 'alive.1']) writeFileSync(join(folder.location, `${name}.socomm.new`), BYTES);
  writeFileSync(join(folder.location, 'notes.txt'), 'of somebody');
  expect(await folder.list()).toEqual(['dead.1']);
  await folder.sweep((name) => name.startsWith('dead'));
  expect(readdirSync(folder.location).sort()).toEqual(['alive.1.socomm.new', 'dead.1.socomm', 'notes.txt']);
});

it('moves what does not verify to quarantine beside it, and leaves it where that fails', async () => {
  await folder.write('a.1', BYTES);
  const { keptAs } = await folder.quarantine('a.1', 'it is wrong');
  expect(Uint8Array.from(readFileSync(keptAs ?? ''))).toEqual(BYTES);
  expect(keptAs?.startsWith(join(store, 'quarantine'))).toBe(true);
  expect(await folder.list()).toEqual([]);

  rmSync(join(store, 'quarantine'), { recursive: true });
  writeFileSync(join(store, 'quarantine'), 'no folder');
  await folder.write('a.2', BYTES);
  expect(await folder.quarantine('a.2', 'it is wrong')).toMatchObject({ keptAs: undefined });
  expect(await folder.list()).toEqual(['a.2']);
});
