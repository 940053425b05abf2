/** The built command line in processes of its own, each test in folders of its own. */

import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

import { folderOf } from './files.js';

export const MAIN = join(import.meta.dirname, '../../dist/esm/src/cli/main.js');
const HOLDER = join(import.meta.dirname, 'holder.mjs');

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly variables?: Readonly<Record<string, string>>;
  /** Runs as this user; only root may say so. */
  readonly uid?: number;
}

/** Folders for stores and sockets; `socomm(…)` runs the command line in them. */
export class Place {
  readonly folder = folderOf();
  readonly stores = join(this.folder, 's');
  /** Of the environment: where this place's command line finds its folders. */
  readonly variables = {
    SOCOMM_DIRECTORY: this.stores,
    SOCOMM_RUNTIME_DIRECTORY: join(this.folder, 'r'),
    NO_COLOR: '1',
    SOCOMM_DEBUG: '',
  };

  constructor() {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build first`);
    mkdirSync(this.stores);
  }

  /** Of the processes that this place runs. */
  environment(): NodeJS.ProcessEnv {
    return { ...process.env, FORCE_COLOR: undefined, ...this.variables };
  }

  start(args: readonly string[], { variables, uid }: RunOptions = {}): Running {
    return new Running([MAIN, ...args], { ...this.variables, ...variables }, uid);
  }

  socomm(...args: readonly string[]): Promise<Ended> {
    return this.run(args);
  }

  async run(args: readonly string[], { input = '', ...options }: RunOptions = {}): Promise<Ended> {
    const running = this.start(args, options);
    running.process.stdin.end(input);
    return running.ended;
  }

  /** Runs a group in a process of its own; resolves when it has joined. */
  async hold(group: string, storage: 'auto' | 'never' = 'auto'): Promise<Running> {
    const holder = new Running([HOLDER, group, storage], this.variables);
    await holder.line('joined');
    return holder;
  }

  /** Every file of a store with the hash of its bytes and its time of change. */
  fingerprint(group: string): readonly string[] {
    const folder = join(this.stores, group);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    return names.map((name) => {
      const { mtimeMs, size, ino } = statSync(join(folder, name));
      const path = join(folder, name);
      const hash = statSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder';
      return `${name} ${ino} ${size} ${mtimeMs} ${hash}`;
    });
  }
}

export class Running {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #out = '';
  #err = '';

  constructor(args: readonly string[], variables: Readonly<Record<string, string>>, uid?: number) {
    // Together with NO_COLOR Node would warn of it.
    const env = { ...process.env, FORCE_COLOR: undefined, ...variables };
    this.process = spawn(process.execPath, args, { env, ...(uid !== undefined && { uid }) });
    this.process.stdout.on('data', (chunk: Buffer) => (this.#out += chunk.toString()));
    this.process.stderr.on('data', (chunk: Buffer) => (this.#err += chunk.toString()));
    // A process that ends early closes its input under us.
    this.process.stdin.on('error', () => undefined);
    for (const stream of [this.process.stdout, this.process.stderr])
      createInterface({ input: stream }).on('line', (line) => this.#take(line));
    this.ended = once(this.process, 'close').then(([code]) => ({ code: Number(code), out: this.#out, err: this.#err }));
    onTestFinished(() => void this.process.kill('SIGKILL'));
  }

  /** Resolves with the next line of either output that contains `text`, and forgets those before it. */
  async line(text: string): Promise<string> {
    for (;;) {
      const at = this.#lines.findIndex((line) => line.includes(text));
      if (at >= 0) return this.#lines.splice(0, at + 1).at(-1) ?? '';
      await Promise.race([new Promise<void>((resolve) => this.#waiting.add(resolve)), this.#failIfEnded(text)]);
    }
  }

  /** Has the holder set a value; resolves when it is set there. */
  async set(root: string, key: string, value: unknown): Promise<void> {
    this.process.stdin.write(`${JSON.stringify([root, key, value])}\n`);
    await this.line('set');
  }

  /** Ends the holder in order. */
  async end(): Promise<void> {
    this.process.stdin.end();
    await this.ended;
  }

  async #failIfEnded(text: string): Promise<void> {
    const { code, out, err } = await this.ended;
    if (!this.#lines.some((line) => line.includes(text))) throw new Error(`ended with ${code} before it said "${text}":\n${out}\n${err}`);
  }

  #take(line: string): void {
    this.#lines.push(line);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
