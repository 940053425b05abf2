import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { Place } from './processes.js';

/** A group that nobody runs. */
async function stored(): Promise<Place> {
  const place = new Place();
  expect(await place.socomm('set', 'acme', '/presets/pad', '{"name":"Pad"}')).toMatchObject({ code: 0 });
  return place;
}

async function read(place: Place, group = 'acme', path = '/presets'): Promise<unknown> {
  return JSON.parse((await place.socomm('get', group, path)).out);
}

describe('backup', () => {
  test('writes a file that can be restored here, and where there is nothing yet', async () => {
    const place = await stored();
    const file = join(place.folder, 'b.socomm');
    const { code, out } = await place.socomm('backup', 'acme', file);
    expect(code).toBe(0);
    expect(out).toBe(`1 document in ${file} (${statSync(file).size} B), read back and found whole\n`);
    await place.socomm('set', 'acme', '/presets/later', '1');
    const restored = await place.socomm('restore', 'acme', file);
    expect(restored).toMatchObject({ code: 0 });
    expect(restored.out).toMatch(
      /^1 document restored in .*\/acme\nthe store that was there is kept in .*\/backups\/replaced-\w{8}-by-\w{8}\n$/,
    );
    expect(await read(place)).toEqual({ pad: { name: 'Pad' } });
    rmSync(join(place.stores, 'acme'), { recursive: true });
    expect(await place.socomm('restore', 'acme', file)).toMatchObject({
      code: 0,
      out: expect.stringContaining('there was no store before') as string,
    });
    expect(await read(place)).toEqual({ pad: { name: 'Pad' } });
    expect(await place.socomm('doctor', 'acme')).toMatchObject({ code: 0, out: expect.stringContaining('acme  sound') as string });
  });

  test('is made of a running group by its writer, relative to who asks, and holds what was set just before', async () => {
    const place = new Place();
    const holder = await place.hold('acme');
    await holder.set('presets', 'pad', 1);
    const file = join(place.folder, 'live.socomm');
    expect(await place.socomm('backup', 'acme', file, '--json')).toMatchObject({ code: 0, err: '' });
    await holder.set('presets', 'later', 1);
    const { code, err } = await place.socomm('restore', 'acme', file);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`pid ${holder.process.pid}`) as string });
    await holder.end();
    expect(await read(place)).toEqual({ pad: 1, later: 1 });
    expect(await place.socomm('restore', 'acme', file)).toMatchObject({ code: 0 });
    expect(await read(place)).toEqual({ pad: 1 });
  });

  test('writes over nothing, and says what is wrong with where it should go', async () => {
    const place = await stored();
    const file = join(place.folder, 'there');
    writeFileSync(file, 'mine');
    expect(await place.socomm('backup', 'acme', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_TARGET_EXISTS]') as string,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await place.socomm('backup', 'acme', place.folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_TARGET_EXISTS]') as string,
    });
    const missing = join(place.folder, 'no', 'such');
    const { code, err } = await place.socomm('backup', 'acme', missing);
    expect(code).toBe(1);
    expect(err).toContain(`the folder ${join(place.folder, 'no')} does not exist: make it first`);
    expect(err).toContain('[SOCOMM_TARGET_INVALID]');
    expect(await place.socomm('backup', 'acme', join(file, 'below'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('ENOTDIR') as string,
    });
    expect(await place.socomm('backup', 'nobody', join(place.folder, 'x'))).toMatchObject({ code: 3 });
    expect(readdirSync(place.folder).filter((name) => name.includes('.new'))).toEqual([]);
    expect(readdirSync(place.stores)).toEqual(['acme']);
  });
});

