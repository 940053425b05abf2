/** `socomm merge` of stores with several documents and blobs, and what other commands say of blobs. */

import { openSync, readdirSync, writeSync, closeSync } from 'node:fs';
import { join as joinPath } from 'node:path';

import { expect, test } from 'vitest';

import { isSocommError, join } from '../../src/index.js';
import type { Instance } from '../../src/index.js';
import { noise, sha256 } from '../contract/blob-store.js';
import { runHere } from './in-process.js';
import { Place } from './processes.js';

const GROUP = 'acme';
const SMALL = noise(2_000, 1);
const LARGE = noise(300_000, 2);

/** What somebody does with a group, in its store or a copy of it. */
async function use<Result>(place: Place, work: (instance: Instance) => Promise<Result>, directory?: string): Promise<Result> {
  const instance = await join(GROUP, {
    directory: directory ?? joinPath(place.stores, GROUP),
    runtimeDirectory: joinPath(place.folder, 'r'),
    replica: 'own',
  });
  try {
    return await work(instance);
  } finally {
    await instance.close();
  }
}

async function setIn(instance: Instance, name: string, key: string, value: unknown): Promise<void> {
  const document = await instance.document(name);
  document.transact(() => document.doc.getMap('map').set(key, value));
  await document.flush();
  await document.close();
}

async function contentOf(instance: Instance, name: string): Promise<unknown> {
  const document = await instance.document(name);
  const content = document.doc.getMap('map').toJSON();
  await document.close();
  return content;
}

/** A copy that was taken away: a backup of the group, restored elsewhere. */
async function takenAway(place: Place): Promise<string> {
  const file = joinPath(place.folder, 'b.socomm');
  expect(await runHere(place, 'backup', GROUP, file)).toMatchObject({ code: 0 });
  const away = joinPath(place.folder, 'away');
  expect(await runHere(place, 'restore', GROUP, file, '--directory', away)).toMatchObject({ code: 0 });
  return away;
}

test('merge takes in every document, tells of each, and leaves out what was deleted here', async () => {
  const place = new Place();
  await use(place, async (instance) => {
    for (const name of ['kept', 'deleted-here', 'deleted-there', 'deleted-here-and-made-anew']) await setIn(instance, name, 'before', 1);
  });
  const away = await takenAway(place);
  await use(place, async (instance) => {
    await setIn(instance, 'kept', 'here', 1);
    await instance.deleteDocument('deleted-here');
    await instance.deleteDocument('deleted-here-and-made-anew');
    await setIn(instance, 'deleted-here-and-made-anew', 'anew', 1);
  });
  await use(
    place,
    async (instance) => {
      for (const name of ['kept', 'deleted-here', 'deleted-here-and-made-anew', 'only-there']) await setIn(instance, name, 'there', 1);
      await instance.deleteDocument('deleted-there');
    },
    away,
  );
  const { code, out, err } = await runHere(place, 'merge', GROUP, away);
  // Something was left out.
  expect(code).toBe(4);
  expect(out).toMatch(
    /^kept \/map: 1 entry added, 0 changed, 0 removed\nonly-there \/map: 1 entry added, 0 changed, 0 removed\nmerged; on disk \(term \d+\)\n$/,
  );
  expect(err).toContain('document deleted-here was left out: it was deleted here');
  expect(err).toContain('document deleted-here-and-made-anew was left out: it was deleted here');
  await use(place, async (instance) => {
    const names = (await instance.documents()).map(({ name }) => name);
    expect(names.toSorted()).toEqual(['deleted-here-and-made-anew', 'deleted-there', 'kept', 'only-there']);
    expect(await contentOf(instance, 'kept')).toEqual({ before: 1, here: 1, there: 1 });
    expect(await contentOf(instance, 'only-there')).toEqual({ there: 1 });
    expect(await contentOf(instance, 'deleted-here-and-made-anew')).toEqual({ anew: 1 });
  });
  const again = JSON.parse((await runHere(place, 'merge', GROUP, away, '--json')).out) as Record<string, unknown>;
  expect(again).toMatchObject({ roots: [], documents: [], blobs: { count: 0, bytes: 0 }, damage: [] });
});

