/**
 * The presenter's end of one player: starts it, gives orders, passes on its news, and knows when it is gone. Kills only
 * the process that it started, by its id.
 */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

import { describe } from '../../base/errors.js';
import { machineMs } from './machine-clock.js';
import type { Answers, News, Order, Said } from './messages.js';
import { programFile } from './program-file.js';

const ORDER_TIMEOUT_MS = 20_000;
/** What a player may take to close both copies and end by itself. */
const END_TIMEOUT_MS = 8000;
const COMPLAINT_LINES_MAX = 20;

export interface PlayerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Waiting {
  readonly settle: (answer: never) => void;
  readonly fail: (error: Error) => void;
}

export class PlayerProcess {
  readonly number: number;
  readonly ended: Promise<PlayerEnd>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #complaints: string[] = [];
  #orders = 0;
  #isDismissed = false;

  constructor(number: number, onNews: (news: News) => void) {
    this.number = number;
    // Its output must not get between the lines of the screen; the last of it is kept for when something fails.
    this.#child = fork(programFile('player'), [], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stdout?.on('data', (text: Buffer) => this.#keepComplaint(text));
    this.#child.stderr?.on('data', (text: Buffer) => this.#keepComplaint(text));
    this.#child.on('message', (said) => this.#hear(said as Said, onNews));
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#fail(error);
        // What never came to life says no `close`.
        if (this.#child.pid === undefined) resolve({ code: null, signal: null });
      });
      // `close` and not `exit`: then all that it said has been read.
      this.#child.once('close', (code, signal) => {
        this.#fail(new Error(`process ${this.number} ended${signal === null ? ` with code ${code}` : ` by ${signal}`}${this.lastWords}`));
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether it was killed or stopped by us: any other end is a surprise. */
  get isDismissed(): boolean {
    return this.#isDismissed;
  }

  /** The end of what it wrote to its standard output and error, for messages. */
  get lastWords(): string {
    return this.#complaints.length === 0 ? '' : `; its last words: ${this.#complaints.join(' / ')}`;
  }

  ask<Kind extends Order['kind']>(order: Extract<Order, { kind: Kind }>): Promise<Answers[Kind]> {
    const id = this.#orders++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => fail(new Error(`process ${this.number} did not answer "${order.kind}" within ${ORDER_TIMEOUT_MS / 1000} s`)),
        ORDER_TIMEOUT_MS,
      );
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      const fail = (error: Error): void => {
        done();
        reject(error);
      };
      this.#waiting.set(id, {
        settle: (answer: Answers[Kind]) => {
          done();
          resolve(answer);
        },
        fail,
      });
      this.#child.send({ id, order }, (error) => {
        if (error !== null) fail(error);
      });
    });
  }

  /** SIGKILL, as the system's out-of-memory killer would; returns the moment. */
  kill(): number {
    const atMs = machineMs();
    this.#isDismissed = true;
    if (this.isRunning) process.kill(this.pid, 'SIGKILL');
    return atMs;
  }

  /** In order if it can, by force if it does not. True when it went by itself with exit code 0. */
  async stop(): Promise<boolean> {
    if (!this.isRunning) return false;
    this.#isDismissed = true;
    const timer = setTimeout(() => this.kill(), END_TIMEOUT_MS);
    // What goes wrong on the way shows in how it ended.
    if (this.#child.connected) await this.ask({ kind: 'close' }).catch((error: unknown) => this.#complaints.push(describe(error)));
    const { code } = await this.ended;
    clearTimeout(timer);
    return code === 0;
  }

  #hear(said: Said, onNews: (news: News) => void): void {
    if (said.kind === 'answered') this.#waiting.get(said.id)?.settle(said.answer as never);
    else if (said.kind === 'refused')
      this.#waiting
        .get(said.id)
        ?.fail(new Error(`process ${this.number}: ${said.code === undefined ? '' : `${said.code}: `}${said.message}`));
    else onNews(said);
  }

  #fail(error: Error): void {
    for (const waiting of [...this.#waiting.values()]) waiting.fail(error);
  }

  #keepComplaint(text: Buffer): void {
    this.#complaints = [...this.#complaints, ...text.toString('utf8').trimEnd().split('\n')].slice(-COMPLAINT_LINES_MAX);
  }
}
