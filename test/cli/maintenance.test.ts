import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { readHere, runHere, storedHere } from './in-process.js';
import { Place } from './processes.js';

describe('backup', () => {
  test('writes a file that can be restored here, and where there is nothing yet', async () => {
    const place = await storedHere();
    const file = join(place.folder, 'b.socomm');
    const { code, out } = await runHere(place, 'backup', 'acme', file);
    expect(code).toBe(0);
    expect(out).toBe(`1 document in ${file} (${statSync(file).size} B), read back and found whole\n`);
    await runHere(place, 'set', 'acme', '/presets/later', '1');
    const restored = await place.socomm('restore', 'acme', file);
    expect(restored).toMatchObject({ code: 0 });
    expect(restored.out).toMatch(
      /^1 document restored in .*\/acme\nthe store that was there is kept in .*\/backups\/replaced-\w{8}-by-\w{8}\n$/,
    );
    expect(await readHere(place)).toEqual({ pad: { name: 'Pad' } });
    rmSync(join(place.stores, 'acme'), { recursive: true });
    expect(await runHere(place, 'restore', 'acme', file)).toMatchObject({
      code: 0,
      out: expect.stringContaining('there was no store before') as string,
    });
    expect(await readHere(place)).toEqual({ pad: { name: 'Pad' } });
    expect(await runHere(place, 'doctor', 'acme')).toMatchObject({ code: 0, out: expect.stringContaining('acme  sound') as string });
  });

  test('is made of a running group by its writer, relative to who asks, and holds what was set just before', async () => {
    const place = new Place();
    const holder = await place.hold('acme');
    await holder.set('presets', 'pad', 1);
    const file = join(place.folder, 'live.socomm');
    expect(await runHere(place, 'backup', 'acme', file, '--json')).toMatchObject({ code: 0, err: '' });
    await holder.set('presets', 'later', 1);
    const { code, err } = await runHere(place, 'restore', 'acme', file);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`pid ${holder.process.pid}`) as string });
    await holder.end();
    expect(await readHere(place)).toEqual({ pad: 1, later: 1 });
    expect(await runHere(place, 'restore', 'acme', file)).toMatchObject({ code: 0 });
    expect(await readHere(place)).toEqual({ pad: 1 });
  });

  test('writes over nothing, and says what is wrong with where it should go', async () => {
    const place = await storedHere();
    const file = join(place.folder, 'there');
    writeFileSync(file, 'mine');
    expect(await runHere(place, 'backup', 'acme', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_TARGET_EXISTS]') as string,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await runHere(place, 'backup', 'acme', place.folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_TARGET_EXISTS]') as string,
    });
    expect(await runHere(place, 'backup', 'acme', '')).toMatchObject({ code: 2, err: expect.stringContaining('needs a name') as string });
    expect((await runHere(place, 'backup', 'acme', join(place.folder, 'x'.repeat(300)))).err).toContain('choose a shorter name');
    const missing = join(place.folder, 'no', 'such');
    const { code, err } = await runHere(place, 'backup', 'acme', missing);
    expect(code).toBe(1);
    expect(err).toContain(`the folder ${join(place.folder, 'no')} does not exist: make it first`);
    expect(err).toContain('[SOCOMM_TARGET_INVALID]');
    expect(await runHere(place, 'backup', 'acme', join(file, 'below'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('ENOTDIR') as string,
    });
    expect(await runHere(place, 'backup', 'nobody', join(place.folder, 'x'))).toMatchObject({ code: 3 });
    expect(readdirSync(place.folder).filter((name) => name.includes('.new'))).toEqual([]);
    expect(readdirSync(place.stores)).toEqual(['acme']);
  });
});

