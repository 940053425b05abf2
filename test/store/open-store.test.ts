import { appendFile, mkdir, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { Y, openStore } from '../../src/store.js';
import { digestOf } from '../../src/replica/digest.js';
import { encodeBundle } from '../../storage/bundle.js';
import type { Bundle } from '../../storage/bundle.js';
import { owner } from '../contract/store.js';
import { GROUP, startLevelStore, stopLevelStore, temporaryDirectory } from '../storage/temporary.js';

function documentWith(entries: Readonly<Record<string, unknown>>): Y.Doc {
  const doc = new Y.Doc();
  for (const [key, value] of Object.entries(entries)) doc.getMap('presets').set(key, value);
  return doc;
}

/** A snapshot and a log above it, closed in order. */
async function storeDirectory({ isClean = true } = {}): Promise<{ readonly directory: string; readonly doc: Y.Doc }> {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.announceOwner(owner(3));
  const doc = documentWith({ pad: 1 });
  const update = (change: () => void): Uint8Array => {
    const before = Y.encodeStateVector(doc);
    change();
    return Y.encodeStateAsUpdate(doc, before);
  };
  const record = (bytes: Uint8Array) => ({ document: 'main', update: bytes, origins: new Map(), isTakeover: false });
  await store.append(3, [record(Y.encodeStateAsUpdate(doc))]);
  await store.replace(3, { document: 'main', state: Y.encodeStateAsUpdateV2(doc), stateVector: Y.encodeStateVector(doc), through: 1 });
  await store.append(3, [record(update(() => doc.getMap('presets').set('bass', 2)))]);
  await store.append(3, [record(update(() => doc.getMap('presets').delete('pad')))]);
  await stopLevelStore(store, isClean);
  return { directory, doc };
}

async function fingerprint(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory, { recursive: true, encoding: 'utf8' })).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      const { mtimeMs, size, ino } = await stat(path);
      const hash = (await stat(path)).isFile()
        ? createHash('sha256')
            .update(await readFile(path))
            .digest('hex')
        : '';
      return `${name} ${ino} ${size} ${mtimeMs} ${hash}`;
    }),
  );
}

function bundle(doc: Y.Doc, purpose: Bundle['purpose'] = 'backup'): Uint8Array {
  const documents = [{ name: 'main', encoding: 'state' as const, bytes: Y.encodeStateAsUpdateV2(doc) }];
  return encodeBundle({ purpose, group: GROUP, storeId: '1'.repeat(32), term: 5, at: 1, packageVersion: '0.0.0', documents });
}

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryDirectory(), 'a file.socomm');
  await writeFile(path, bytes);
  return path;
}

