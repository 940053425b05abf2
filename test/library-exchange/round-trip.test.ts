import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { exportPresets } from '../../src/library/exchange/preset-files.js';
import { importPresets } from '../../src/library/exchange/import-presets.js';
import { folderOf } from '../cli/files.js';
import { contentOf, filesIn, openHere, textIn } from './scene.js';

const DATA = join(import.meta.dirname, '../../../shared/data');
const LIBRARIES = [
  { file: join(DATA, 'helm/helm-presets.jsonl.gz'), presets: 274 },
  { file: join(DATA, 'obxf/obxf-presets.jsonl.gz'), presets: 488 },
  { file: join(DATA, 'amsynth/amsynth-presets.jsonl.gz'), presets: 3482 },
] as const;
const HELM_FILES = join(DATA, 'helm/helm-factory-presets.tar.gz');
const missing = [...LIBRARIES.map(({ file }) => file), HELM_FILES].filter((file) => !existsSync(file));

const OWN = [
  {
    id: 'a',
    name: 'Warm Pad',
    category: 'Pad',
    author: 'Ana',
    tags: ['dark', 'wide'],
    favourite: true,
    rating: 4,
    comment: 'one\ntwo',
    body: { cutoff: 0.5 },
  },
  { id: 'b', name: 'Warm Pad', category: 'Pad', source: 'factory', extra: { slot: 3 }, body: [1, null, 'x'] },
  { id: 'c', name: 'warm pad', category: 'Pad' },
  { id: 'd', name: 'CON', category: '../up', body: 0 },
  { id: 'e', name: 'a/b: "c"?', body: {} },
];
const FOREIGN = [
  { id: 'f', bank: 'B', slot: 0, name: 'basic', params: { '2': 1, a: 0.1, deep: [{ x: [] }] } },
  { name: 'No id', folder: 'Arp', author: 'x'.repeat(500), favorite: true, params: {} },
  { meta: { programName: 'Inside', category: 'Atmo', author: 'Ola' }, params: { tags: 1 } },
  { id: 7, rating: 'five', tags: ['b', 'a', 'b'], note: 'id is a number', description: 'what it is' },
];

function lines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

