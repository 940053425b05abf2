/** `socomm library`, in this process; what only a process shows stands at the end. */

import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { join as joinGroup } from '../../src/index.js';
import { openLibrary } from '../../src/library/index.js';
import { folderOf } from './files.js';
import { runHere } from './in-process.js';
import { Place } from './processes.js';
import type { Ended } from './processes.js';

const PRESETS = [
  { id: 'pad', name: 'Warm Pad', category: 'Pad', author: 'Ana', tags: ['dark', 'wide'], rating: 4, body: { cutoff: 0.5 } },
  { id: 'bass', name: 'Deep', category: 'Bass', author: 'Ola', favourite: true, body: { cutoff: 0.1 } },
  { id: 'lead-1', name: 'Lead', category: 'Lead' },
  { id: 'lead-2', name: 'lead', category: 'Lead', comment: 'the other one' },
];

function linesOf(presets: readonly object[]): string {
  return presets.map((preset) => `${JSON.stringify(preset)}\n`).join('');
}

/** A group `acme` that nobody runs, with these presets. */
async function stored(): Promise<(...words: readonly string[]) => Promise<Ended>> {
  const place = new Place();
  const folder = folderOf({ 'presets.jsonl': linesOf(PRESETS) });
  const library = (...words: readonly string[]): Promise<Ended> => runHere(place, 'library', 'acme', ...words);
  expect(await library('import', join(folder, 'presets.jsonl'))).toMatchObject({
    code: 0,
    out: expect.stringContaining('4 added') as string,
  });
  return library;
}

