/** Mistakes at the library's edge: each is a TypeError that says what was wrong, at the call, and nothing of it is done or kept. */

import { expect, test } from 'vitest';

import { openLibrary } from '../../src/library/index.js';
import type { Library, LibraryOptions } from '../../src/library/index.js';
import { exportPresets } from '../../src/library/exchange/preset-files.js';
import { importPresets } from '../../src/library/exchange/import-presets.js';
import { createTestGroup } from '../../src/testing.js';
import { replicas } from './replicas.js';
import type { Replica } from './replicas.js';

type Wrong = Parameters<Library<unknown>['add']>[1];

async function opened(): Promise<Library<unknown>> {
  const [replica] = replicas(1) as [Replica];
  return replica.open();
}

test('an option that a call does not know is refused, not passed over', async () => {
  const library = await opened();
  const id = await library.add({ name: 'a' });
  await expect(library.add({ name: 'b' }, { parameters: {} } as Wrong)).rejects.toThrow(
    "add() has no option 'parameters'; it has id, body",
  );
  await expect(library.add({ name: 'b' }, null as unknown as Wrong)).rejects.toThrow('the options of add() are an object; got null');
  await expect(library.add({ name: 'b' }, { signal: 5 } as unknown as Wrong)).rejects.toThrow('signal is an AbortSignal; got number');
  await expect(library.addMany([{ name: 'b' }], { dryRun: true } as never)).rejects.toThrow("addMany() has no option 'dryRun'");
  await expect(library.saveBody(id, {}, { sginal: undefined } as never)).rejects.toThrow("saveBody() has no option 'sginal'");
  await expect(library.body(id, 5 as never)).rejects.toThrow('the options of body() are an object; got number');
  await expect(library.ready([] as never)).rejects.toThrow('the options of ready() are an object; got a list');
  expect(library.size).toBe(1);
});

test('what is wrong with a single preset is told without the number of an entry', async () => {
  const library = await opened();
  await expect(library.add({ name: '' })).rejects.toThrow(/^name is empty$/);
});

test('who gave up beforehand adds nothing, with a body or without', async () => {
  const library = await opened();
  await expect(library.add({ name: 'a' }, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  expect(library.size).toBe(0);
});

test('what is left out is missing, not the same as before', async () => {
  const library = await opened();
  const id = await library.add({ name: 'a' });
  const leftOut = undefined as never;
  expect(() => library.rename(id, leftOut)).toThrow('name is missing');
  expect(() => library.setFavourite(id, leftOut)).toThrow('favourite is true or false');
  await expect(library.saveBody(id, undefined)).rejects.toThrow('parameters are missing');
  expect(library.get(id)?.body).toBeUndefined();
  expect(() => library.subscribe(leftOut)).toThrow('the listener is a function');
  expect(() => library.find({ rating: NaN })).toThrow('rating is a number; got NaN');
});

test('who waits until it is ready hears that it was closed meanwhile', async () => {
  const library = await opened();
  const ready = library.ready();
  await library.close();
  await expect(ready).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
});

test('a path by itself is no list of paths, and a format that there is not writes no file', async () => {
  const library = await opened();
  await expect(importPresets(library, '/presets' as never)).rejects.toThrow(
    'importPresets() takes a list of paths, also where there is one',
  );
  await expect(importPresets(library, [5] as never)).rejects.toThrow(TypeError);
  await expect(importPresets(library, undefined as never)).rejects.toThrow('importPresets() takes a list of paths');
  await expect(importPresets(library, [], { dryRun: true } as never)).rejects.toThrow("importPresets() has no option 'dryRun'");
  await expect(importPresets(library, [], { source: 'bank' } as never)).rejects.toThrow("source is 'factory' or 'user'");
  await expect(exportPresets(library, '')).rejects.toThrow("exportPresets() takes the path of a file or folder; got ''");
  await expect(exportPresets(library, '/dev/null/x', { format: 'xml' } as never)).rejects.toThrow('format is jsonl, json, folder');
});

test('a library that is opened wrongly leaves no document open', async () => {
  const group = createTestGroup({ seed: 9 });
  const instance = await group.join();
  const wrong: readonly unknown[] = [
    5,
    [],
    { parameters: 5 },
    { log: 5 },
    { random: {} },
    { migrate: 'x' },
    { version: NaN },
    { schema: 1 },
  ];
  for (const options of wrong) await expect(openLibrary(instance, options as LibraryOptions<unknown>)).rejects.toThrow(TypeError);
  await expect(openLibrary(undefined as never)).rejects.toThrow('openLibrary() takes an instance, as join() returns it');
  expect(await group.run(instance.documents())).toEqual([]);
  await group.close();
});
