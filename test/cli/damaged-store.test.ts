import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openDatabase } from '../../storage/level-open.js';
import { PlaceHere } from './in-process.js';
import type { Place } from './processes.js';

/** A stored group with two values, of which the record of the second does not verify any more. */
async function damaged(): Promise<Place> {
  const place = new PlaceHere();
  expect(await place.socomm('set', 'acme', '/presets/pad', '{"name":"Pad"}')).toMatchObject({ code: 0 });
  expect(await place.socomm('set', 'acme', '/presets/bass', '{"name":"Bass"}')).toMatchObject({ code: 0 });
  const database = await openDatabase(join(place.stores, 'acme', 'level'), 'present');
  try {
    const damaged: [string, Uint8Array][] = [];
    for await (const [key, value] of database.iterator({ gte: '', lt: '\uffff' })) {
      if (!Buffer.from(value).includes('Bass')) continue;
      const flipped = value.slice();
      flipped[flipped.length - 3] = (flipped.at(-3) ?? 0) ^ 0x10;
      damaged.push([key, flipped]);
    }
    expect(damaged).not.toEqual([]);
    for (const [key, value] of damaged) await database.batch([{ type: 'put', key, value }], { sync: true });
  } finally {
    await database.close();
  }
  return place;
}

test('is told by who looks at it, and what is sound is given, with 4', async () => {
  const place = await damaged();
  const before = place.fingerprint('acme');
  for (const command of [
    ['get', 'acme', '/presets/pad/name'],
    ['export', 'acme'],
    ['export', 'acme', join(place.folder, 'out.jsonl')],
  ]) {
    const { code, out, err } = await place.socomm(...command);
    expect({ code, err }, command.join(' ')).toEqual({ code: 4, err: expect.stringMatching(/^warning: .*main/) as string });
    expect(out).toMatch(/Pad|exported/);
  }
  const status = await place.socomm('status', 'acme');
  expect(status).toMatchObject({ code: 4, err: '' });
  expect(status.out).toContain('warning: ');
  const json = await place.socomm('status', 'acme', '--json');
  expect(json.code).toBe(4);
  expect((JSON.parse(json.out) as { damage: string[] }).damage).not.toEqual([]);
  expect(place.fingerprint('acme')).toEqual(before);
});

test('is told by who changes something in it', async () => {
  const place = await damaged();
  expect(await place.socomm('set', 'acme', '/presets/new', '1')).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^warning: .*\[store-damaged\]\n/) as string,
  });
});