describe('socomm library', () => {
  test('lists the presets as the bank is sorted, and those that fit', async () => {
    const library = await stored();
    const { code, out } = await library();
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.trim().split(/ {2,}/)[0]),
    ).toEqual(['NAME', 'Warm Pad', '♥', 'Lead', 'lead']);
    const listed = async (...words: readonly string[]): Promise<readonly string[]> =>
      (JSON.parse((await library(...words, '--json')).out) as readonly { readonly id: string }[]).map(({ id }) => id);
    expect(await listed('list')).toEqual(['pad', 'bass', 'lead-1', 'lead-2']);
    expect(await listed('list', '--category', 'Pad', '--category', 'Bass', '--sort', 'name')).toEqual(['bass', 'pad']);
    expect(await listed('list', '--favourites')).toEqual(['bass']);
    expect(await listed('list', '--tag', 'dark', '--tag', 'wide', '--rating', '3')).toEqual(['pad']);
    expect(await listed('list', '--reverse', '--limit', '1')).toEqual(['lead-2']);
    expect(await listed('find', 'war', 'an')).toEqual(['pad']);
    expect(await listed('find', 'nothing')).toEqual([]);
    expect(await library('find', 'nothing')).toMatchObject({ code: 3, err: 'error: no preset fits "nothing"\n' });
  });

  test('shows a preset by its id or its name, with its parameters', async () => {
    const library = await stored();
    const shown = JSON.parse((await library('show', 'warm pad', '--json')).out) as object;
    expect(shown).toMatchObject({ id: 'pad', name: 'Warm Pad', tags: ['dark', 'wide'], isComplete: true, parameters: { cutoff: 0.5 } });
    expect((await library('show', 'pad')).out).toContain('"cutoff": 0.5');
    expect(await library('show', 'Lead')).toMatchObject({
      code: 2,
      err: expect.stringContaining('say which by its id: lead-1 (Lead), lead-2 (Lead)') as string,
    });
    expect(await library('show', 'nobody')).toMatchObject({
      code: 3,
      err: expect.stringContaining('there is no preset "nobody"') as string,
    });
  });

  test('makes favourites, all of them or none, and says what was so before', async () => {
    const library = await stored();
    expect(await library('favourite', 'pad', 'nobody')).toMatchObject({ code: 3 });
    expect((await library('list', '--favourites', '--json')).out).not.toContain('"pad"');
    expect(await library('favourite', 'pad', 'Deep')).toMatchObject({
      code: 0,
      out: 'Warm Pad: a favourite\nDeep: a favourite, as before\n',
    });
    expect(await library('favourite', 'bass', '--off')).toMatchObject({ code: 0, out: 'Deep: no favourite\n' });
    const { out } = await library('list', '--favourites', '--json');
    expect((JSON.parse(out) as readonly { readonly id: string }[]).map(({ id }) => id)).toEqual(['pad']);
  });

  test('exports what it imported, byte for byte, into files, folders and a pipe', async () => {
    const library = await stored();
    const folder = folderOf();
    expect(await library('export')).toMatchObject({ code: 0, out: linesOf(PRESETS) });
    expect(await library('export', join(folder, 'x.jsonl'))).toMatchObject({
      code: 0,
      out: `4 presets exported to ${join(folder, 'x.jsonl')}\n`,
    });
    expect(readFileSync(join(folder, 'x.jsonl'), 'utf8')).toBe(linesOf(PRESETS));
    expect(await library('export', join(folder, 'x.json'), '--category', 'Pad', '--json')).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(join(folder, 'x.json'), 'utf8'))).toEqual([PRESETS[0]]);
    expect(await library('export', join(folder, 'all'))).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(join(folder, 'all/Pad/Warm Pad.json'), 'utf8'))).toEqual(PRESETS[0]);
    expect(await library('export', join(folder, 'all'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('SOCOMM_TARGET_EXISTS') as string,
    });
    expect(await library('import', join(folder, 'all'))).toMatchObject({ code: 0, out: expect.stringContaining('4 unchanged') as string });
  });

  test('names what it cannot read, imports the rest, and ends with 4; a dry run writes nothing', async () => {
    const place = new Place();
    const folder = folderOf({ 'a.jsonl': `{"id":"x","name":"X"}\nnot json\n{"id":"x","name":"Other"}\n` });
    const file = join(folder, 'a.jsonl');
    const library = (...words: readonly string[]): Promise<Ended> => runHere(place, 'library', 'acme', ...words);
    expect(await library('import', file, '--dry-run')).toMatchObject({ code: 3 });
    const { code, out, err } = await library('import', file, '--source', 'factory');
    expect({ code, out: out.replace(/in \d+\.\d s/, 'in a moment') }).toEqual({
      code: 4,
      out: '1 preset read in a moment: 1 added, 0 changed, 0 unchanged, 2 refused\n',
    });
    expect(err).toContain(`${file}:2:1: not a value`);
    expect(err).toContain(`${file}:3: the id "x" was given to another preset before, in ${file}:1`);
    expect(await library('import', file, '--dry-run', '--json')).toMatchObject({
      code: 4,
      out: expect.stringContaining('"isDryRun": true') as string,
    });
    expect(JSON.parse((await library('--json')).out)).toMatchObject([{ id: 'x', source: 'factory' }]);
    expect(await library('import', join(folder, 'missing'))).toMatchObject({ code: 3 });
  });

  test.each<[words: readonly string[], message: string]>([
    [['fly'], 'library has no action "fly"'],
    [['list', 'pad'], 'list takes no words'],
    [['find'], 'find needs a word'],
    [['show'], 'show takes one preset'],
    [['show', 'a', 'b'], 'show takes one preset'],
    [['favourite'], 'favourite needs presets'],
    [['import'], 'import needs a file or a folder'],
    [['export', 'a', 'b'], 'export takes one file or folder'],
    [['show', 'pad', '--off'], 'show has no option --off'],
    [['list', '--dry-run'], 'list has no option --dry-run'],
    [['list', '--limit', 'x'], '--limit takes a whole number'],
    [['list', '--rating', '6'], '--rating takes a whole number of at most 5'],
    [['export', '--format', 'json'], 'standard output takes JSON lines'],
    [['export', ''], 'the file needs a name'],
    [['export', tmpdir(), '--format', 'json'], `${tmpdir()} is a folder`],
    [['list', '--document', 'a~2'], '--document takes a document\'s name; got "a~2"'],
    [['import', '.', '--document', ''], '--document takes a document\'s name; got ""'],
  ])('refuses %j as a mistake', async (words, message) => {
    const { code, err } = await runHere(new Place(), 'library', 'acme', ...words);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) as string });
  });

  test.each(['list', 'find x', 'show x', 'favourite x', 'export'])('%s makes no group where there is none', async (words) => {
    const place = new Place();
    expect(await runHere(place, 'library', 'nobody', ...words.split(' '))).toMatchObject({
      code: 3,
      err: expect.stringContaining('there is no group nobody') as string,
    });
    expect((await runHere(place, 'ls')).out).toBe('');
  });
});

