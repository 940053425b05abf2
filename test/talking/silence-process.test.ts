/** Presence between real processes: who is stopped is hidden within three seconds, who is killed is gone at once, and nobody is a ghost. */

import { describe, expect, it, test } from 'vitest';

import { CJS, ESM, Place, agreedWriter } from '../process/members.js';
import type { Remote } from '../process/members.js';
import { until } from '../process/until.js';

const SILENT_SEEN_MS = 3000;
/** The pulse that asks, and the word of who is silent, on a machine that is busy with other tests. */
const SLACK_MS = 500;
const KILLED_SEEN_MS = 1000;

interface Cast {
  readonly place: Place;
  readonly writer: Remote;
  readonly followers: readonly [Remote, Remote, Remote];
}

/** A writer and three followers, all of whom see each other. */
async function cast(): Promise<Cast> {
  const place = new Place();
  const builds = [ESM, CJS, ESM, CJS];
  const remotes = await Promise.all(builds.map((build, index) => place.fork().join(`remote-${index}`, build)));
  for (const remote of remotes) {
    await remote.ask('watchPresence');
    await remote.ask('present', { state: { name: remote.as } });
  }
  for (const remote of remotes) await sees(remote, remotes);
  const writer = await agreedWriter(remotes);
  return { place, writer, followers: remotes.filter((remote) => remote !== writer) as unknown as Cast['followers'] };
}

function sees(remote: Remote, seen: readonly Remote[]): Promise<unknown> {
  const ids = seen.map(({ id }) => id).sort((a, b) => a.localeCompare(b));
  return until(`${remote.as} sees ${ids.length} instances and no others`, async () => {
    const found = Object.keys(await remote.ask<object>('presences')).sort((a, b) => a.localeCompare(b));
    return found.join() === ids.join();
  });
}

/** When all of `witnesses` have been told that all of `gone` are removed, in milliseconds from now. */
async function goneAfter(witnesses: readonly Remote[], gone: readonly Remote[]): Promise<number> {
  const startedAt = performance.now();
  const isRemoved = (witness: Remote, { id }: Remote): boolean =>
    witness.heard('presence').some(({ detail }) => (detail['removed'] as string[]).includes(id));
  await until('all are told', () => witnesses.every((witness) => gone.every((each) => isRemoved(witness, each))), 10_000);
  return performance.now() - startedAt;
}

describe.each<readonly [who: string, pick: (cast: Cast) => readonly Remote[]]>([
  ['a follower', ({ followers }) => [followers[0]]],
  ['the writer', ({ writer }) => [writer]],
  ['the writer and a follower', ({ writer, followers }) => [writer, followers[2]]],
])('%s', (who, pick) => {
  it('that is stopped is hidden from all within three seconds, nobody else is, and it comes back when it goes on', async () => {
    const all = await cast();
    const stopped = pick(all);
    const remotes = [all.writer, ...all.followers];
    const running = remotes.filter((remote) => !stopped.includes(remote));
    for (const { member } of stopped) member.signal('SIGSTOP');
    const afterMs = await goneAfter(running, stopped);
    console.log(`${who}: hidden ${afterMs.toFixed(0)} ms after the stop`);
    expect(afterMs).toBeLessThan(SILENT_SEEN_MS + SLACK_MS);
    for (const remote of running) await sees(remote, running);
    for (const remote of running) {
      const removed = remote.heard('presence').flatMap(({ detail }) => detail['removed'] as string[]);
      expect(new Set(removed)).toEqual(new Set(stopped.map(({ id }) => id)));
    }
    for (const { member } of stopped) member.signal('SIGCONT');
    for (const remote of remotes) await sees(remote, remotes);
  });
});

test('who is killed is gone at once, also while it is stopped, and who comes in its place is somebody else', async () => {
  const { place, writer, followers } = await cast();
  const [a, b, c] = followers;
  a.member.signal('SIGSTOP');
  const killed = [a.member.kill(), b.member.kill()];
  const afterMs = await goneAfter([writer, c], [a, b]);
  await Promise.all(killed);
  console.log(`gone ${afterMs.toFixed(0)} ms after the kill`);
  expect(afterMs).toBeLessThan(KILLED_SEEN_MS);
  const again = await place.fork().join('again', ESM);
  await again.ask('present', { state: { name: 'again' } });
  for (const remote of [writer, c, again]) await sees(remote, [writer, c, again]);
});
