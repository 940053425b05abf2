/** The writer is killed: somebody else writes, under a higher term, and never two at once. Recorded from the kernel's lock, not from hope. */

import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { logRange } from '../../storage/keys.js';
import { openDatabase } from '../../storage/level-open.js';
import { decodeRecord } from '../../storage/records.js';
import { canAskKernel, locksHeldBy, locksOn } from './kernel.js';
import { CJS, ESM, Place, agreedWriter, equalDigests } from './members.js';
import type { Member, Remote } from './members.js';
import { until } from './until.js';

const KILLS = 6;
const PROCESSES = 4;
/** The longest cool-down with its jitter, and a takeover on a busy machine. */
const BY_ITSELF_MS = 20_000;

interface Office {
  readonly peer: string;
  readonly pid: number;
  readonly term: number;
  readonly atNs: string;
}

test(`${KILLS} writers of 8 peers in 4 processes are killed in a row: terms grow, offices do not overlap, and nothing acknowledged is lost`, async () => {
  const place = new Place();
  const journal = join(place.folder, 'offices');
  const joinBoth = (member: Member, name: string): Promise<Remote[]> =>
    Promise.all([member.join(`${name}-esm`, ESM, { journal }), member.join(`${name}-cjs`, CJS, { journal })]);
  let remotes = (await Promise.all(Array.from({ length: PROCESSES }, (_, at) => joinBoth(place.fork(), `p${at}`)))).flat();
  const ownerLock = join(place.store, 'owner.lock');
  const watch = canAskKernel ? new HolderWatch(ownerLock) : undefined;
  const acknowledged = new Map<string, number>();
  const takeoversMs: number[] = [];
  const killedAtNs = new Map<number, bigint>();

  // Something is to stand under the first term too.
  await remotes[0]?.set('first', true);
  await remotes[0]?.flush();
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = await agreedWriter(remotes);
    watch?.look(remotes);
    expect(watch?.holders(remotes) ?? [writer.member.pid]).toEqual([writer.member.pid]);
    const survivors = remotes.filter(({ member }) => member !== writer.member);
    const first = survivors[kill % survivors.length] as Remote;
    // In the midst of edits of everyone.
    const edits = survivors.map((remote, at) => remote.burst({ prefix: `edit-${kill}-${at}`, count: 100 }));
    const doomed = writer.burst({ prefix: `doomed-${kill}`, count: 1000 }).catch(() => 'killed');
    const startedAt = performance.now();
    killedAtNs.set(writer.member.pid, process.hrtime.bigint());
    const ended = writer.member.kill();
    await first.set(`acknowledged-${kill}`, kill);
    const term = await watched(watch, survivors, first.flush());
    takeoversMs.push(performance.now() - startedAt);
    acknowledged.set(`acknowledged-${kill}`, kill);
    expect(term.term).toBeGreaterThan(kill + 1);
    await Promise.all([ended, doomed, ...edits]);
    remotes = [...survivors, ...(await joinBoth(place.fork(), `r${kill}`))];
  }
  console.log(`from the kill to the next durable acknowledgement: ${summary(takeoversMs)}`);
  if (watch !== undefined) console.log(`the lock's holder was looked at ${watch.looks} times`);

  const digest = await equalDigests(remotes);
  const content = (await remotes[0]?.content()) ?? {};
  for (const [key, value] of acknowledged) expect(content[key]).toBe(value);
  for (let kill = 0; kill < KILLS; kill++) expect(Object.keys(content).filter((key) => key.startsWith(`edit-${kill}-`))).toHaveLength(600);
  await Promise.all(remotes.map((remote) => remote.flush()));
  await place.killAll();

  expect(await termsInLog(place)).toEqual(Array.from({ length: KILLS + 1 }, (_, at) => at + 1));
  checkOffices(readFileSync(journal, 'utf8'), killedAtNs);
  const later = await place.fork().join('later', ESM);
  expect(await later.digest()).toBe(digest);
});

/** Looks at the lock as often as it can while a flush is under way: there is never more than one holder. */
async function watched<Result>(watch: HolderWatch | undefined, remotes: readonly Remote[], flush: Promise<Result>): Promise<Result> {
  const progress = { isDone: false };
  const mark = (): void => void (progress.isDone = true);
  flush.then(mark, mark);
  await until('the flush resolves', () => {
    watch?.look(remotes);
    return progress.isDone;
  });
  return flush;
}