describe('presets that are exported, imported and exported again are the same bytes', () => {
  test.each(['x.jsonl', 'x.jsonl.gz', 'x.ndjson', 'x.json', 'x.json.gz'])('as %s, and the libraries are equal', async (name) => {
    const folder = folderOf({ 'in.jsonl': lines([...OWN, ...FOREIGN]) });
    const [one, two] = [(await openHere()).library, (await openHere()).library];
    const report = await importPresets(one, [join(folder, 'in.jsonl')]);
    expect(report).toMatchObject({ read: 9, added: 9, problems: [], skipped: [] });
    const [first, second] = [join(folder, name), join(folder, `second-${name}`)];
    const { presets, undone } = { presets: one.list(), undone: one.canUndo };
    expect(undone).toBe(true);
    expect(await exportPresets(one, first)).toEqual({
      format: name.includes('.json.') || name.endsWith('.json') ? 'json' : 'jsonl',
      written: 9,
      problems: [],
    });
    expect(await importPresets(two, [first])).toMatchObject({ read: 9, added: 9, problems: [] });
    expect(await exportPresets(two, second)).toMatchObject({ written: 9, problems: [] });
    expect(textIn(second)).toBe(textIn(first));
    expect(two.list().map(({ name: each, category, author, tags, favourite }) => ({ each, category, author, tags, favourite }))).toEqual(
      presets.map(({ name: each, category, author, tags, favourite }) => ({ each, category, author, tags, favourite })),
    );
    // Into the one that it came from it brings nothing new, but for what foreign ones had not said of themselves.
    expect(await importPresets(two, [first])).toMatchObject({ added: 0, changed: 0, unchanged: 9 });
    one.undo();
    expect(one.size).toBe(0);
  });

  test.each([false, true])('as a folder (packed: %s), whatever the order, with names that any file system takes', async (isPacked) => {
    const folder = folderOf({ 'in.jsonl': lines([...OWN, ...FOREIGN]) });
    const [one, two] = [(await openHere()).library, (await openHere()).library];
    await importPresets(one, [join(folder, 'in.jsonl')]);
    await exportPresets(one, join(folder, 'first'), { isPacked });
    expect(await importPresets(two, [join(folder, 'first')])).toMatchObject({ added: 9, problems: [], skipped: [] });
    mkdirSync(join(folder, 'second'));
    await exportPresets(two, join(folder, 'second'), { isPacked });
    const files = filesIn(join(folder, 'first'));
    expect(filesIn(join(folder, 'second'))).toEqual(files);
    expect(Object.keys(files).map((name) => name.replace(/\.gz$/, ''))).toEqual(
      [
        'Arp/No id.json',
        'Atmo/Inside.json',
        'B/basic.json',
        'Pad/Warm Pad (2).json',
        'Pad/Warm Pad.json',
        'Pad/warm pad (3).json',
        '__up/_CON.json',
        'a_b_ _c__.json',
        'in#9.json',
      ].toSorted(),
    );
    expect(byId(await contentOf(two))).toEqual(byId(await contentOf(one)));
  });

  test('a foreign preset comes back as it went, byte for byte; what was changed since is written where it stood', async () => {
    const folder = folderOf({ 'in.jsonl': lines([FOREIGN[0] as object]) });
    const { library } = await openHere();
    await importPresets(library, [join(folder, 'in.jsonl')]);
    await exportPresets(library, join(folder, 'out.jsonl'));
    expect(textIn(join(folder, 'out.jsonl'))).toBe(textIn(join(folder, 'in.jsonl')));
    expect(await library.body('f')).toEqual(FOREIGN[0]);
    library.rename('f', 'Better');
    library.tag('f', 'bass');
    library.update('f', { category: 'Bank 2' });
    await exportPresets(library, join(folder, 'out.jsonl'));
    expect(JSON.parse(textIn(join(folder, 'out.jsonl')))).toEqual({ ...FOREIGN[0], name: 'Better', bank: 'Bank 2', tags: ['bass'] });
    expect(Object.keys(JSON.parse(textIn(join(folder, 'out.jsonl'))) as object)).toEqual(['id', 'bank', 'slot', 'name', 'params', 'tags']);
  });

  test('one that says its own path is named by it, and nothing is written into it; so with brackets and quotes in its texts', async () => {
    const preset = { id: 'g', path: 'Factory/Bass/Low.synth', params: { 'a"]': '\\', b: '"},{[', c: '\\"' } };
    const folder = folderOf({ 'in.json': `[\n${JSON.stringify(preset)}\n]\n` });
    const { library } = await openHere();
    expect(await importPresets(library, [join(folder, 'in.json')])).toMatchObject({ added: 1, problems: [] });
    expect(library.get('g')).toMatchObject({ name: 'Low', category: 'Bass' });
    await exportPresets(library, join(folder, 'out.json'));
    expect(textIn(join(folder, 'out.json'))).toBe(textIn(join(folder, 'in.json')));
  });

  test('what an application made itself keeps its parameters to itself', async () => {
    const { library } = await openHere();
    const folder = folderOf();
    const id = await library.add({ name: 'Mine', favourite: true }, { body: { name: 'not the name', id: 'not the id' } });
    await exportPresets(library, join(folder, 'out.json'));
    expect(textIn(join(folder, 'out.json'))).toBe(
      `[\n${JSON.stringify({ id, name: 'Mine', favourite: true, body: { name: 'not the name', id: 'not the id' } })}\n]\n`,
    );
    const other = (await openHere()).library;
    await importPresets(other, [join(folder, 'out.json')]);
    expect(await other.body(id)).toEqual({ name: 'not the name', id: 'not the id' });
  });

  test('an empty library is an empty list', async () => {
    const { library } = await openHere();
    const folder = folderOf();
    for (const name of ['x.json', 'x.jsonl', 'x']) expect(await exportPresets(library, join(folder, name))).toMatchObject({ written: 0 });
    expect([textIn(join(folder, 'x.json')), textIn(join(folder, 'x.jsonl')), filesIn(join(folder, 'x'))]).toEqual(['[]\n', '', {}]);
    expect(await importPresets(library, [join(folder, 'x.json'), join(folder, 'x.jsonl'), join(folder, 'x')])).toMatchObject({
      read: 0,
      problems: [],
    });
  });
});