describe('restore', () => {
  test('is refused while a peer lives, a stopped one too, and changes nothing then', async () => {
    const place = await stored();
    const file = join(place.folder, 'b.socomm');
    await place.socomm('backup', 'acme', file);
    const holder = await place.hold('acme', 'never');
    holder.process.kill('SIGSTOP');
    const before = place.fingerprint('acme').filter((line) => !line.startsWith('peers'));
    const { code, err } = await place.socomm('restore', 'acme', file);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('a stopped one counts as alive. [SOCOMM_STORE_IN_USE]') as string,
    });
    expect(place.fingerprint('acme').filter((line) => !line.startsWith('peers'))).toEqual(before);
    holder.process.kill('SIGKILL');
    await holder.ended;
    expect(await place.socomm('restore', 'acme', file)).toMatchObject({ code: 0 });
  });

  test('takes no file that is damaged, none of another group, and nothing that is none', async () => {
    const place = await stored();
    const file = join(place.folder, 'b.socomm');
    await place.socomm('backup', 'acme', file);
    const before = place.fingerprint('acme');
    const damaged = join(place.folder, 'damaged.socomm');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(damaged, bytes);
    expect(await place.socomm('restore', 'acme', damaged)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_BACKUP_DAMAGED]') as string,
    });
    expect(await place.socomm('doctor', '--file', damaged)).toMatchObject({ code: 1 });
    expect(await place.socomm('restore', 'other', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_STORE_MISMATCH]') as string,
    });
    expect(await place.socomm('restore', 'acme', join(place.folder, 'none'))).toMatchObject({ code: 3 });
    expect(place.fingerprint('acme')).toEqual(before);
    expect(existsSync(join(place.stores, 'other'))).toBe(false);
  });

  test('undoes itself with what it kept', async () => {
    const place = await stored();
    const file = join(place.folder, 'b.socomm');
    await place.socomm('backup', 'acme', file);
    await place.socomm('set', 'acme', '/presets/later', '1');
    const { kept } = JSON.parse((await place.socomm('restore', 'acme', file, '--json')).out) as { kept: string };
    expect(await place.socomm('restore', 'acme', kept)).toMatchObject({ code: 0 });
    expect(await read(place)).toEqual({ pad: { name: 'Pad' }, later: 1 });
  });
});

describe('checkpoints', () => {
  test('are made, listed, restored and removed, while the group runs', async () => {
    const place = new Place();
    const holder = await place.hold('acme');
    await holder.set('presets', 'pad', 1);
    expect(await place.socomm('checkpoints', 'acme')).toMatchObject({ code: 0, out: '', err: 'acme has no checkpoints\n' });
    expect(await place.socomm('checkpoints', 'acme', 'make', 'before the gig')).toMatchObject({ code: 0, err: '' });
    await holder.set('presets', 'pad', 2);
    expect((await place.socomm('checkpoints', 'acme')).out).toMatch(
      /^MADE \(UTC\) +SIZE +NAME\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ B +before the gig\n$/,
    );
    expect(await place.socomm('checkpoints', 'acme', 'restore', 'before the gig')).toMatchObject({
      code: 0,
      out: 'main restored to "before the gig"; on disk\n',
    });
    expect(await read(place)).toEqual({ pad: 1 });
    expect(await place.socomm('checkpoints', 'acme', 'make', 'before the gig')).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_TARGET_EXISTS]') as string,
    });
    expect(await place.socomm('checkpoints', 'acme', 'remove', 'before the gig')).toMatchObject({ code: 0 });
    expect(await place.socomm('checkpoints', 'acme', 'restore', 'before the gig')).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_CHECKPOINT_UNKNOWN]') as string,
    });
    await holder.end();
  });

  test.each([
    [['make'], 'which checkpoint to make is missing'],
    [['list', 'x'], 'list takes no name'],
    [['frob', 'x'], 'choose list, make, restore, remove'],
    [['make', 'a\nb'], '1 to 100 characters'],
    [['make', 'x'.repeat(101)], '1 to 100 characters'],
  ])('are not touched by %j, a usage error', async (args, text) => {
    const place = new Place();
    const { code, err } = await place.socomm('checkpoints', 'acme', ...args);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(text) as string });
    expect(readdirSync(place.stores)).toEqual([]);
  });
});

describe('merge', () => {
  test('keeps the edits of both sides, says what came, and the second time that nothing did', async () => {
    const place = await stored();
    const file = join(place.folder, 'b.socomm');
    await place.socomm('backup', 'acme', file);
    const away = join(place.folder, 'away');
    expect(await place.socomm('restore', 'acme', file, '--directory', away)).toMatchObject({ code: 0 });
    await place.socomm('set', 'acme', '/presets/away', '1', '--directory', away);
    await place.socomm('delete', 'acme', '/presets/pad', '--directory', away);
    await place.socomm('set', 'acme', '/presets/here', '2');
    const before = readdirSync(away).sort();
    const { code, out } = await place.socomm('merge', 'acme', away);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^\/presets: 1 entry added, 0 changed, 1 removed\nmerged; on disk \(term \d+\)\n$/) as string,
    });
    expect(readdirSync(away).sort()).toEqual(before);
    expect(await read(place)).toEqual({ away: 1, here: 2 });
    expect(await place.socomm('merge', 'acme', away)).toMatchObject({ code: 0, out: 'nothing was new\n' });
  });

  test('takes another group only when told to, and never itself', async () => {
    const place = await stored();
    await place.socomm('set', 'other', '/presets/other', '1');
    const other = join(place.stores, 'other');
    expect(await place.socomm('merge', 'acme', other)).toMatchObject({ code: 1, err: expect.stringContaining('--any-group') as string });
    expect(await place.socomm('merge', 'acme', other, '--any-group')).toMatchObject({ code: 0 });
    expect(await read(place)).toEqual({ pad: { name: 'Pad' }, other: 1 });
    expect(await place.socomm('merge', 'acme', join(place.stores, 'acme'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('itself') as string,
    });
    expect(await place.socomm('merge', 'acme', join(place.stores, 'none'))).toMatchObject({ code: 3 });
    expect(await place.socomm('merge', 'nobody', other)).toMatchObject({ code: 3 });
    mkdirSync(join(place.folder, 'empty'));
    expect(await place.socomm('merge', 'acme', join(place.folder, 'empty'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_DIRECTORY_INVALID]') as string,
    });
  });
});