class HolderWatch {
  looks = 0;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  look(remotes: readonly Remote[]): void {
    this.looks++;
    expect(locksOn(this.#path)).toBeLessThanOrEqual(1);
    expect(this.holders(remotes).length).toBeLessThanOrEqual(1);
  }

  /** The ids of the processes that hold it, once for each descriptor. */
  holders(remotes: readonly Remote[]): number[] {
    const pids = new Set(remotes.map(({ member }) => member.pid));
    return [...pids].flatMap((pid) => Array.from({ length: locksHeldBy(pid, this.#path) }, () => pid));
  }
}

/** The kernel puts the lines in the order in which they were written. Each office began after the one before was ended by a kill. */
function checkOffices(journal: string, killedAtNs: ReadonlyMap<number, bigint>): void {
  const offices = journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Office);
  expect(offices.map(({ term }) => term)).toEqual(Array.from({ length: KILLS + 1 }, (_, at) => at + 1));
  for (const [at, office] of offices.entries()) {
    const before = offices[at - 1];
    if (before !== undefined) expect(BigInt(office.atNs)).toBeGreaterThan(killedAtNs.get(before.pid) ?? 0n);
  }
}

/** The terms of the takeovers as the records have them, in the order of the log. */
async function termsInLog(place: Place): Promise<number[]> {
  const database = await openDatabase(join(place.store, 'level'), 'present');
  const terms: number[] = [];
  for await (const [, bytes] of database.iterator(logRange('main'))) {
    const decoded = decodeRecord('main', bytes);
    if (!decoded.ok) throw new Error(decoded.reason);
    terms.push(decoded.value.term);
  }
  await database.close();
  expect(terms).toEqual(terms.toSorted((a, b) => a - b));
  return [...new Set(terms)];
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((ms) => ms?.toFixed(0));
  return `median ${median} ms, least ${least} ms, most ${most} ms of ${times.length}`;
}

test('a writer whose lock file is deleted notices before its next batch, acknowledges nothing more under its term, and is succeeded', async () => {
  const place = new Place();
  const remotes = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS)]);
  const writer = await agreedWriter(remotes);
  const follower = remotes.find((remote) => remote !== writer) as Remote;
  await follower.set('before', 1);
  const { term } = await follower.flush();
  rmSync(join(place.store, 'owner.lock'));
  await follower.set('after', 2);
  const later = await follower.flush({ timeoutMs: 25_000 });
  expect(later.term).toBeGreaterThan(term);
  await writer.hears('warning', ({ code, message }) => code === 'writing-failed' && String(message).includes('SOCOMM_STORE_IN_USE'));
  await equalDigests(remotes);
  await place.killAll();
  const found = await place.fork().join('later', ESM);
  expect(await found.content()).toEqual({ before: 1, after: 2 });
});

test('a store directory that is taken away is not made anew: no flush resolves, it is told, and all goes on when it is back', async () => {
  const place = new Place();
  const remotes = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS)]);
  const [a, b] = remotes;
  await a.set('before', 1);
  await a.flush();
  renameSync(place.store, `${place.store}-away`);
  await b.set('after', 2);
  const gone = { code: 'SOCOMM_STORE_GONE', message: expect.stringContaining('Put it back') as string };
  await expect(b.flush({ timeoutMs: 15_000 })).rejects.toMatchObject(gone);
  await Promise.all(remotes.map((remote) => remote.hears('stalled', ({ reason }) => reason === gone.code)));
  await expect(a.flush({ timeoutMs: 15_000 })).rejects.toMatchObject(gone);
  await until('it is told', () =>
    remotes.some((remote) => remote.heard('warning').some(({ detail }) => String(detail['message']).includes('SOCOMM_STORE_GONE'))),
  );
  expect(existsSync(place.store)).toBe(false);
  // Live agreement needs no disk.
  await equalDigests(remotes);
  renameSync(`${place.store}-away`, place.store);
  await Promise.all(remotes.map((remote) => remote.hears('recovered', undefined, BY_ITSELF_MS)));
  await Promise.all(remotes.map((remote) => remote.flush({ timeoutMs: 25_000 })));
  await place.killAll();
  const found = await place.fork().join('later', ESM);
  expect(await found.content()).toEqual({ before: 1, after: 2 });
});