describe('restore', () => {
  test('is refused while a peer lives, a stopped one too, and changes nothing then', async () => {
    const place = await storedHere();
    const file = join(place.folder, 'b.socomm');
    await runHere(place, 'backup', 'acme', file);
    const holder = await place.hold('acme', 'never');
    holder.process.kill('SIGSTOP');
    const before = place.fingerprint('acme').filter((line) => !line.startsWith('peers'));
    const { code, err } = await runHere(place, 'restore', 'acme', file);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('a stopped one counts as alive. [SOCOMM_STORE_IN_USE]') as string,
    });
    expect(place.fingerprint('acme').filter((line) => !line.startsWith('peers'))).toEqual(before);
    holder.process.kill('SIGKILL');
    await holder.ended;
    expect(await runHere(place, 'restore', 'acme', file)).toMatchObject({ code: 0 });
  });

  test('takes no file that is damaged, none of another group, and nothing that is none', async () => {
    const place = await storedHere();
    const file = join(place.folder, 'b.socomm');
    await runHere(place, 'backup', 'acme', file);
    const before = place.fingerprint('acme');
    const damaged = join(place.folder, 'damaged.socomm');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(damaged, bytes);
    expect(await runHere(place, 'restore', 'acme', damaged)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_BACKUP_DAMAGED]') as string,
    });
    expect(await runHere(place, 'doctor', '--file', damaged)).toMatchObject({ code: 1 });
    expect(await runHere(place, 'restore', 'other', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_STORE_MISMATCH]') as string,
    });
    expect(await runHere(place, 'restore', 'acme', join(place.folder, 'none'))).toMatchObject({ code: 3 });
    expect(await runHere(place, 'restore', 'acme', join(place.stores, 'acme'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('itself') as string,
    });
    expect(place.fingerprint('acme')).toEqual(before);
    expect(existsSync(join(place.stores, 'other'))).toBe(false);
  });

  test('undoes itself with what it kept', async () => {
    const place = await storedHere();
    const file = join(place.folder, 'b.socomm');
    await runHere(place, 'backup', 'acme', file);
    await runHere(place, 'set', 'acme', '/presets/later', '1');
    const { kept } = JSON.parse((await runHere(place, 'restore', 'acme', file, '--json')).out) as { kept: string };
    expect(await runHere(place, 'restore', 'acme', kept)).toMatchObject({ code: 0 });
    expect(await readHere(place)).toEqual({ pad: { name: 'Pad' }, later: 1 });
  });
});

describe('checkpoints', () => {
  test('are made, listed, restored and removed, while the group runs', async () => {
    const place = new Place();
    const holder = await place.hold('acme');
    await holder.set('presets', 'pad', 1);
    expect(await runHere(place, 'checkpoints', 'acme')).toMatchObject({ code: 0, out: '', err: 'acme has no checkpoints\n' });
    expect(await runHere(place, 'checkpoints', 'acme', 'make', 'before the gig')).toMatchObject({ code: 0, err: '' });
    await holder.set('presets', 'pad', 2);
    expect((await runHere(place, 'checkpoints', 'acme')).out).toMatch(
      /^MADE \(UTC\) +SIZE +NAME\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ B +before the gig\n$/,
    );
    expect(await runHere(place, 'checkpoints', 'acme', 'restore', 'before the gig')).toMatchObject({
      code: 0,
      out: 'main restored to "before the gig"; on disk\n',
    });
    expect(await readHere(place)).toEqual({ pad: 1 });
    expect(await runHere(place, 'checkpoints', 'acme', 'make', 'before the gig')).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_TARGET_EXISTS]') as string,
    });
    expect(await runHere(place, 'checkpoints', 'acme', 'remove', 'before the gig')).toMatchObject({ code: 0 });
    expect(await runHere(place, 'checkpoints', 'acme', 'restore', 'before the gig')).toMatchObject({
      code: 3,
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
    const { code, err } = await runHere(place, 'checkpoints', 'acme', ...args);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(text) as string });
    expect(readdirSync(place.stores)).toEqual([]);
  });
});

test('the command line in a process of its own does what it does here', async () => {
  const place = await storedHere();
  const file = join(place.folder, 'b.socomm');
  expect(await place.socomm('checkpoints', 'acme', 'make', 'one')).toMatchObject({ code: 0, err: '' });
  expect(await place.socomm('compact', 'acme')).toMatchObject({ code: 0, err: '' });
  expect(await place.socomm('backup', 'acme', file)).toMatchObject({ code: 0, err: '' });
  expect(await place.socomm('merge', 'acme', file)).toMatchObject({ code: 0, out: 'nothing was new\n', err: '' });
  expect(await place.socomm('doctor', '--file', file)).toMatchObject({ code: 0, err: '' });
});

