/** A programmer's mistake is a TypeError at once, with the name of what is wrong, and nothing is made. */

import { existsSync } from 'node:fs';

import { expect, test } from 'vitest';

import { join } from '../../src/join.js';
import { GROUP, Place } from './members.js';

const WRONG_GROUPS: readonly unknown[] = [
  '',
  '.',
  '..',
  '.hidden',
  '-dash',
  'a/b',
  'a\\b',
  'a b',
  'ä',
  'a\0b',
  'x'.repeat(64),
  7,
  null,
  undefined,
  {},
];

for (const group of WRONG_GROUPS) {
  test(`a group called ${JSON.stringify(group)} is refused`, async () => {
    const place = new Place();
    const joined = join(group as string, { directory: place.store, runtimeDirectory: place.sockets });
    await expect(joined).rejects.toBeInstanceOf(TypeError);
    expect(existsSync(place.store)).toBe(false);
  });
}

const WRONG_OPTIONS: readonly [option: string, options: unknown][] = [
  ['options', null],
  ['options', 'here'],
  ['options', []],
  ['directroy', { directroy: '/somewhere' }],
  ['directory', { directory: '' }],
  ['directory', { directory: 7 }],
  ['runtimeDirectory', { runtimeDirectory: {} }],
  ['storage', { storage: 'always' }],
  ['storage', { storage: true }],
  ['wait', { wait: 'forever' }],
  ['replica', { replica: 'mine' }],
  ['signal', { signal: 'stop' }],
  ['log', { log: 'stdout' }],
  ['clock', { clock: 1 }],
  ['store', { store: '/somewhere' }],
];

for (const [option, options] of WRONG_OPTIONS) {
  test(`the options ${JSON.stringify(options)} are refused by the name of '${option}'`, async () => {
    const place = new Place();
    const all =
      typeof options === 'object' && options !== null && !Array.isArray(options)
        ? { directory: place.store, runtimeDirectory: place.sockets, ...options }
        : options;
    const joined = join(GROUP, all as object);
    await expect(joined).rejects.toBeInstanceOf(TypeError);
    await expect(joined).rejects.toThrow(option);
    expect(existsSync(place.store)).toBe(false);
  });
}

test('a join whose signal has been aborted is rejected with its reason, and nothing is made', async () => {
  const place = new Place();
  const reason = new Error('enough');
  const joined = join(GROUP, { directory: place.store, runtimeDirectory: place.sockets, signal: AbortSignal.abort(reason) });
  await expect(joined).rejects.toBe(reason);
  expect(existsSync(place.store)).toBe(false);
});