describe('compact', () => {
  test('says what documents took and take', async () => {
    const place = await stored();
    expect((await place.socomm('compact', 'acme')).out).toMatch(/^documents took [\d.]+ k?B, and take [\d.]+ k?B now\n$/);
    expect(await place.socomm('compact', 'nobody')).toMatchObject({ code: 3 });
    expect(await read(place)).toEqual({ pad: { name: 'Pad' } });
  });
});

describe('doctor', () => {
  test('changes no byte of a sound store, of all groups or of one directory', async () => {
    const place = await stored();
    const before = place.fingerprint('acme');
    for (const args of [[], ['acme'], ['--directory', join(place.stores, 'acme')]]) {
      expect(await place.socomm('doctor', ...args)).toMatchObject({ code: 0, out: expect.stringMatching(/^acme {2}sound\n/) as string });
    }
    expect(await place.socomm('doctor', 'acme', '--repair')).toMatchObject({
      code: 0,
      out: 'acme: nothing is damaged, and nothing was changed\n',
    });
    expect(place.fingerprint('acme')).toEqual(before);
    expect(await place.socomm('doctor', 'nobody')).toMatchObject({ code: 3 });
    expect(await place.socomm('doctor', '--repair')).toMatchObject({ code: 2 });
  });

  test('says of a running group what it can, and repairs nothing', async () => {
    const place = await stored();
    const holder = await place.hold('acme');
    const { code, out } = await place.socomm('doctor', 'acme');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(`group acme is run by pid ${holder.process.pid}`) as string });
    expect(await place.socomm('doctor', 'acme', '--repair')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`pid ${holder.process.pid}`) as string,
    });
    await holder.end();
  });

  test.each([
    ['store.json', (store: string) => writeFileSync(join(store, 'store.json'), '{')],
    ['CURRENT', (store: string) => rmSync(join(store, 'level', 'CURRENT'))],
  ])('finds a lost %s, changes nothing, and repairs it when asked', async (_, damage) => {
    const place = await stored();
    damage(join(place.stores, 'acme'));
    const before = place.fingerprint('acme');
    const { code, out } = await place.socomm('doctor', 'acme');
    expect({ code, out }).toEqual({
      code: 1,
      out: expect.stringMatching(/^acme {2}1 finding\n[\s\S]* {2}damage {3}[\s\S]*socomm doctor --repair/) as string,
    });
    expect(place.fingerprint('acme')).toEqual(before);
    const repaired = await place.socomm('doctor', 'acme', '--repair');
    expect(repaired).toMatchObject({ code: 4, err: '' });
    expect(repaired.out).toContain('the damaged store is kept in');
    expect(await read(place)).toEqual({ pad: { name: 'Pad' } });
    expect(await place.socomm('doctor', 'acme')).toMatchObject({ code: 0 });
  });

  test('brings back from a checkpoint what the store has lost', async () => {
    const place = await stored();
    await place.socomm('checkpoints', 'acme', 'make', 'one');
    for (const name of readdirSync(join(place.stores, 'acme', 'level'))) {
      if (/\.(ldb|log)$/.test(name)) writeFileSync(join(place.stores, 'acme', 'level', name), '');
    }
    expect(await place.socomm('doctor', 'acme')).toMatchObject({ code: 1 });
    const { code, out } = await place.socomm('doctor', 'acme', '--repair');
    expect({ code, out }).toEqual({ code: 4, out: expect.stringContaining('document main: what checkpoints/one-') as string });
    expect(await read(place)).toEqual({ pad: { name: 'Pad' } });
  });
});
