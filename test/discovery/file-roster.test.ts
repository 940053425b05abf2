import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { isSocommError } from '../../src/base/errors.js';
import { newPeerId, type PeerId } from '../../src/base/ids.js';
import type { LogEntry } from '../../src/base/log.js';
import { systemRandom } from '../../src/base/random.js';
import { loadFileLocks, type FileLocks } from '../../storage/file-lock.js';
import { FileRoster } from '../../sync/discovery/file-roster.js';
import type { RosterEntry } from '../../sync/discovery.js';
import { newSocketEndpoint } from '../../sync/socket-file.js';

let scratch: string;
let store: string;
let peers: string;
let run: string;
let locks: FileLocks;
let logged: LogEntry[];
const rosters: FileRoster[] = [];
const children: ChildProcess[] = [];
const servers: Server[] = [];

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'socomm-roster-'));
  [store, run] = [join(scratch, 'store'), join(scratch, 'run')];
  peers = join(store, 'peers');
  mkdirSync(store);
  mkdirSync(run);
  locks = await loadFileLocks();
  logged = [];
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of servers.splice(0)) server.close();
  await Promise.all(rosters.splice(0).map((roster) => roster.withdraw()));
  rmSync(scratch, { recursive: true, force: true });
});

function rosterHere(): FileRoster {
  const roster = new FileRoster({ storeDirectory: store, locks, log: (entry) => logged.push(entry) });
  rosters.push(roster);
  return roster;
}

function entryOf(id: PeerId, changes: Partial<RosterEntry> = {}): RosterEntry {
  const publisher = newSocketEndpoint(run, 'p', systemRandom);
  const messenger = newSocketEndpoint(run, 't', systemRandom);
  const responder = newSocketEndpoint(run, 'r', systemRandom);
  const versions = { packageVersion: '1.2.3', protocolMin: 1, protocolMax: 2 };
  return { id, publisher, messenger, responder, pid: 1, ...versions, canWrite: true, ...changes };
}

async function announcedHere(id = newPeerId(systemRandom)): Promise<{ roster: FileRoster; entry: RosterEntry }> {
  const [roster, entry] = [rosterHere(), entryOf(id)];
  await roster.announce(entry);
  return { roster, entry };
}

async function announcedThere(id = newPeerId(systemRandom)): Promise<{ child: ChildProcess; id: PeerId; sockets: string[] }> {
  const child = fork(new URL('roster-process.mjs', import.meta.url), [store, run, id]);
  children.push(child);
  const [endpoints] = (await once(child, 'message')) as [Readonly<Record<string, string>>];
  return { child, id, sockets: Object.values(endpoints).map((endpoint) => endpoint.slice('ipc://'.length)) };
}

/** What a dead peer leaves behind: an entry, and a lock file that nobody holds. */
function leaveBehind(id: PeerId, content: string): void {
  mkdirSync(peers, { recursive: true });
  writeFileSync(join(peers, `${id}.lock`), '');
  writeFileSync(join(peers, `${id}.json`), content);
}

async function listen(path: string): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => (isSocommError(error) ? error.code : String(error)),
  );
}

