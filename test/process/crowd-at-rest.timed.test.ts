/** Twelve processes in which nothing happens: most are pulsed each other second only, and who stops is known as soon as ever. Its times are held on a machine of its own. */

import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { ESM, Place, agreedWriter, equalDigests } from './members.js';
import type { Remote } from './members.js';
import { until } from './until.js';

/** More than twice the watchers, or nobody would rest (docs/PROTOCOL.md, "Rest"). */
const PEERS = 12;
const WATCHERS = 4;
/** Nothing has happened for 3 s, and a pulse or two has said so. */
const REST_BEGINS_MS = 5000;
const COUNTED_MS = 6000;
/** Of a pulse each other second; one each second makes five at least. */
const FRAMES_AT_REST_MAX = 4;
/** Three seconds by the product's word, and what calls to other processes take here. */
const STALL_KNOWN_MS = 3000 + 200;
/** As long, but of a peer that stops right after its answer nothing is left of that (docs/PROTOCOL.md, "Rest"). */
const SILENCE_KNOWN_MS = 3000 + 500;
const CHANGE_SEEN_MS = 500;
/** Most of it is waiting for rest, and counting in it. */
const TEST_MS = 60_000;

test(
  'of twelve at rest seven are pulsed each other second; a stopped writer, and a stopped one of the seven, are known as soon as ever',
  { timeout: TEST_MS },
  async () => {
    const place = new Place();
    const all = await Promise.all(Array.from({ length: PEERS }, (_, index) => place.fork().join(`peer-${index}`, ESM)));
    const writer = await agreedWriter(all);
    const followers = all.filter((remote) => remote !== writer);
    await writer.set('first', 1);
    await equalDigests(all);
    await writer.flush();

    await sleep(REST_BEGINS_MS);
    const resting = await whoRests(followers);
    const inOrder = followers.toSorted((one, other) => (one.peer < other.peer ? -1 : 1));
    expect(resting.map(({ as }) => as).sort()).toEqual(
      inOrder
        .slice(WATCHERS)
        .map(({ as }) => as)
        .sort(),
    );

    const [first, last] = [resting[0] as Remote, resting.at(-1) as Remote];
    await first.set('by-one-at-rest', 2);
    for (const remote of followers) if (remote !== first) await remote.hears('observed', isOf('by-one-at-rest'), CHANGE_SEEN_MS);

    await sleep(REST_BEGINS_MS);
    expect(await whoRests(followers)).toHaveLength(resting.length);
    const stoppedMs = stop(writer);
    const told = await Promise.all(
      followers.map(async (remote) => {
        const { detail } = await remote.hears('stalled');
        return { detail, ms: stoppedMs() };
      }),
    );
    report(
      'a writer that stopped at rest',
      told.map(({ ms }) => ms),
    );
    for (const { detail } of told) expect(detail).toMatchObject({ writer: { id: writer.peer }, reason: 'writer-silent' });
    expect(Math.max(...told.map(({ ms }) => ms))).toBeLessThan(STALL_KNOWN_MS);
    writer.member.signal('SIGCONT');
    for (const remote of followers) await remote.hears('recovered');

    await sleep(REST_BEGINS_MS);
    const silentMs = stop(last);
    await until('the writer knows who has stopped', async () =>
      (await writer.inspect()).peers.some(({ id, isSilent }) => id === last.peer && isSilent),
    );
    const knownMs = silentMs();
    report('one of the seven that stopped', [knownMs]);
    expect(knownMs).toBeLessThan(SILENCE_KNOWN_MS);
    last.member.signal('SIGCONT');
    await equalDigests(all);
    for (const remote of followers) expect(remote.heard('stalled')).toHaveLength(1);
  },
);

/** Those to whom fewer frames came than a pulse each second brings. */
async function whoRests(remotes: readonly Remote[]): Promise<Remote[]> {
  const before = await Promise.all(remotes.map(framesIn));
  await sleep(COUNTED_MS);
  const after = await Promise.all(remotes.map(framesIn));
  return remotes.filter((_, index) => (after[index] ?? NaN) - (before[index] ?? NaN) <= FRAMES_AT_REST_MAX);
}

async function framesIn(remote: Remote): Promise<number> {
  return (await remote.inspect()).traffic.framesIn;
}

/** Stops its process; what it returns says how long ago. */
function stop(remote: Remote): () => number {
  remote.member.signal('SIGSTOP');
  const stoppedAt = performance.now();
  return () => performance.now() - stoppedAt;
}

function isOf(key: string): (detail: Readonly<Record<string, unknown>>) => boolean {
  return ({ keys }) => (keys as string[]).includes(key);
}

function report(what: string, ms: readonly number[]): void {
  console.log(`${what} was known after ${Math.min(...ms).toFixed(0)} to ${Math.max(...ms).toFixed(0)} ms`);
}
