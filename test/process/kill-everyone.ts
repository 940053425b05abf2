/** Everyone is killed after every acknowledgement, over and over on one store: whatever was acknowledged is there each time, deletions too. */

import { expect } from 'vitest';

import { bundleBuild } from './bundle.js';
import { CJS, ESM, Place } from './members.js';
import type { Remote } from './members.js';

/** Of ten rounds, one with each build: it is the store that is asked, and a bundle loads in a third of the time. */
const ROUNDS_OF_EACH = 10;

/** Two peers in one process each time, a fresh one in its place: one writes the store, the other follows. They take turns. */
export async function killEveryone(times: number): Promise<void> {
  const place = new Place();
  const bundle = bundleBuild(place.folder);
  const expected: Record<string, unknown> = {};
  const startedAt = performance.now();
  let next = place.fork();
  for (let round = 0; round < times; round++) {
    const member = next;
    // It starts while this one works.
    next = place.fork();
    // One copy is enough, and loads faster: what two copies have in common is the store, as two peers do.
    const build = [ESM, CJS][round % ROUNDS_OF_EACH] ?? bundle;
    const options = { replica: 'own' } as const;
    const both = [await member.join('first', build, { options }), await member.join('second', build, { options })] as const;
    const [acting, other] = round % 2 === 0 ? both : ([both[1], both[0]] as const);
    expect(await other.content()).toEqual(expected);
    if (round % 3 === 2) await removeOne(acting, `preset-${round - 2}`, expected);
    else await setOne(acting, `preset-${round}`, round, expected);
    await acting.flush();
    await member.kill();
  }
  expect(await (await next.join('last', ESM)).content()).toEqual(expected);
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`everyone killed ${times} times in ${seconds.toFixed(1)} s, ${Object.keys(expected).length} presets left, none lost`);
}

async function setOne(remote: Remote, key: string, value: unknown, expected: Record<string, unknown>): Promise<void> {
  await remote.set(key, value);
  expected[key] = value;
}

async function removeOne(remote: Remote, key: string, expected: Record<string, unknown>): Promise<void> {
  await remote.remove(key);
  delete expected[key];
}