describe('a store that nobody runs', () => {
  test('is read and verified without changing a byte, and no copy stays', async () => {
    const { directory, doc } = await storeDirectory();
    const before = await fingerprint(directory);
    const workspace = await temporaryDirectory();
    vi.stubEnv('TMPDIR', workspace);
    onTestFinished(() => void vi.unstubAllEnvs());
    const store = await openStore(directory);
    expect(store).toMatchObject({ path: directory, kind: 'store', group: GROUP, term: 3, wasClean: true });
    expect(store.storeId).toMatch(/^[0-9a-f]{32}$/);
    expect(store.documents()).toEqual([{ name: 'main', bytes: expect.any(Number) as number }]);
    const main = await store.read('main');
    expect(digestOf(main)).toBe(digestOf(doc));
    expect(main.getMap('presets').toJSON()).toEqual({ bass: 2 });
    expect((await store.read('none')).share.size).toBe(0);
    expect(await store.verify()).toEqual({ isSound: true, findings: [], blobBytes: 0, documents: 1, blobs: 0, spills: 0, checkpoints: 0 });
    await Promise.all([store.close(), store.close()]);
    await expect(store.read('main')).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
    expect(await fingerprint(directory)).toEqual(before);
    expect(await readdir(workspace)).toEqual([]);
  });

  test('says when its last writer did not close it', async () => {
    const store = await openStore((await storeDirectory({ isClean: false })).directory);
    expect(store.wasClean).toBe(false);
    expect((await store.verify()).isSound).toBe(true);
    await store.close();
  });

  test('is not opened while a writer lives, nor where there is none', async () => {
    const directory = await temporaryDirectory();
    const writer = await startLevelStore(directory);
    await expect(openStore(directory)).rejects.toMatchObject({ code: 'SOCOMM_STORE_IN_USE' });
    await stopLevelStore(writer);
    await expect(openStore(await temporaryDirectory())).rejects.toMatchObject({ code: 'SOCOMM_DIRECTORY_INVALID' });
    await expect(openStore(join(directory, 'none'))).rejects.toMatchObject({ code: 'SOCOMM_DIRECTORY_INVALID' });
    await expect(openStore('')).rejects.toThrow(TypeError);
  });

  test('with one flipped byte anywhere in its data is never silently wrong', async () => {
    const { directory, doc } = await storeDirectory();
    const level = join(directory, 'level');
    const names = (await readdir(level)).filter((name) => /\.(log|ldb)$/.test(name));
    let flips = 0;
    for (const name of names) {
      const sound = await readFile(join(level, name));
      for (let at = 3; at < sound.length; at += 29) {
        const bad = Uint8Array.from(sound);
        bad[at]! ^= 0x10;
        await writeFile(join(level, name), bad);
        flips++;
        const seen = await look(directory);
        // Told, or without meaning: what is read then is what was written.
        expect([name, at, seen.isTold || seen.digest === digestOf(doc)]).toEqual([name, at, true]);
      }
      await writeFile(join(level, name), sound);
    }
    expect(flips).toBeGreaterThan(8);
    expect(await look(directory)).toEqual({ isTold: false, digest: digestOf(doc) });
  });

  test('whose document does not verify is read only by who takes up the damage', async () => {
    const { directory } = await storeDirectory();
    const level = join(directory, 'level');
    const log = (await readdir(level)).find((name) => name.endsWith('.log')) ?? '';
    await truncate(join(level, log), Math.floor((await stat(join(level, log))).size / 2));
    const store = await openStore(directory);
    await expect(store.read('main')).rejects.toMatchObject({ code: 'SOCOMM_STORE_DAMAGED' });
    const damage: string[] = [];
    await store.read('main', { onDamage: (what) => damage.push(what) });
    expect(damage.length).toBeGreaterThan(0);
    expect((await store.verify()).isSound).toBe(false);
    await store.close();
  });

  test('is verified with its spills, checkpoints and notes', async () => {
    const { directory, doc } = await storeDirectory();
    for (const folder of ['spill', 'checkpoints']) {
      await mkdir(join(directory, folder));
      await writeFile(join(directory, folder, 'good.socomm'), bundle(doc));
      await writeFile(join(directory, folder, 'bad.socomm'), bundle(doc).fill(1, 20, 22));
    }
    await writeFile(join(directory, 'owner.json'), '{');
    const store = await openStore(directory);
    const { isSound, findings, spills, checkpoints } = await store.verify();
    expect({ isSound, spills, checkpoints }).toEqual({ isSound: false, spills: 2, checkpoints: 2 });
    expect(findings.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['spill bad', 'checkpoint bad', 'note owner.json']);
    await store.close();
  });

  test('is left when the signal says so', async () => {
    const { directory } = await storeDirectory();
    const reason = new Error('enough');
    await expect(openStore(directory, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const ending = new AbortController();
    const store = await openStore(directory, { signal: ending.signal });
    ending.abort(reason);
    await expect(store.verify()).rejects.toBe(reason);
    await store.close();
  });
});

describe('a backup', () => {
  test('is read like a store', async () => {
    const doc = documentWith({ pad: 1 });
    const store = await openStore(await fileOf(bundle(doc)));
    expect(store).toMatchObject({ kind: 'backup', group: GROUP, storeId: '1'.repeat(32), term: 5, wasClean: true });
    expect(digestOf(await store.read('main'))).toBe(digestOf(doc));
    expect(await store.verify()).toMatchObject({ isSound: true, documents: 1 });
    await store.close();
  });

  test('with any byte changed, cut off or added is refused', async () => {
    const sound = bundle(documentWith({ pad: 1 }));
    const path = await fileOf(sound);
    for (let at = 0; at < sound.length; at++) {
      await writeFile(
        path,
        Uint8Array.from(sound, (byte, index) => (index === at ? byte ^ 0x40 : byte)),
      );
      await expect(openStore(path)).rejects.toMatchObject({ code: 'SOCOMM_BACKUP_DAMAGED' });
      await writeFile(path, sound.subarray(0, at));
      await expect(openStore(path)).rejects.toMatchObject({ code: 'SOCOMM_BACKUP_DAMAGED' });
    }
    await writeFile(path, sound);
    await appendFile(path, 'x');
    await expect(openStore(path)).rejects.toMatchObject({ code: 'SOCOMM_BACKUP_DAMAGED' });
    await rm(path);
    await expect(openStore(path)).rejects.toMatchObject({ code: 'SOCOMM_DIRECTORY_INVALID' });
  });

  test('that verifies and holds no document is told', async () => {
    const documents = [{ name: 'main', encoding: 'state' as const, bytes: Uint8Array.of(1, 2, 3) }];
    const path = await fileOf(
      encodeBundle({ purpose: 'backup', group: GROUP, storeId: '', term: 1, at: 1, packageVersion: '', documents }),
    );
    const store = await openStore(path);
    await expect(store.read('main')).rejects.toMatchObject({ code: 'SOCOMM_BACKUP_DAMAGED' });
    expect(await store.verify()).toMatchObject({ isSound: false, findings: [{ kind: 'document', name: 'main' }] });
    await store.close();
  });
});

async function look(directory: string): Promise<{ readonly isTold: boolean; readonly digest: string }> {
  try {
    const store = await openStore(directory);
    const damage: string[] = [];
    const doc = await store.read('main', { onDamage: (what) => damage.push(what) });
    const { isSound } = await store.verify();
    await store.close();
    return { isTold: damage.length > 0 || !isSound, digest: digestOf(doc) };
  } catch (error) {
    expect(error).toMatchObject({ code: 'SOCOMM_STORE_DAMAGED' });
    return { isTold: true, digest: '' };
  }
}