test('what is looked at is not made: a library of a mistyped name, in a group that is there', async () => {
  const library = await stored();
  const missing = { code: 3, err: 'error: group acme has no library "libary"\n       "import" makes one\n' };
  for (const words of ['list', 'find x', 'show x', 'favourite x', 'export'])
    expect(await library(...words.split(' '), '--document', 'libary')).toMatchObject(missing);
  const folder = folderOf({ 'x.jsonl': linesOf(PRESETS) });
  expect(await library('import', join(folder, 'x.jsonl'), '--dry-run', '--document', 'libary')).toMatchObject(missing);
  expect(await library('import', join(folder, 'x.jsonl'), '--document', 'libary')).toMatchObject({ code: 0 });
  expect(await library('show', 'pad', '--document', 'libary')).toMatchObject({ code: 0 });
});

test('a path that is not there is named, and nothing is written beside it', async () => {
  const library = await stored();
  const folder = folderOf({ 'x.jsonl': linesOf(PRESETS) });
  const [there, missing] = [join(folder, 'x.jsonl'), join(folder, 'nowhere')];
  expect(await library('import', there, missing)).toMatchObject({ code: 3, err: `error: there is no file or folder ${missing}\n` });
  expect(await library('import', '')).toMatchObject({ code: 3, err: 'error: there is no file or folder ""\n' });
  for (const target of ['x.json', 'folder'])
    expect(await library('export', join(missing, target))).toMatchObject({ code: 3, err: `error: there is no folder ${missing}\n` });
});

test('parameters that JSON has no form for are shown all the same', async () => {
  const place = new Place();
  const { SOCOMM_RUNTIME_DIRECTORY: runtimeDirectory } = place.variables;
  const instance = await joinGroup('acme', { directory: join(place.stores, 'acme'), runtimeDirectory });
  const library = await openLibrary(instance);
  await library.add({ name: 'State' }, { id: 'state', body: { state: Uint8Array.of(1, 2), large: 2n ** 60n } });
  await instance.close();
  const { code, out, err } = await runHere(place, 'library', 'acme', 'show', 'state', '--json');
  expect({ code, err }).toEqual({ code: 0, err: 'its parameters hold what JSON has no form for: bytes, bigint\n' });
  expect(JSON.parse(out)).toMatchObject({ id: 'state', parameters: { state: 'AQI=', large: '1152921504606846976' } });
});

test('a library that somebody runs is looked at and changed beside it, from a pipe too', async () => {
  const place = new Place();
  const holder = await place.hold('acme');
  const imported = await place.run(['library', 'acme', 'import', '-'], { input: linesOf(PRESETS) });
  expect(imported).toMatchObject({ code: 0, out: expect.stringContaining('4 added') as string });
  expect(await place.socomm('library', 'acme', 'favourite', 'pad')).toMatchObject({ code: 0 });
  expect((await place.socomm('library', 'acme', 'export')).out).toBe(
    linesOf(PRESETS.map((preset) => (preset.id === 'pad' ? withFavourite(preset) : preset))),
  );
  await holder.end();
}, 30_000);

/** Where the form has it. */
function withFavourite({ rating, body, ...preset }: object & { readonly rating?: number; readonly body?: unknown }): object {
  return { ...preset, favourite: true, rating, body };
}