test('a store of a newer version is not restored over, and can be removed', async () => {
  const place = await storedHere();
  const file = join(place.folder, 'b.socomm');
  await runHere(place, 'backup', 'acme', file);
  const path = join(place.stores, 'acme', 'store.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"format": \d+/, '"format": 99'));
  const before = place.fingerprint('acme');
  for (const args of [
    ['restore', 'acme', file],
    ['doctor', 'acme', '--repair'],
  ])
    expect((await runHere(place, ...args)).err, args.join(' ')).toContain('[SOCOMM_STORE_NEWER]');
  expect(place.fingerprint('acme').filter((line) => !line.startsWith('owner.lock') && !line.startsWith('peers'))).toEqual(
    before.filter((line) => !line.startsWith('owner.lock') && !line.startsWith('peers')),
  );
  expect(await runHere(place, 'remove', 'acme', '--yes')).toMatchObject({ code: 0 });
  expect(existsSync(join(place.stores, 'acme'))).toBe(false);
});

describe('merge', () => {
  test('keeps the edits of both sides, says what came, and the second time that nothing did', async () => {
    const place = await storedHere();
    const file = join(place.folder, 'b.socomm');
    await runHere(place, 'backup', 'acme', file);
    const away = join(place.folder, 'away');
    expect(await runHere(place, 'restore', 'acme', file, '--directory', away)).toMatchObject({ code: 0 });
    await runHere(place, 'set', 'acme', '/presets/away', '1', '--directory', away);
    await runHere(place, 'delete', 'acme', '/presets/pad', '--directory', away);
    await runHere(place, 'set', 'acme', '/presets/here', '2');
    const before = readdirSync(away).sort();
    const { code, out } = await runHere(place, 'merge', 'acme', away);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^\/presets: 1 entry added, 0 changed, 1 removed\nmerged; on disk \(term \d+\)\n$/) as string,
    });
    expect(readdirSync(away).sort()).toEqual(before);
    expect(await readHere(place)).toEqual({ away: 1, here: 2 });
    expect(await runHere(place, 'merge', 'acme', away)).toMatchObject({ code: 0, out: 'nothing was new\n' });
  });

  test('takes another group only when told to, and never itself', async () => {
    const place = await storedHere();
    await runHere(place, 'set', 'other', '/presets/other', '1');
    const other = join(place.stores, 'other');
    expect(await runHere(place, 'merge', 'acme', other)).toMatchObject({ code: 1, err: expect.stringContaining('--any-group') as string });
    expect(await runHere(place, 'merge', 'acme', other, '--any-group')).toMatchObject({ code: 0 });
    expect(await readHere(place)).toEqual({ pad: { name: 'Pad' }, other: 1 });
    expect(await runHere(place, 'merge', 'acme', join(place.stores, 'acme'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('itself') as string,
    });
    expect(await runHere(place, 'merge', 'acme', join(place.stores, 'none'))).toMatchObject({ code: 3 });
    expect(await runHere(place, 'merge', 'nobody', other)).toMatchObject({ code: 3 });
    mkdirSync(join(place.folder, 'empty'));
    expect(await runHere(place, 'merge', 'acme', join(place.folder, 'empty'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('[SOCOMM_DIRECTORY_INVALID]') as string,
    });
  });
});

describe('compact', () => {
  test('says what documents took and take', async () => {
    const place = await storedHere();
    expect((await runHere(place, 'compact', 'acme')).out).toMatch(/^documents took [\d.]+ k?B, and take [\d.]+ k?B now\n$/);
    expect(await runHere(place, 'compact', 'nobody')).toMatchObject({ code: 3 });
    expect(await readHere(place)).toEqual({ pad: { name: 'Pad' } });
  });
});
