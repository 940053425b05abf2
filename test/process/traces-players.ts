/** The processes of a replay, from their parent's side. What is started is killed, by its id, when the test ends. */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { ESM, GROUP, Place } from './members.js';
import type { Script } from './traces-script.js';
import { until } from './until.js';

const PLAYER = join(import.meta.dirname, 'traces-player.mjs');

export interface Progress {
  /** Transactions of its agent that its replica has. */
  readonly next: number;
  /** Frames that the cut has swallowed. */
  readonly dropped: number;
  readonly digest: string;
}

/** One store, and a file for each script. */
export class Stage {
  readonly #place = new Place();
  readonly #players: Player[] = [];

  constructor() {
    onTestFinished(() => this.killAll());
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#players.splice(0).map((player) => player.kill()));
  }

  /** A process that has joined; without a script it only listens. */
  async enter(script?: Script): Promise<Player> {
    const player = new Player(script?.transactions.length ?? 0);
    this.#players.push(player);
    const scriptFile = script === undefined ? undefined : join(this.#place.folder, `${script.client}.json`);
    if (script !== undefined && scriptFile !== undefined) writeFileSync(scriptFile, JSON.stringify(script));
    const options = { directory: this.#place.store, runtimeDirectory: this.#place.sockets };
    await player.join({ build: ESM, group: GROUP, options, scriptFile });
    return player;
  }
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
}

type Message = Reply & { readonly heard?: string; readonly flushed: number };

export class Player {
  readonly count: number;
  /** Its peer's id. */
  peer = '';
  /** Transactions of its agent that its replica had when it joined. */
  found = 0;
  /** Transactions of its agent that are acknowledged to be on disk. */
  flushed = 0;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #requests = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #requestCount = 0;
  #output = '';

  constructor(count: number) {
    this.count = count;
    this.#process = fork(PLAYER, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#process.on('message', (message) => this.#take(message as Message));
    this.#ended = new Promise((resolve) => this.#process.once('close', () => resolve()));
    void this.#ended.then(() => {
      for (const { reject } of this.#requests.values()) reject(new Error(`a player ended: ${this.#output}`));
      this.#requests.clear();
    });
  }

  async join(parameters: object): Promise<void> {
    const { peer, next } = await this.ask<{ readonly peer: string; readonly next: number }>('join', parameters);
    this.peer = peer;
    this.found = next;
  }

  /** As the machine would be without it from one moment to the next. */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(pid, 'SIGKILL');
    await this.#ended;
  }

  play(limit = this.count): Promise<void> {
    return this.ask<void>('play', { limit });
  }

  progress(): Promise<Progress> {
    return this.ask<Progress>('progress');
  }

  text(): Promise<string> {
    return this.ask<string>('text');
  }

  ask<Value = unknown>(method: string, parameters: object = {}): Promise<Value> {
    const id = ++this.#requestCount;
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { resolve: (value) => resolve(value as Value), reject });
      this.#process.send({ id, method, parameters }, (error) => error !== null && reject(new Error(`a player has ended: ${this.#output}`)));
    });
  }

  #take(message: Message): void {
    if (message.heard === 'flushed') this.flushed = Math.max(this.flushed, message.flushed);
    const request = this.#requests.get(message.id);
    this.#requests.delete(message.id);
    if (message.error === undefined) request?.resolve(message.value);
    else request?.reject(Object.assign(new Error(message.error.message), message.error));
  }
}

/** Resolves with the digest that all have come to, once each has written so many of its own transactions. */
export function allAt(players: readonly Player[], counts: readonly number[], limitMs: number): Promise<string> {
  return until(
    `all players have written ${counts.join(', ')} and are equal`,
    async () => {
      const all = await Promise.all(players.map((player) => player.progress()));
      const isThere = all.every(({ next }, at) => next === counts[at]);
      return isThere && new Set(all.map(({ digest }) => digest)).size === 1 && (all[0]?.digest ?? false);
    },
    limitMs,
  );
}
