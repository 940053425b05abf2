/**
 * Real processes for tests: `Place` is a store and a runtime directory of their own, `Member` a process, `Remote` an
 * instance in it. What a test starts is killed, by its id, and deleted when the test ends.
 */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { Inspection } from '../../src/inspection.js';
import type { JoinOptions } from '../../src/options.js';
import { until } from './until.js';

export const GROUP = 'com.acme.synth';
export const ROOT = join(import.meta.dirname, '../..');
export const ESM = join(ROOT, 'dist/esm/src/index.js');
export const CJS = join(ROOT, 'dist/cjs/src/index.js');

const MEMBER = join(import.meta.dirname, 'member.mjs');

/** What of the options can travel to another process. */
export type PlainOptions = Pick<JoinOptions, 'directory' | 'runtimeDirectory' | 'storage' | 'wait' | 'replica'>;

export interface JoinDetail {
  readonly options?: PlainOptions;
  readonly group?: string;
  /** A file in which the instance's peer notes each beginning of its office. */
  readonly journal?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Heard {
  readonly heard: string;
  readonly as: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface ForkOptions {
  /** Another process than `member.mjs` that answers in the same way. */
  readonly script?: string;
  readonly uid?: number;
  /** Beside, or in place of, what this process has. */
  readonly env?: Readonly<Record<string, string>>;
  /** A shell command that runs first, in a mount namespace of its own. */
  readonly inNamespace?: string;
}

export class Place {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'socomm-p-')));
  readonly store = join(this.folder, 's');
  readonly sockets = join(this.folder, 'r');
  readonly #members: Member[] = [];

  /** `atEnd` says when all of it ends: with the test, or with what it is given (`afterAll`). */
  constructor(atEnd: (end: () => Promise<void>) => void = onTestFinished) {
    for (const build of [ESM, CJS]) if (!existsSync(build)) throw new Error(`${build} is missing: build first`);
    atEnd(async () => {
      await this.killAll();
      await rm(this.folder, { recursive: true, force: true });
    });
  }

  fork(options: ForkOptions = {}): Member {
    const member = new Member(this, options);
    this.#members.push(member);
    return member;
  }

  /** As a machine that loses its power, but for its disk. */
  async killAll(): Promise<void> {
    await Promise.all(this.#members.splice(0).map((member) => member.kill()));
  }

  /** What is left of peers: sockets and roster. */
  get remains(): string[] {
    return [this.sockets, join(this.store, 'peers')].flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
  }
}

export class Member {
  readonly ended: Promise<Ended>;
  readonly heard: Heard[] = [];
  readonly #place: Place;
  readonly #process: ChildProcess;
  readonly #requests = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #count = 0;
  #output = '';

  constructor(place: Place, { script = MEMBER, uid, env, inNamespace }: ForkOptions) {
    this.#place = place;
    const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as const;
    this.#process = fork(script, {
      stdio: [...stdio],
      env: { ...process.env, ...env },
      ...(uid === undefined ? {} : { uid, gid: uid }),
      ...(inNamespace === undefined ? {} : { execPath: 'unshare', execArgv: ['--mount', 'sh', ...after(inNamespace)] }),
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#process.on('message', (message) => this.#take(message as Heard & Reply));
    this.ended = new Promise((resolve) => this.#process.once('close', (code, signal) => resolve({ code, signal })));
    void this.ended.then(({ code, signal }) => {
      for (const { reject } of this.#requests.values()) reject(new Error(`the member ended (${code ?? signal}): ${this.#output}`));
      this.#requests.clear();
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get output(): string {
    return this.#output;
  }

  async join(as: string, build: string, { options, group = GROUP, journal }: JoinDetail = {}): Promise<Remote> {
    const all = { directory: this.#place.store, runtimeDirectory: this.#place.sockets, ...options };
    const { id, peer } = await this.request<{ id: string; peer: string }>('join', { as, build, group, options: all, journal });
    return new Remote(this, as, id, peer);
  }

  request<Value = unknown>(method: string, parameters: object = {}): Promise<Value> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { resolve: (value) => resolve(value as Value), reject });
      // Where the process has ended meanwhile, `ended` rejects.
      this.#process.send({ id, method, parameters }, () => undefined);
    });
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null && this.pid > 0) process.kill(this.pid, signal);
  }

  /** Files and sockets below a folder that the process has open. */
  openFilesBelow(folder: string): string[] {
    const descriptors = `/proc/${this.pid}/fd`;
    const links = readdirSync(descriptors).map((name) => {
      try {
        return readlinkSync(join(descriptors, name));
      } catch {
        return ''; // closed meanwhile
      }
    });
    return links.filter((link) => link.startsWith(folder));
  }

  #take(message: Heard & Reply): void {
    if (message.heard !== undefined) return void this.heard.push(message);
    const request = this.#requests.get(message.id);
    this.#requests.delete(message.id);
    if (message.error === undefined) request?.resolve(message.value);
    else request?.reject(Object.assign(new Error(message.error.message), message.error));
  }
}

