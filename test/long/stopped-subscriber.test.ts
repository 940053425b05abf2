/** A peer that is stopped for a minute while another writes as fast as it can: what waits for it is bounded, and it catches up. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { CJS, ESM, Place, agreedWriter, equalDigests } from '../process/members.js';
import type { Member, Remote } from '../process/members.js';

const WARM_UP_MS = 20_000;
const STOPPED_MS = 60_000;
/** What may wait in ZeroMQ for a stopped peer (docs/LIMITS.md), and half as much again for what the allocator keeps. */
const GROWTH_BYTES_MAX = 1.5 * 128 * 1024 * 1024;
const LOOK_MS = 500;

for (const [what, bytes] of [
  ['single keys', 0],
  ['presets of 2.5 KB', 2500],
] as const) {
  test(`a subscriber stopped for a minute under a full load of ${what} costs bounded memory, and catches up when it goes on`, async () => {
    const place = new Place();
    const remotes = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS), place.fork().join('c', ESM)]);
    const writer = await agreedWriter(remotes);
    const [stopped, running] = remotes.filter((remote) => remote !== writer) as [Remote, Remote];

    const watched = { writer: writer.member, follower: running.member };
    const before = await load(writer, { ms: WARM_UP_MS, bytes, watched });
    stopped.member.signal('SIGSTOP');
    const during = await load(writer, { ms: STOPPED_MS, bytes, watched });
    const goingOn = load(writer, { ms: 3000, bytes, watched });
    stopped.member.signal('SIGCONT');
    await goingOn;
    await equalDigests(remotes, 60_000);
    await stopped.flush();

    console.log(`${what}: ${before.perSecond.toFixed(0)} changes/s before, ${during.perSecond.toFixed(0)} while one was stopped`);
    for (const who of ['writer', 'follower'] as const) {
      console.log(`the ${who}: resident ${mib(before.bytes[who])} MiB before, ${mib(during.bytes[who])} MiB at most while one was stopped`);
      expect(during.bytes[who] - before.bytes[who]).toBeLessThan(GROWTH_BYTES_MAX);
    }
    expect(during.count).toBeGreaterThan(1000);
  });
}

type Watched<Value> = Readonly<Record<'writer' | 'follower', Value>>;

interface Load {
  readonly ms: number;
  readonly bytes: number;
  readonly watched: Watched<Member>;
}

interface Loaded {
  readonly count: number;
  readonly perSecond: number;
  /** The most that each had resident. */
  readonly bytes: Watched<number>;
}

/** One key, so that the document itself stays small. */
async function load(remote: Remote, { ms, bytes, watched }: Load): Promise<Loaded> {
  const most = { writer: 0, follower: 0 };
  const look = setInterval(() => {
    for (const who of ['writer', 'follower'] as const) most[who] = Math.max(most[who], residentBytes(watched[who]));
  }, LOOK_MS);
  try {
    const count = await remote.ask<number>('load', { ms, bytes });
    return { count, perSecond: (count * 1000) / ms, bytes: most };
  } finally {
    clearInterval(look);
  }
}

function residentBytes({ pid }: Member): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