test.each(['store', 'backup'] as const)('merge from a %s brings the blobs along that documents name, once', async (kind) => {
  const place = new Place();
  await use(place, async (instance) => setIn(instance, 'presets', 'before', await instance.blobs.put(noise(100, 3))));
  const away = await takenAway(place);
  await use(
    place,
    async (instance) => {
      await setIn(instance, 'presets', 'small', await instance.blobs.put(SMALL));
      await setIn(instance, 'presets', 'large', await instance.blobs.put(LARGE));
    },
    away,
  );
  let source = away;
  if (kind === 'backup') {
    source = joinPath(place.folder, 'away.socomm');
    expect(await runHere(place, 'backup', GROUP, source, '--directory', away)).toMatchObject({ code: 0 });
  }
  const { code, out } = await runHere(place, 'merge', GROUP, source);
  expect(code).toBe(0);
  expect(out).toMatch(
    /^presets \/map: 2 entries added, 0 changed, 0 removed\n2 blobs brought along, 302 kB\nmerged; on disk \(term \d+\)\n$/,
  );
  await use(place, async (instance) => {
    const named = (await contentOf(instance, 'presets')) as Record<string, string>;
    for (const content of [SMALL, LARGE]) expect(sha256(await instance.blobs.get(sha256(content)))).toBe(sha256(content));
    expect(named).toMatchObject({ small: sha256(SMALL), large: sha256(LARGE) });
  });
  expect(await runHere(place, 'merge', GROUP, source)).toMatchObject({ code: 0, out: 'nothing was new\n' });
});

test('a blob that is damaged there is left out of a merge and told; all the rest is taken in', async () => {
  const place = new Place();
  await use(place, (instance) => setIn(instance, 'presets', 'before', 1));
  const away = await takenAway(place);
  await use(
    place,
    async (instance) => {
      await setIn(instance, 'presets', 'small', await instance.blobs.put(SMALL));
      await setIn(instance, 'presets', 'large', await instance.blobs.put(LARGE));
    },
    away,
  );
  const folder = joinPath(away, 'blobs');
  const name = readdirSync(folder).find((each) => each.endsWith('.blob')) ?? '';
  const file = openSync(joinPath(folder, name), 'r+');
  writeSync(file, Buffer.from('damage'), 0, 6, 200_000);
  closeSync(file);
  const { code, out, err } = await runHere(place, 'merge', GROUP, away);
  expect(code).toBe(4);
  expect(out).toContain('1 blob brought along, 2.0 kB\n');
  expect(err).toContain(`blob ${sha256(LARGE)} was left out`);
  await use(place, async (instance) => {
    expect(sha256(await instance.blobs.get(sha256(SMALL)))).toBe(sha256(SMALL));
    const missing = await instance.blobs.get(sha256(LARGE)).catch((error: unknown) => error);
    expect(isSocommError(missing, 'SOCOMM_BLOB_MISSING')).toBe(true);
  });
});

test('status, doctor and a checked backup say how many blobs there are and how big, whether somebody runs the group or not', async () => {
  const place = new Place();
  const look = async (): Promise<void> => {
    expect((await runHere(place, 'status', GROUP)).out).toMatch(/^blobs +2, 302 kB$/m);
    expect(JSON.parse((await runHere(place, 'status', GROUP, '--json')).out)).toMatchObject({ blobs: { count: 2, bytes: 302_000 } });
  };
  await use(place, async (instance) => {
    for (const content of [SMALL, LARGE]) await setIn(instance, 'presets', sha256(content), await instance.blobs.put(content));
    await look();
  });
  await look();
  expect((await runHere(place, 'doctor', GROUP)).out).toContain(', 2 blobs (302 kB), ');
  expect(JSON.parse((await runHere(place, 'doctor', GROUP, '--json')).out)).toMatchObject({
    verification: { blobs: 2, blobBytes: 302_000 },
  });
  const file = joinPath(place.folder, 'b.socomm');
  await runHere(place, 'backup', GROUP, file);
  expect((await runHere(place, 'doctor', '--file', file)).out).toContain(', 2 blobs (302 kB): sound');
  const empty = new Place();
  await runHere(empty, 'set', GROUP, '/presets/pad', '1');
  expect((await runHere(empty, 'status', GROUP)).out).not.toContain('blobs');
});