describe.skipIf(missing.length > 0)(`the real libraries${missing.length > 0 ? ` (skipped: ${missing.join(', ')} missing)` : ''}`, () => {
  test.each(LIBRARIES)('$file comes back equal, and as the same bytes each time after', async ({ file, presets }) => {
    const folder = folderOf();
    const [one, two] = [(await openHere()).library, (await openHere()).library];
    const progress: number[] = [];
    const report = await importPresets(one, [file], { onProgress: ({ bytes, bytesTotal }) => progress.push(bytes / (bytesTotal ?? 0)) });
    expect(report).toMatchObject({ read: presets, added: presets, problems: [] });
    expect(progress.at(-1)).toBe(1);
    const original = textIn(file)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(await Promise.all(one.list().map(({ id }) => one.body(id)))).toEqual(original);
    expect(one.facets().categories.size).toBeGreaterThan(5);
    await exportPresets(one, join(folder, 'first.jsonl.gz'));
    await importPresets(two, [join(folder, 'first.jsonl.gz')]);
    await exportPresets(two, join(folder, 'second.jsonl.gz'));
    expect(textIn(join(folder, 'second.jsonl.gz'))).toBe(textIn(join(folder, 'first.jsonl.gz')));
    const first = textIn(join(folder, 'first.jsonl.gz'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(first).toEqual(original);
  });

  test('a folder of .helm files is read with its folders as categories, and comes back as a folder', async () => {
    const folder = folderOf();
    execFileSync('tar', ['-xzf', HELM_FILES, '-C', folder]);
    const { library } = await openHere();
    const { added, problems, skipped } = await importPresets(library, [folder]);
    expect(problems).toEqual([]);
    expect(added).toBeGreaterThan(200);
    expect([...library.facets().categories.keys()]).toContain('Arp');
    expect(skipped.every(({ cause }) => cause === 'not JSON' || cause === 'hidden')).toBe(true);
    const out = join(folder, 'out');
    expect(await exportPresets(library, out)).toMatchObject({ written: added, problems: [] });
    expect(Object.keys(filesIn(out))).toHaveLength(added);
  });
});

test('a folder with something in it is not written into, and nothing is left beside it', async () => {
  const folder = folderOf({ 'out/there.txt': 'mine' });
  const { library } = await openHere();
  await library.add({ name: 'x' });
  await expect(exportPresets(library, join(folder, 'out'))).rejects.toMatchObject({ code: 'SOCOMM_TARGET_EXISTS' });
  expect(filesIn(folder)).toEqual({ 'out/there.txt': 'mine' });
});

test('an export that is given up leaves what was there', async () => {
  const folder = folderOf({ 'out.jsonl': 'before' });
  const { library } = await openHere();
  for (let index = 0; index < 5; index++) await library.add({ name: `${index}` });
  for (const name of ['out.jsonl', 'out.json', 'folder']) {
    const stop = new AbortController();
    const reason = new Error('enough');
    const exporting = exportPresets(library, join(folder, name), {
      signal: stop.signal,
      onProgress: ({ written }) => written === 2 && stop.abort(reason),
    });
    await expect(exporting).rejects.toBe(reason);
  }
  expect(filesIn(folder)).toEqual({ 'out.jsonl': 'before' });
});

test('what JSON has no form for, and whose body is missing, is left out and told', async () => {
  const folder = folderOf();
  const { library } = await openHere();
  const bytes = await library.add({ name: 'Bytes' }, { body: { wave: [1, new Uint8Array(2)] } });
  const zero = await library.add({ name: 'Zero' }, { body: -0 });
  await library.add({ name: 'Plain' }, { body: 1 });
  const { written, problems } = await exportPresets(library, join(folder, 'out.jsonl'));
  expect(written).toBe(1);
  expect(problems).toEqual([
    { id: bytes, cause: 'its parameters hold what JSON has no form for, at .wave[1]' },
    { id: zero, cause: 'its parameters hold what JSON has no form for, at their top' },
  ]);
});

/** Without bodies: those of foreign presets have got an id by now. */
function byId(content: readonly unknown[]): readonly unknown[] {
  return (content as readonly { readonly id: string; readonly body: unknown }[])
    .map(({ body: _, ...preset }) => preset)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
