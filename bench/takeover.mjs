/**
 * How long nobody can be told that his work is safe: from `kill -9` of the writer to the next durable acknowledgement by the new one, with 8 peers
 * and a library of 10,000 presets, beside what its disk work costs bare: lock, open and one synced put, in a fresh process, on a copy of the
 * same store as the killed writer left it. Run it as a program, or import `measureTakeovers`. Method: bench/README.md.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const PEERS = 8;
export const PRESETS = 10_000;
/** The bar: so many times the bare median, and so many milliseconds more. */
export const TIMES_BARE = 3;
export const MORE_MS = 20;

const SIDE = join(import.meta.dirname, 'takeover-side.mjs');

/**
 * @param {{ kills: number, presets?: number, peers?: number }} options The defaults are what the bar is about.
 * @returns {Promise<{ takeoversMs: number[], baresMs: number[] }>}
 */
export async function measureTakeovers({ kills, presets = PRESETS, peers = PEERS }) {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-takeover-'));
  const sides = new Set();
  try {
    const store = join(folder, 'store');
    const start = async () => {
      const side = new Side();
      sides.add(side);
      await side.ask('join', { store, sockets: join(folder, 'sockets') });
      return side;
    };
    const first = await start();
    await first.ask('fill', { presets });
    while (sides.size < peers) await start();

    const takeoversMs = [];
    const baresMs = [];
    // The first round warms up.
    for (let round = 0; round <= kills; round++) {
      await Promise.all([...sides].map((side) => side.ask('settle', { peers })));
      const roles = await Promise.all([...sides].map(async (side) => ({ side, role: await side.ask('role') })));
      const writer = roles.find(({ role }) => role === 'writer')?.side;
      if (writer === undefined) throw new Error('nobody writes');
      const followers = [...sides].filter((side) => side !== writer);
      const asker = followers[round % followers.length];
      // Nobody writes now: what is copied is what the killed one leaves. Of what lies beside the database, peers come and go, and put down and take up spills.
      const copy = join(folder, `copy-${round}`);
      const others = ['peers', 'spill'].map((name) => join(store, name));
      cpSync(store, copy, { recursive: true, filter: (path) => !others.includes(path) });
      const measureBare = async () => {
        const bare = new Side();
        sides.add(bare);
        await bare.ask('prepare');
        const ms = await bare.ask('bare', { copy });
        await bare.end();
        sides.delete(bare);
        return ms;
      };
      const measureTakeover = async () => {
        const ms = await asker.ask('kill', { pid: writer.pid, value: round });
        await writer.ended;
        sides.delete(writer);
        return ms;
      };
      // Who goes first changes, so that neither always finds the warmer machine.
      const bareFirst = round % 2 === 0 ? await measureBare() : undefined;
      const takeoverMs = await measureTakeover();
      const bareMs = bareFirst ?? (await measureBare());
      if (round > 0) {
        takeoversMs.push(takeoverMs);
        baresMs.push(bareMs);
      }
      rmSync(copy, { recursive: true, force: true });
      await start();
    }
    return { takeoversMs, baresMs };
  } finally {
    await Promise.all([...sides].map((side) => side.end()));
    rmSync(folder, { recursive: true, force: true });
  }
}

class Side {
  /** @readonly @type {import('node:child_process').ChildProcess} */
  #process;
  /** @type {Promise<unknown>} */
  ended;

  constructor() {
    this.#process = fork(SIDE, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.ended = once(this.#process, 'exit');
  }

  get pid() {
    return this.#process.pid;
  }

  async ask(task, detail = {}) {
    const answered = new AbortController();
    const answer = once(this.#process, 'message', { signal: answered.signal });
    const ended = this.ended.then(() => [{ error: 'the process ended' }]);
    this.#process.send({ task, ...detail });
    const [{ value, error }] = await Promise.race([answer, ended]);
    void answer.catch(() => undefined);
    answered.abort();
    if (error !== undefined) throw new Error(`${task}: ${error}`);
    return value;
  }

  async end() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL');
    await this.ended;
  }
}

/** The share of sorted values that lies below, nearest rank. */
export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** One line for people, and whether the median keeps to the bar. */
export function judge({ takeoversMs, baresMs }) {
  const [takeover, bare] = [takeoversMs, baresMs].map((values) => ({ p50: percentile(values, 50), p95: percentile(values, 95) }));
  const barMs = TIMES_BARE * bare.p50 + MORE_MS;
  const format = ({ p50, p95 }) => `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`;
  const ratio = (takeover.p50 / bare.p50).toFixed(2);
  const text =
    `kill -9 of the writer to the next durable acknowledgement: ${format(takeover)} of ${takeoversMs.length}; ` +
    `lock, open and one synced put bare: ${format(bare)}; ratio ${ratio}; bar ${TIMES_BARE} × + ${MORE_MS} ms = ${barMs.toFixed(1)} ms`;
  return { text, isKept: takeover.p50 <= barMs };
}

if (process.argv[1] === import.meta.filename) {
  const { text, isKept } = judge(await measureTakeovers({ kills: Number(process.argv[2] ?? 20) }));
  console.log(text);
  if (!isKept) process.exitCode = 1;
}