describe('the roster of files', () => {
  it('lists all others that live with what they said, and not ourselves', async () => {
    const [one, two] = [await announcedHere(), await announcedHere()];
    expect(await one.roster.list()).toEqual([two.entry]);
    expect(await two.roster.list()).toEqual([one.entry]);
    expect(await rosterHere().list()).toHaveLength(2);
  });

  it('takes who is heard for alive without a look at its lock, for as long as its files are there', async () => {
    const [one, two] = [await announcedHere(), await announcedHere()];
    const looked: string[] = [];
    const watched: FileLocks = { ...locks, isLocked: (path) => (looked.push(path), locks.isLocked(path)) };
    const looker = new FileRoster({ storeDirectory: store, locks: watched });
    expect(await looker.list()).toHaveLength(2);
    looked.length = 0;
    expect(await looker.list(new Set([one.entry.id]))).toHaveLength(2);
    expect(looked).toEqual([join(peers, `${two.entry.id}.lock`)]);
    await one.roster.withdraw();
    expect(await looker.list(new Set([one.entry.id]))).toEqual([two.entry]);
  });

  it('keeps entries for this user alone', async () => {
    await announcedHere();
    for (const path of [peers, ...readdirSync(peers).map((name) => join(peers, name))]) expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('forgets a peer that withdraws, and leaves no file of it', async () => {
    const [one, two] = [await announcedHere(), await announcedHere()];
    await two.roster.withdraw();
    await two.roster.withdraw();
    expect(one.roster.isAlive(two.entry.id)).toBe(false);
    expect(await one.roster.list()).toEqual([]);
    await one.roster.withdraw();
    expect(readdirSync(peers)).toEqual([]);
  });

  it('remembers nothing of a peer that has withdrawn', async () => {
    const [one, two] = [await announcedHere(), await announcedHere()];
    expect(await one.roster.list()).toEqual([two.entry]);
    await two.roster.withdraw();
    expect(await one.roster.list()).toEqual([]);
    const again = await announcedHere(two.entry.id);
    expect(again.entry.publisher).not.toBe(two.entry.publisher);
    expect(await one.roster.list()).toEqual([again.entry]);
  });

  it('leaves nothing unfinished behind where an entry cannot be given its name', async () => {
    const id = newPeerId(systemRandom);
    mkdirSync(join(peers, `${id}.json`, 'in the way'), { recursive: true });
    expect(await codeOf(rosterHere().announce(entryOf(id)))).toBe('SOCOMM_IO');
    expect(readdirSync(peers).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('calls a peer alive from its announcement to its withdrawal', async () => {
    const id = newPeerId(systemRandom);
    const watching = rosterHere();
    expect(watching.isAlive(id)).toBe(false);
    const { roster } = await announcedHere(id);
    expect(watching.isAlive(id)).toBe(true);
    expect(roster.isAlive(id)).toBe(true);
    await roster.withdraw();
    expect(watching.isAlive(id)).toBe(false);
  });

  it('is empty, and no error, before anybody has announced itself', async () => {
    expect(await codeOf(rosterHere().list())).toBeUndefined();
  });

  it('announces itself anew when somebody has cleared the directory', async () => {
    const [one, two] = [await announcedHere(), await announcedHere()];
    rmSync(peers, { recursive: true });
    await one.roster.list();
    await two.roster.list();
    expect(await one.roster.list()).toEqual([two.entry]);
    expect(logged.map(({ code }) => code)).toContain('roster-entry-lost');
  });

  it('says that the store is gone, and does not make it anew', async () => {
    const { roster } = await announcedHere();
    rmSync(store, { recursive: true });
    expect(await codeOf(roster.list())).toBe('SOCOMM_STORE_GONE');
    expect(await codeOf(rosterHere().list())).toBe('SOCOMM_STORE_GONE');
    expect(await codeOf(rosterHere().announce(entryOf(newPeerId(systemRandom))))).toBe('SOCOMM_STORE_GONE');
    expect(existsSync(store)).toBe(false);
  });

  it('tells with advice when the directory is a file', async () => {
    writeFileSync(peers, '');
    expect(await codeOf(rosterHere().list())).toBe('SOCOMM_IO');
  });
});

describe('a peer in another process', () => {
  it('is found, and is gone with its files and sockets once it is killed', async () => {
    const { roster } = await announcedHere();
    const { child, id, sockets } = await announcedThere();
    expect((await roster.list()).map((entry) => [entry.id, entry.pid])).toEqual([[id, child.pid]]);
    expect(sockets.map((path) => existsSync(path))).toEqual([true, true, true, true]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(roster.isAlive(id)).toBe(false);
    expect(await roster.list()).toEqual([]);
    expect(sockets.map((path) => existsSync(path))).toEqual([false, false, false, false]);
    expect(readdirSync(peers).filter((name) => name.startsWith(id))).toEqual([]);
  });

  it('lives on while it is stopped', async () => {
    const { roster } = await announcedHere();
    const { child, id, sockets } = await announcedThere();
    child.kill('SIGSTOP');
    expect(roster.isAlive(id)).toBe(true);
    expect(await roster.list()).toHaveLength(1);
    expect(sockets.map((path) => existsSync(path))).toEqual([true, true, true, true]);
    child.kill('SIGCONT');
  });

  it('is gone when it withdraws', async () => {
    const { roster } = await announcedHere();
    const { child, id } = await announcedThere();
    child.send('withdraw');
    await once(child, 'exit');
    expect(roster.isAlive(id)).toBe(false);
    expect(readdirSync(peers).filter((name) => name.startsWith(id))).toEqual([]);
  });

  it('is swept by several at once without harm', async () => {
    const sweepers = await Promise.all(Array.from({ length: 5 }, () => announcedHere()));
    const dead = await Promise.all([announcedThere(), announcedThere(), announcedThere()]);
    for (const { child } of dead) child.kill('SIGKILL');
    await Promise.all(dead.map(({ child }) => once(child, 'exit')));
    const lists = await Promise.all(sweepers.map(({ roster }) => roster.list()));
    expect(lists.map((list) => list.length)).toEqual([4, 4, 4, 4, 4]);
    await Promise.all(sweepers.map(({ roster }) => roster.list()));
    expect(readdirSync(peers)).toHaveLength(10);
    expect(readdirSync(run)).toEqual([]);
    expect(logged.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

describe('what others may have written into the roster', () => {
  const id = '00112233445566aa' as PeerId;

  it('never makes us remove a file that is no socket of ours', async () => {
    const secret = join(scratch, 'passwd');
    const disguised = join(run, 'abcdefghijkl.p');
    const link = join(run, 'abcdefghijkl.r');
    for (const path of [secret, disguised]) writeFileSync(path, 'keep me');
    symlinkSync(secret, link);
    const oddly = join(run, 'service.sock');
    await listen(oddly);
    leaveBehind(
      id,
      JSON.stringify({
        ...entryOf(id),
        publisher: `ipc://${secret}`,
        responder: secret,
        a: `ipc://${disguised}`,
        b: `ipc://${link}`,
        c: `ipc://${oddly}`,
      }),
    );
    expect(await rosterHere().list()).toEqual([]);
    expect([secret, disguised, link, oddly].map((path) => existsSync(path))).toEqual([true, true, true, true]);
    expect(readFileSync(secret, 'utf8')).toBe('keep me');
    expect(existsSync(join(peers, `${id}.json`))).toBe(false);
  });

  it('is swept with its sockets even where a newer version wrote more of them than we know', async () => {
    const topics = newSocketEndpoint(run, 'p', systemRandom);
    await listen(topics.slice('ipc://'.length));
    leaveBehind(id, JSON.stringify({ format: 9, topics }));
    await rosterHere().list();
    expect(readdirSync(run)).toEqual([]);
  });

  it.each([
    ['no JSON', '{"id":'],
    ['nothing', ''],
    ['a number', '7'],
    ['a list', '[]'],
    ['null', 'null'],
    ['too much', `{"x":"${'x'.repeat(20_000)}"}`],
  ])('is ignored and told once when it is %s, while its lock is held', async (_what, content) => {
    leaveBehind(id, content);
    const lock = locks.tryLock(join(peers, `${id}.lock`));
    const roster = rosterHere();
    expect(await roster.list()).toEqual([]);
    expect(await roster.list()).toEqual([]);
    expect(logged.map(({ code }) => code)).toEqual(['roster-entry-unreadable']);
    expect(existsSync(join(peers, `${id}.json`))).toBe(true);
    lock?.release();
  });

  it.each([
    ['another peer', { id: 'ffffffffffffffff' }],
    ['an address on the network', { publisher: 'tcp://10.0.0.1:5555' }],
    ['a relative address', { publisher: 'ipc://abcdefghijkl.p' }],
    ['a messenger elsewhere', { messenger: 'tcp://10.0.0.1:5555' }],
    ['no messenger', { messenger: undefined }],
    ['an address that is no socket of ours', { responder: 'ipc:///run/docker.sock' }],
    ['a process id that is none', { pid: -1 }],
    ['versions in disorder', { protocolMin: 3, protocolMax: 2 }],
    ['a version that is no text', { packageVersion: 1 }],
    ['no word on writing', { canWrite: undefined }],
  ])('is ignored when it names %s', async (_what, changes) => {
    leaveBehind(id, JSON.stringify({ ...entryOf(id), ...changes }));
    const lock = locks.tryLock(join(peers, `${id}.lock`));
    expect(await rosterHere().list()).toEqual([]);
    expect(logged.map(({ code }) => code)).toEqual(['roster-entry-unreadable']);
    lock?.release();
  });

  it('is let through with fields that we do not know, and without them', async () => {
    const entry = entryOf(id);
    leaveBehind(id, JSON.stringify({ ...entry, future: true }));
    const lock = locks.tryLock(join(peers, `${id}.lock`));
    expect(await rosterHere().list()).toEqual([entry]);
    lock?.release();
  });

  it('is left alone where its name is not ours', async () => {
    mkdirSync(peers);
    for (const name of ['notes.txt', 'package.json', '00112233445566AA.json']) writeFileSync(join(peers, name), '{}');
    expect(await rosterHere().list()).toEqual([]);
    expect(readdirSync(peers)).toHaveLength(3);
    expect(logged.map(({ code }) => code)).toEqual(['roster-file-foreign', 'roster-file-foreign']);
  });

  it('is left alone where another sweeper has been first, and somebody may have come since', async () => {
    const entry = entryOf(id);
    leaveBehind(id, JSON.stringify(entry));
    const tooLate: FileLocks = { ...locks, tryLock: (path) => ({ path, isIntact: () => false, release: () => undefined }) };
    await new FileRoster({ storeDirectory: store, locks: tooLate }).list();
    expect(existsSync(join(peers, `${id}.json`))).toBe(true);
  });

  it('is swept when a peer was killed between its lock and its entry', async () => {
    mkdirSync(peers);
    writeFileSync(join(peers, `${id}.lock`), '');
    await rosterHere().list();
    expect(readdirSync(peers)).toEqual([]);
  });

  it('is swept when it was never finished and has become old, and not while it is young', async () => {
    mkdirSync(peers);
    const [old, young] = [join(peers, `${id}.lock.new`), join(peers, `${id}.json.new`)];
    for (const path of [old, young]) writeFileSync(path, '');
    const hourAgo = systemClock.wallTime() / 1000 - 3600;
    utimesSync(old, hourAgo, hourAgo);
    await rosterHere().list();
    expect(readdirSync(peers)).toEqual([`${id}.json.new`]);
  });
});
