// @ts-check
/**
 * A member's process as its parent sees it: what it says, what was done to it, how it ended. All that it said and all of its standard
 * error stay in the run's folder, `members/<name>.out` and `.err`: who was aborted by native code says why nowhere else.
 */

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MEMBER = fileURLToPath(new URL('member.mjs', import.meta.url));

/** Of what it said and did last, and of its standard error, in the account of an end. */
const LAST_LINES = 8;
const LAST_ERRORS = 20;

/** @typedef {{ code: number | null, signal: string | null }} End */

export class Victim {
  /** @readonly */
  #process;
  /** @readonly */
  #paths;
  /** @readonly */
  #bornAt = performance.now();
  /** What it said and what was done to it, the last of it, with the time since its birth. @type {string[]} */
  #last = [];
  hasEnded = false;
  isKilled = false;
  /** Resolves with the first acknowledgement. @type {Promise<void>} */
  acknowledged;
  /** @type {Promise<End>} */
  ended;

  /**
   * @param {{ order: { name: string } & object, folder: string, hear: (line: string) => void }} birth
   */
  constructor({ order, folder, hear }) {
    const directory = join(folder, 'members');
    mkdirSync(directory, { recursive: true });
    this.name = order.name;
    this.#paths = { out: join(directory, `${order.name}.out`), err: join(directory, `${order.name}.err`) };
    const [out, err] = [openSync(this.#paths.out, 'a'), openSync(this.#paths.err, 'a')];
    // Standard error goes into the file without a detour: nothing of it is lost, however it ends.
    this.#process = spawn(process.execPath, [MEMBER, JSON.stringify(order)], { stdio: ['pipe', 'pipe', err] });
    closeSync(err);
    let tell = () => {};
    this.acknowledged = new Promise((resolve) => (tell = resolve));
    let rest = '';
    this.#process.stdout?.on('data', (chunk) => {
      writeSync(out, chunk);
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#note(line);
        hear(line);
        if (line.startsWith('ack ')) tell();
      }
    });
    // Whoever is killed reads no more.
    this.#process.stdin?.on('error', (error) => this.#note(`(${error.message})`));
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        this.hasEnded = true;
        closeSync(out);
        resolve({ code, signal });
      });
    });
  }

  get pid() {
    return this.#process.pid ?? 0;
  }

  kill() {
    this.isKilled = true;
    this.signal('SIGKILL');
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    if (this.hasEnded) return;
    this.#note(`(${signal})`);
    this.#process.kill(signal);
  }

  tellToClose() {
    this.#note('(told to close)');
    this.#process.stdin?.write('close\n');
  }

  /**
   * For a violation, in one line: whoever searches for one finds all of it.
   * @param {End} end
   */
  accountOf({ code, signal }) {
    const errors = readFileSync(this.#paths.err, 'utf8').trim().split('\n').slice(-LAST_ERRORS).join(' | ');
    return (
      `${this.name} (pid ${this.pid}) ended by itself with ${signal ?? code} after ${this.#age()}; the last of it: ${this.#last.join(' | ')};` +
      ` standard error: ${errors === '' ? 'nothing' : errors} (all of it in ${this.#paths.err})`
    );
  }

  /** @param {string} what */
  #note(what) {
    this.#last = [...this.#last.slice(1 - LAST_LINES), `${this.#age()} ${what}`];
  }

  #age() {
    return `${((performance.now() - this.#bornAt) / 1000).toFixed(3)} s`;
  }
}
