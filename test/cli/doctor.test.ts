import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { readHere, runHere, storedHere } from './in-process.js';

test('a store that has lost its store.json is no group that is missing: who looks is told, and who joins has all of it', async () => {
  const place = await storedHere();
  rmSync(join(place.stores, 'acme', 'store.json'));
  expect(await runHere(place, 'get', 'acme')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('[SOCOMM_STORE_DAMAGED]') as string,
  });
  expect(await runHere(place, 'doctor', 'acme')).toMatchObject({
    code: 1,
    out: expect.stringContaining('store.json is missing, and the database is there') as string,
  });
  expect((await runHere(place, 'ls')).out).toContain('acme');
  expect(await runHere(place, 'set', 'acme', '/presets/later', '1')).toMatchObject({ code: 0 });
  expect(await readHere(place)).toEqual({ pad: { name: 'Pad' }, later: 1 });
  expect(await runHere(place, 'doctor', 'acme')).toMatchObject({ code: 0 });
});

describe('doctor', () => {
  test('changes no byte of a sound store, of all groups or of one directory', async () => {
    const place = await storedHere();
    const before = place.fingerprint('acme');
    for (const args of [[], ['acme'], ['--directory', join(place.stores, 'acme')]]) {
      expect(await runHere(place, 'doctor', ...args)).toMatchObject({ code: 0, out: expect.stringMatching(/^acme {2}sound\n/) as string });
    }
    expect(await runHere(place, 'doctor', 'acme', '--repair')).toMatchObject({
      code: 0,
      out: 'acme: nothing is damaged, and nothing was changed\n',
    });
    expect(place.fingerprint('acme')).toEqual(before);
    expect(await runHere(place, 'doctor', 'nobody')).toMatchObject({ code: 3 });
    expect(await runHere(place, 'doctor', '--directory', join(place.stores, 'nobody'))).toMatchObject({ code: 3, out: '' });
    expect(await runHere(place, 'doctor', '--directory', place.folder)).toMatchObject({ code: 3, out: '' });
    expect(await runHere(place, 'doctor', '--directory', join(place.stores, 'acme', 'store.json'))).toMatchObject({ code: 1, out: '' });
    expect(await runHere(place, 'doctor', '--repair')).toMatchObject({ code: 2 });
    expect(JSON.parse((await runHere(place, 'doctor', 'acme', '--repair', '--json')).out)).toEqual({ group: 'acme', isRepaired: false });
  });

  test('shows the other groups where one cannot be looked at', async () => {
    const place = await storedHere();
    await runHere(place, 'set', 'newer', '/presets/pad', '1');
    const path = join(place.stores, 'newer', 'store.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('newer', 'another'));
    const { code, out } = await runHere(place, 'doctor');
    expect(code).toBe(1);
    expect(out).toMatch(/^acme {2}sound\n[\s\S]*newer {2}1 finding\n[\s\S]*\[SOCOMM_STORE_MISMATCH\]/);
  });

  test('says of a running group what it can, and repairs nothing', async () => {
    const place = await storedHere();
    const holder = await place.hold('acme');
    const { code, out } = await runHere(place, 'doctor', 'acme');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(`group acme is run by pid ${holder.process.pid}`) as string });
    expect(await runHere(place, 'doctor', 'acme', '--repair')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`pid ${holder.process.pid}`) as string,
    });
    await holder.end();
  });

  test.each([
    ['store.json', (store: string) => writeFileSync(join(store, 'store.json'), '{')],
    ['CURRENT', (store: string) => rmSync(join(store, 'level', 'CURRENT'))],
  ])('finds a lost %s, changes nothing, and repairs it when asked', async (_, damage) => {
    const place = await storedHere();
    damage(join(place.stores, 'acme'));
    const before = place.fingerprint('acme');
    const { code, out } = await runHere(place, 'doctor', 'acme');
    expect({ code, out }).toEqual({
      code: 1,
      out: expect.stringMatching(/^acme {2}\d findings?\n[\s\S]* {2}damage {3}[\s\S]*socomm doctor acme --repair/) as string,
    });
    expect(place.fingerprint('acme')).toEqual(before);
    const repaired = await runHere(place, 'doctor', 'acme', '--repair');
    expect(repaired).toMatchObject({ code: 4, err: '' });
    expect(repaired.out).toContain('the damaged store is kept in');
    expect(await readHere(place)).toEqual({ pad: { name: 'Pad' } });
    expect(await runHere(place, 'doctor', 'acme')).toMatchObject({ code: 0 });
  });

  test('brings back from a checkpoint what the store has lost', async () => {
    const place = await storedHere();
    await runHere(place, 'checkpoints', 'acme', 'make', 'one');
    for (const name of readdirSync(join(place.stores, 'acme', 'level'))) {
      if (/\.(ldb|log)$/.test(name)) writeFileSync(join(place.stores, 'acme', 'level', name), '');
    }
    expect(await runHere(place, 'doctor', 'acme')).toMatchObject({ code: 1 });
    const { code, out } = await runHere(place, 'doctor', 'acme', '--repair');
    expect({ code, out }).toEqual({ code: 4, out: expect.stringContaining('document main: what checkpoints/one-') as string });
    expect(await readHere(place)).toEqual({ pad: { name: 'Pad' } });
  });
});
