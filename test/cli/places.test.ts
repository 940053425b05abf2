/** Folders that are not as they should be: unreadable, missing, empty names, what the killed left. */

import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { inspectGroup, listGroups, removeGroup } from '../../src/index.js';
import { folderOf } from './files.js';
import { PlaceHere } from './in-process.js';
import { Place } from './processes.js';

describe('a store that cannot be read', () => {
  test('is one row of the list, and the rest is listed', async () => {
    const place = new PlaceHere();
    await place.socomm('set', 'acme', '/a/b', '1');
    symlinkSync('loop', join(place.stores, 'loop'));
    const { code, out, err } = await place.socomm('ls');
    expect({ code, err }).toEqual({ code: 4, err: '' });
    expect(out).toMatch(/^acme +stored/m);
    expect(out).toMatch(/^loop +unreadable \(ELOOP\) +– +– /m);
    const json = await place.socomm('ls', '--json');
    expect(json.code).toBe(4);
    expect(JSON.parse(json.out)).toMatchObject([{ group: 'acme' }, { group: 'loop', unreadable: 'ELOOP' }]);
    expect(await place.socomm('get', 'loop')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: .*loop cannot be read.*\[SOCOMM_DIRECTORY_INVALID\]\n$/) as string,
    });
  });

  test.runIf(process.getuid?.() === 0)('because it is another user’s, is told with what to do', async () => {
    const place = new Place();
    await place.socomm('set', 'acme', '/a/b', '1');
    chmodSync(place.folder, 0o755);
    chmodSync(place.stores, 0o755);
    chmodSync(join(place.stores, 'acme'), 0o700);
    const nobody = { uid: 65_534 };
    const listed = await place.run(['ls'], nobody);
    expect(listed).toMatchObject({ code: 4, out: expect.stringContaining('unreadable (EACCES)') as string });
    for (const command of [
      ['get', 'acme'],
      ['status', 'acme'],
      ['remove', 'acme', '--yes'],
    ]) {
      const { code, err } = await place.run(command, nobody);
      expect(code).toBe(1);
      expect(err).toMatch(/^error: .*acme cannot be read by this user.*\[SOCOMM_STORE_FOREIGN\]\n$/);
    }
  });
});

describe('a folder', () => {
  test.each([
    ['get', 'acme', '--directory', ''],
    ['ls', '--directory', ''],
    ['set', 'acme', '/a/b', '1', '--runtime-directory', ''],
    ['demo', '--directory', ''],
  ])('without a name is a usage error: %s %s %s %s', async (...args) => {
    const place = new PlaceHere();
    const { code, err } = await place.socomm(...args);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/^error: --(runtime-)?directory needs a path/) as string });
    expect(readdirSync(place.stores)).toEqual([]);
  });

  test('without a name is a mistake of the programmer', async () => {
    await expect(inspectGroup('acme', { directory: '' })).rejects.toThrow(TypeError);
    await expect(inspectGroup('acme', { directory: folderOf(), runtimeDirectory: '' })).rejects.toThrow(TypeError);
    await expect(removeGroup('acme', { directory: '' })).rejects.toThrow(TypeError);
    await expect(listGroups({ directory: '' })).rejects.toThrow(TypeError);
  });

  test('that was named and is not there is not found', async () => {
    const place = new PlaceHere();
    const missing = join(place.folder, 'nope');
    expect(await place.socomm('ls', '--directory', missing)).toEqual({
      code: 3,
      out: '',
      err: `error: there is no folder ${missing}\n`,
    });
    writeFileSync(missing, '');
    expect(await place.socomm('ls', '--directory', missing)).toMatchObject({ code: 3 });
    expect(await place.run(['ls'], { variables: { SOCOMM_DIRECTORY: join(place.folder, 'not-yet') } })).toMatchObject({ code: 0 });
  });
});

describe('a file to export to', () => {
  test('lies in a folder that is there, and is a file', async () => {
    const place = new PlaceHere();
    await place.socomm('set', 'acme', '/presets/a', '1');
    const missing = join(place.folder, 'none');
    expect(await place.socomm('export', 'acme', join(missing, 'x.json'))).toEqual({
      code: 3,
      out: '',
      err: `error: there is no folder ${missing}\n`,
    });
    const folder = join(place.folder, 'there');
    mkdirSync(folder);
    for (const target of [folder, `${folder}/`])
      expect(await place.socomm('export', 'acme', target)).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringContaining(`${target} is a folder`) as string,
      });
    expect(await place.socomm('export', 'acme', '')).toMatchObject({ code: 2 });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is never a device, which would be replaced', async () => {
    const place = new PlaceHere();
    await place.socomm('set', 'acme', '/presets/a', '1');
    // A link, so that a mistake costs nothing.
    const link = join(place.folder, 'device');
    symlinkSync('/dev/null', link);
    expect(await place.socomm('export', 'acme', link)).toMatchObject({
      code: 2,
      err: expect.stringContaining('no regular file') as string,
    });
  });
});

test('removing a store takes what was killed while it wrote', async () => {
  const place = new PlaceHere();
  expect(await place.socomm('set', 'acme', '/a/a', '1')).toMatchObject({ code: 0 });
  for (const name of ['owner.json.new', 'store.json.new']) writeFileSync(join(place.stores, 'acme', name), '{');
  expect(await place.socomm('remove', 'acme', '--yes')).toMatchObject({ code: 0 });
  expect(readdirSync(place.stores)).toEqual([]);
});

test('removing a store takes the sockets of those who were killed', async () => {
  const place = new PlaceHere();
  const holder = await place.hold('acme');
  const sockets = join(place.folder, 'r');
  expect(readdirSync(sockets)).not.toEqual([]);
  holder.process.kill('SIGKILL');
  await holder.ended;
  expect(readdirSync(sockets)).not.toEqual([]);
  expect(await place.socomm('remove', 'acme', '--yes')).toMatchObject({ code: 0 });
  expect(readdirSync(sockets)).toEqual([]);
});
