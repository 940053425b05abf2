/** Copies of the package talk like processes do: ES module, CommonJS and a second copy of another version in one process, and one in another. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeAll, expect, onTestFinished, test } from 'vitest';

import { build } from '../../scripts/build.mjs';
import { copyPackage } from '../torture/copies.mjs';
import { CJS, ESM, TalkPlace } from './talk-processes.js';

beforeAll(async () => {
  expect((await build()).errors).toBe('');
}, 120_000);

test('topics, ephemeral values and presence reach every copy, in this process and in another', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-copy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const place = new TalkPlace();
  const there = await place.there(CJS);
  const copies = await Promise.all(
    [ESM, CJS, join(copyPackage(folder, '99.0.0'), 'dist/esm/src/index.js')].map((each) => place.here(each)),
  );
  const [first, ...others] = copies;
  if (first === undefined) throw new Error('no copy');
  expect(new Set(copies.map(({ constructor }) => constructor)).size).toBe(3);

  const heard = others.map((copy) => copy.topic('said').subscribe());
  const echoed = first.topic('heard').subscribe();
  await Promise.all([...heard, echoed].map(({ ready }) => ready));
  first.topic('said').publish({ bar: 4 });
  for (const subscription of heard)
    expect((await subscription.next()).value).toMatchObject({ value: { bar: 4 }, from: first.id, missed: 0 });
  expect((await echoed.next()).value).toMatchObject({ value: { value: { bar: 4 }, from: first.id }, from: there.id });

  first.presence.set({ place: 'here' });
  for (const copy of others) {
    const knobs = copy.ephemeral('knobs');
    await Promise.all([copy.presence.ready, knobs.ready]);
    expect(copy.presence.all.get(first.id)).toEqual({ place: 'here' });
    expect(copy.presence.all.get(there.id)).toEqual({ place: 'there' });
    expect(knobs.get('cutoff', there.id)).toBe(0.5);
  }
});