/** Arguments of a shell that does something and then becomes a Node process. */
function after(command: string): string[] {
  return ['-c', `${command} && exec "$0" "$@"`, process.execPath];
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly code?: string; readonly message: string };
}

export interface Burst {
  readonly prefix: string;
  readonly count: number;
  /** Of each value; 0 for a number. */
  readonly bytes?: number;
  readonly perTurn?: number;
}

export class Remote {
  readonly member: Member;
  readonly as: string;
  readonly id: string;
  readonly peer: string;

  constructor(member: Member, as: string, id: string, peer: string) {
    this.member = member;
    this.as = as;
    this.id = id;
    this.peer = peer;
  }

  set(key: string, value: unknown): Promise<void> {
    return this.ask<void>('set', { key, value });
  }

  remove(key: string): Promise<void> {
    return this.ask<void>('remove', { key });
  }

  get(key: string): Promise<unknown> {
    return this.ask('get', { key });
  }

  size(): Promise<number> {
    return this.ask<number>('size');
  }

  content(): Promise<Readonly<Record<string, unknown>>> {
    return this.ask<Readonly<Record<string, unknown>>>('content');
  }

  burst(burst: Burst): Promise<void> {
    return this.ask<void>('burst', burst);
  }

  digest(): Promise<string> {
    return this.ask<string>('digest');
  }

  inspect(): Promise<Inspection> {
    return this.ask<Inspection>('inspect');
  }

  role(): Promise<'writer' | 'follower'> {
    return this.ask<'writer' | 'follower'>('role');
  }

  flush(options: { readonly timeoutMs?: number } = {}): Promise<{ readonly term: number }> {
    return this.ask<{ readonly term: number }>('flush', options);
  }

  close(): Promise<void> {
    return this.ask<void>('close');
  }

  /** Resolves with the first such event since the instance joined. */
  hears(event: string, isIt: (detail: Heard['detail']) => boolean = () => true, limitMs?: number): Promise<Heard> {
    const find = (): Heard | undefined => this.heard(event).find(({ detail }) => isIt(detail));
    return until(`${this.as} hears ${event}`, find, limitMs);
  }

  heard(event: string): Heard[] {
    return this.member.heard.filter(({ heard, as }) => heard === event && as === this.as);
  }

  ask<Value = unknown>(method: string, parameters: object = {}): Promise<Value> {
    return this.member.request(method, { as: this.as, ...parameters });
  }
}

/** Resolves with the digest that all have come to. */
export async function equalDigests(remotes: readonly Remote[], limitMs?: number): Promise<string> {
  return until(
    `equal digests of ${remotes.map(({ as }) => as).join(', ')}`,
    async () => {
      const digests = new Set(await Promise.all(remotes.map((remote) => remote.digest())));
      return digests.size === 1 && [...digests][0];
    },
    limitMs,
  );
}

/** The one that writes, as all of them say. */
export function agreedWriter(remotes: readonly Remote[]): Promise<Remote> {
  return until('all name the same writer', async () => {
    const named = new Set((await Promise.all(remotes.map((remote) => remote.inspect()))).map(({ writer }) => writer?.id));
    return named.size === 1 && remotes.find(({ peer }) => named.has(peer as Exclude<Inspection['peer'], string>));
  });
}
