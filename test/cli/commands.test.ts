import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { folderOf } from './files.js';
import { PlaceHere } from './in-process.js';
import { Place } from './processes.js';

/** A group that nobody runs, with two presets and a setting. */
async function stored(): Promise<PlaceHere> {
  const place = new PlaceHere();
  const input = '{"id":"pad","name":"Warm Pad","params":{"cutoff":0.5}}\n{"id":"Bass/Deep One","name":"Deep One"}\n';
  expect(await place.run(['import', 'acme', '-'], { input })).toMatchObject({ code: 0 });
  expect(await place.socomm('set', 'acme', '/settings/theme', '"dark"')).toMatchObject({ code: 0 });
  return place;
}

function json(text: string): unknown {
  return JSON.parse(text);
}

describe('help', () => {
  test('names every command and exit code, and explains each command with examples', async () => {
    const place = new PlaceHere();
    const { code, out } = await place.socomm('--help');
    expect(code).toBe(0);
    const commands = [
      ...['ls', 'status', 'watch', 'get', 'set', 'delete', 'import', 'export', 'where', 'remove', 'demo'],
      ...['doctor', 'backup', 'restore', 'merge', 'checkpoints', 'compact'],
      ...['peers', 'sub', 'pub', 'request', 'ephemeral'],
    ];
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command}`, 'm'));
    for (const text of ['0 good', '1 failed', '2 usage', '3 not found', '4 partial', '5 timed out']) expect(out).toContain(text);
    for (const command of commands) {
      const help = await place.socomm(command, '--help');
      expect(help).toMatchObject({ code: 0, err: '' });
      for (const text of ['Examples:', `$ socomm ${command}`, '--json', '--directory', '--runtime-directory'])
        expect(help.out).toContain(text);
    }
  });

  test('is what one gets without a command, as a usage error, in a process of its own too', async () => {
    const usage = await new PlaceHere().socomm();
    expect(await new Place().socomm()).toEqual(usage);
    expect(usage).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Commands:') as string });
  });

  test('gives the version of the package', async () => {
    const { version } = json(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
    expect(await new Place().socomm('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});

describe('a usage error', () => {
  test.each([
    [['gte', 'acme'], 'Did you mean get?'],
    [['get'], "missing required argument 'group'"],
    [['get', 'no/group'], 'letters, digits'],
    [['get', 'acme', 'presets'], 'A path begins with a slash: /presets'],
    [['get', 'acme', '/a~2'], '"~0"'],
    [['get', 'acme', '--jsn'], 'Did you mean --json?'],
    [['get', 'acme', '--timeout', 'soon'], '--timeout takes seconds'],
    [['get', 'acme', '/a', '--root-type', 'tree'], 'map, array, text, xml'],
    [['set', 'acme', '', '1'], 'cannot set the whole document'],
    [['set', 'acme', '/presets', '1'], 'below a root: /presets/theme'],
    [['set', 'acme', '/settings/theme', 'dark'], `'"dark"'`],
    [['set', 'acme', '/settings/size', '1e999'], 'too large'],
    [['set', 'acme', '/recent/-', '1'], '--root-type array'],
    [['export', 'acme', '--path', 'presets'], 'A path begins with a slash: /presets'],
    [['demo', '--seed', '-1'], 'a whole number from 0'],
    [['import', 'acme'], "missing required argument 'file-or-folder'"],
    [['export', 'acme', '--format', 'xml'], 'jsonl, json'],
  ])('of %j ends with 2, says %j and makes nothing', async (args, text) => {
    const place = new PlaceHere();
    const { code, out, err } = await place.socomm(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: /);
    expect(err).toContain(text);
    expect(err).not.toContain('is invalid for argument');
    expect(err).not.toMatch(/\n\s+at /);
    expect(readdirSync(place.stores)).toEqual([]);
  });
});

describe('what is not there', () => {
  test.each([
    ['get', 'nobody'],
    ['status', 'nobody'],
    ['export', 'nobody'],
    ['delete', 'nobody', '/a/b'],
    ['remove', 'nobody', '--yes'],
    ['where', 'nobody'],
    ['import', 'nobody', '/no/such/file'],
    ['demo', '--presets', '/no/such/file'],
  ])('%s %s ends with 3 and makes nothing', async (...args) => {
    const place = new PlaceHere();
    expect(await place.socomm(...args)).toMatchObject({ code: 3 });
    expect(readdirSync(place.stores)).toEqual([]);
  });

  test('is told with what is there instead', async () => {
    const place = await stored();
    expect(await place.socomm('get', 'acme', '/presets/pda')).toEqual({
      code: 3,
      out: '',
      err: 'error: nothing at /presets/pda\n       /presets, which is a map of 2 entries, has /presets/pad  /presets/Bass~1Deep One\n',
    });
    expect(await place.socomm('delete', 'acme', '/settings/them')).toMatchObject({ code: 3 });
    expect(await place.socomm('set', 'acme', '/settings/a/b', '1')).toMatchObject({ code: 3 });
    expect(await place.socomm('export', 'acme', '--path', '/none')).toMatchObject({ code: 3 });
  });
});

describe('a stored group that nobody runs', () => {
  test('is looked at without a byte changed, a term used or a file made', { timeout: 90_000 }, async () => {
    const place = await stored();
    const before = place.fingerprint('acme');
    const looks = [
      ['get', 'acme'],
      ['get', 'acme', '/presets/pad', '--json'],
      ['get', 'acme', '/nothing'],
      ['status', 'acme'],
      ['status', 'acme', '--json'],
      ['export', 'acme'],
      ['export', 'acme', '--format', 'json'],
      ['where', 'acme'],
      ['ls'],
      ['import', 'acme', place.folder, '--dry-run'],
    ];
    for (const look of looks) {
      await place.socomm(...look);
      expect(place.fingerprint('acme'), look.join(' ')).toEqual(before);
    }
    expect(existsSync(join(place.folder, 'r')) ? readdirSync(join(place.folder, 'r')) : []).toEqual([]);
  });

  test('gives values as text or as JSON', async () => {
    const place = await stored();
    expect(await place.socomm('get', 'acme', '/settings/theme')).toEqual({ code: 0, out: 'dark\n', err: '' });
    expect(await place.socomm('get', 'acme', '/settings/theme', '--json')).toEqual({ code: 0, out: '"dark"\n', err: '' });
    expect(json((await place.socomm('get', 'acme', '/presets/Bass~1Deep One')).out)).toEqual({ name: 'Deep One' });
    expect(json((await place.socomm('get', 'acme')).out)).toEqual({
      presets: { pad: { name: 'Warm Pad', params: { cutoff: 0.5 } }, 'Bass/Deep One': { name: 'Deep One' } },
      settings: { theme: 'dark' },
    });
  });

  test('has a status, a place in the list and its paths', async () => {
    const place = await stored();
    const status = json((await place.socomm('status', 'acme', '--json')).out);
    expect(status).toMatchObject({
      ...{ group: 'acme', state: 'stored', directory: join(place.stores, 'acme'), peers: [], warnings: [], damage: [] },
      roots: [
        { name: 'presets', type: 'map', entries: 2 },
        { name: 'settings', type: 'map', entries: 1 },
      ],
      documents: [{ name: 'main' }],
      store: { term: 2 },
    });
    expect((await place.socomm('status', 'acme')).out).toContain('stored, run by nobody');
    expect(json((await place.socomm('ls', '--json')).out)).toMatchObject([
      { group: 'acme', isAlive: false, peers: 0, directory: join(place.stores, 'acme') },
    ]);
    expect((await place.socomm('ls')).out).toMatch(/^GROUP +STATE +PEERS +SIZE +DIRECTORY\nacme +stored +– /);
    expect(json((await place.socomm('where', 'acme', '--json')).out)).toMatchObject({
      ...{ group: 'acme', exists: true, directory: join(place.stores, 'acme'), runtimeDirectory: join(place.folder, 'r') },
      paths: { level: join(place.stores, 'acme', 'level') },
    });
  });

  test('may lie in a directory of its own', async () => {
    const place = new PlaceHere();
    const directory = join(place.folder, 'elsewhere');
    expect(await place.socomm('set', 'acme', '/a/b', '1', '--directory', directory)).toMatchObject({ code: 0 });
    expect((await place.socomm('get', 'acme', '/a/b', '--directory', directory)).out).toBe('1\n');
    expect((await place.socomm('ls', '--directory', place.folder)).out).toContain('elsewhere');
    expect(await place.socomm('get', 'other', '--directory', directory)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_STORE_MISMATCH]') as string,
    });
    expect(await place.socomm('get', 'acme')).toMatchObject({ code: 3 });
  });
});

describe('changing', () => {
  test('is on disk when it is said to be', async () => {
    const place = await stored();
    expect(await place.socomm('set', 'acme', '/presets/pad/params/cutoff', '-0.25')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\/presets\/pad\/params\/cutoff set; on disk \(term \d+\)\n$/) as string,
    });
    expect(json((await place.run(['set', 'acme', '/presets/new', '-', '--json'], { input: '{"a":\n[1]}' })).out)).toEqual({
      group: 'acme',
      path: '/presets/new',
      value: { a: [1] },
      term: 4,
      hasMadeRoot: false,
    });
    expect(json((await place.socomm('delete', 'acme', '/presets/Bass~1Deep One', '--json')).out)).toEqual({
      group: 'acme',
      path: '/presets/Bass~1Deep One',
      term: 5,
    });
    expect(json((await place.socomm('get', 'acme', '/presets')).out)).toEqual({
      pad: { name: 'Warm Pad', params: { cutoff: -0.25 } },
      new: { a: [1] },
    });
  });

  test('makes a missing root a map, or an array, and says so', async () => {
    const place = new PlaceHere();
    expect(await place.socomm('set', 'acme', '/settings/size', '-5')).toMatchObject({
      code: 0,
      err: '/settings was not there: it is now a map\n',
    });
    expect(await place.socomm('set', 'acme', '/recent/-', '"a"', '--root-type', 'array')).toMatchObject({
      code: 0,
      err: '/recent was not there: it is now an array\n',
    });
    expect(json((await place.socomm('get', 'acme')).out)).toEqual({ recent: ['a'], settings: { size: -5 } });
  });

  test('refuses to append to a root that is not there, and to take a root for what it is not', async () => {
    const place = await stored();
    expect(await place.socomm('set', 'acme', '/recent/-', '1')).toEqual({
      code: 2,
      out: '',
      err: 'error: /recent is not there, and "-" appends to an array\n       make it one with --root-type array\n',
    });
    for (const args of [
      ['get', 'acme', '/presets'],
      ['get', 'acme', '/presets/pad'],
      ['export', 'acme'],
      ['set', 'acme', '/presets/-', '1'],
      ['delete', 'acme', '/presets/pad'],
    ])
      expect(await place.socomm(...args, '--root-type', 'array'), args.join(' ')).toEqual({
        code: 2,
        out: '',
        err: 'error: /presets is a map\n       leave out --root-type array\n',
      });
    // Of a whole document it says what those are that do not tell.
    expect(await place.socomm('get', 'acme', '--root-type', 'array')).toMatchObject({ code: 0 });
    expect(await place.socomm('get', 'acme', '/presets/pad', '--root-type', 'map')).toMatchObject({ code: 0 });
    expect(Object.keys(json((await place.socomm('get', 'acme')).out) as object)).toEqual(['presets', 'settings']);
  });

  test('tells what is wrong with a value from standard input, and where', async () => {
    expect(await new PlaceHere().run(['set', 'acme', '/a/b', '-'], { input: '{\n"a": }' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('line 2, column 6: not a value') as string,
    });
  });

  test('removes a store, after a yes, and nothing that is not of it', async () => {
    const place = await stored();
    const directory = join(place.stores, 'acme');
    expect(await place.socomm('remove', 'acme')).toMatchObject({ code: 2, err: expect.stringContaining('--yes') as string });
    writeFileSync(join(directory, 'mine.txt'), 'keep');
    expect(await place.socomm('remove', 'acme', '--yes')).toMatchObject({ code: 4, err: expect.stringContaining('mine.txt') as string });
    expect(readdirSync(directory)).toEqual(['mine.txt']);
    expect(await place.socomm('remove', 'acme', '--yes')).toMatchObject({ code: 3 });
    await place.socomm('set', 'other', '/a/b', '1');
    expect(json((await place.socomm('remove', 'other', '--yes', '--json')).out)).toEqual({
      group: 'other',
      directory: join(place.stores, 'other'),
      left: [],
    });
    expect(existsSync(join(place.stores, 'other'))).toBe(false);
  });
});

describe('import and export', () => {
  test('bring a folder of presets in, tell what was wrong, and bring it out again', async () => {
    const place = new PlaceHere();
    const folder = folderOf({
      'Bass/Deep One.helm': '{"name":"Deep One","v":0.1}',
      'Bass/broken.helm': '{\n  "name": "x",\n}',
      'lib.jsonl.gz': gzipSync('{"id":"a","v":1}\n{"id":"a","v":2}\n'),
      'LICENSE.txt': 'free',
    });
    const first = await place.socomm('import', 'acme', folder);
    expect(first.code).toBe(4);
    expect(first.out).toMatch(/^2 presets read in [\d.]+ s: 2 added, 0 changed, 0 unchanged, 2 refused\n$/);
    expect(first.err).toContain(`refused  ${folder}/Bass/broken.helm:3:1: expected a key in double quotes, found "}"`);
    expect(first.err).toContain(
      `refused  ${folder}/lib.jsonl.gz:2: the id "a" was given to another preset before, in ${folder}/lib.jsonl.gz:1`,
    );
    expect(first.err).toContain(`skipped  ${folder}/LICENSE.txt: not JSON`);
    expect(first.err).not.toContain('\u001b');

    const again = await place.socomm('import', 'acme', folder, '--json');
    expect(again.code).toBe(4);
    expect(json(again.out)).toMatchObject({
      group: 'acme',
      isDryRun: false,
      read: 2,
      added: 0,
      changed: 0,
      unchanged: 2,
      problems: [{ line: 3, column: 1 }, { line: 2 }],
      skipped: [{}],
    });

    const lines = '{"id":"Bass/Deep One","name":"Deep One","v":0.1}\n{"id":"a","v":1}\n';
    expect(await place.socomm('export', 'acme')).toEqual({ code: 0, out: lines, err: '' });
    const file = join(place.folder, 'out.jsonl.gz');
    expect(await place.socomm('export', 'acme', file)).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 presets exported') as string,
    });
    expect(gunzipSync(readFileSync(file)).toString()).toBe(lines);
    expect(readdirSync(place.folder).filter((name) => name.includes('tmp'))).toEqual([]);
    const whole = join(place.folder, 'out.json');
    expect(json((await place.socomm('export', 'acme', whole, '--json')).out)).toMatchObject({
      group: 'acme',
      format: 'json',
      file: whole,
      losses: [],
    });
    expect(json(readFileSync(whole, 'utf8'))).toEqual({ presets: { 'Bass/Deep One': { name: 'Deep One', v: 0.1 }, a: { v: 1 } } });

    expect(await place.socomm('import', 'copy', file)).toMatchObject({ code: 0 });
    expect((await place.socomm('get', 'copy')).out).toBe((await place.socomm('get', 'acme')).out);
  });

  test('write nothing in a dry run, not even a group', async () => {
    const place = new PlaceHere();
    const { code, out } = await place.run(['import', 'acme', '-', '--dry-run'], { input: '{"id":"a"}\n' });
    expect(code).toBe(0);
    expect(out).toContain('1 added, 0 changed, 0 unchanged (dry run: nothing was written)');
    expect(readdirSync(place.stores)).toEqual([]);
  });

  test('tell a folder without presets', async () => {
    const place = new PlaceHere();
    expect(await place.socomm('import', 'acme', folderOf({ 'a.txt': 'x' }))).toMatchObject({
      code: 3,
      err: expect.stringContaining('no preset in') as string,
    });
  });

  test('leave the file as it was where the export fails', async () => {
    const place = await stored();
    const file = join(place.folder, 'out.jsonl');
    writeFileSync(file, 'old');
    expect(await place.socomm('export', 'acme', file, '--path', '/settings/theme')).toMatchObject({
      code: 1,
      err: expect.stringContaining('not a map') as string,
    });
    expect(readFileSync(file, 'utf8')).toBe('old');
  });
});
