/** A writer that blocks its loop stops nothing but the disk, and that is told in time: the bar of 3.2 s is held on a machine of its own. */

import { expect, test } from 'vitest';

import { CJS, ESM, Place, agreedWriter, equalDigests } from './members.js';
import type { Remote } from './members.js';

const STALL_MS = 3000;
/** A second for the pulse that came last before the block, and room for a busy machine. */
const STALL_SEEN_MS = STALL_MS + 1000;
const BLOCKED_MS = 5000;
/** The pulse before the block is at most a second old, so that a quiet machine tells it sooner. */
const STALL_TOLD_MS = STALL_MS + 200;

test('while the writer blocks its loop the others go on and are told within 3.2 s; when it returns, so does the disk, and no term falls', async () => {
  const place = new Place();
  const remotes = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS), place.fork().join('c', ESM)]);
  const writer = await agreedWriter(remotes);
  const others = remotes.filter((remote) => remote !== writer) as [Remote, Remote];
  await writer.set('of-writer', 0);
  const { term } = await others[0].flush();
  await equalDigests(remotes);
  const blocked = writer.ask('block', { ms: BLOCKED_MS });
  const blockedAt = performance.now();

  const flush = others[0].flush();
  const told = others.map(async (remote) => {
    const { detail } = await remote.hears('stalled', undefined, STALL_SEEN_MS);
    return { detail, afterMs: performance.now() - blockedAt };
  });
  for (const [index, remote] of others.entries()) await remote.set(`while-blocked-${index}`, index);
  await equalDigests(others);
  const synchronizedAfterMs = performance.now() - blockedAt;
  expect(synchronizedAfterMs).toBeLessThan(STALL_MS - 1000);
  for (const { detail, afterMs } of await Promise.all(told)) {
    console.log(`stalled was told ${afterMs.toFixed(0)} ms after the loop was blocked`);
    expect(detail).toEqual({ writer: { id: writer.peer, term }, reason: 'writer-silent' });
    expect(afterMs).toBeLessThan(STALL_TOLD_MS);
  }
  const found = await others[1].inspect();
  expect(found).toMatchObject({ isStalled: true, stallReason: 'writer-silent' });
  expect(found.stallText).toContain('stopped or busy');

  await blocked;
  expect(performance.now() - blockedAt).toBeGreaterThan(BLOCKED_MS - 50);
  for (const remote of others) await remote.hears('recovered', undefined, STALL_SEEN_MS);
  expect((await flush).term).toBeGreaterThanOrEqual(term);
  await equalDigests(remotes);
  await others[1].flush();
  for (const remote of remotes) {
    const terms = remote.heard('writer-changed').flatMap(({ detail }) => (detail['writer'] as { term: number } | undefined)?.term ?? []);
    expect(terms).toEqual([...terms].sort((a, b) => a - b));
  }
  await place.killAll();
  const later = await place.fork().join('later', ESM);
  expect(await later.content()).toEqual({ 'of-writer': 0, 'while-blocked-0': 0, 'while-blocked-1': 1 });
});
