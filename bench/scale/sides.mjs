/** The processes that are measured, as their parent has them: started, asked one thing after the other, looked at from outside, ended. */

import { fork } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CLOSE_MS_MAX = 10_000;
const TICKS_PER_SECOND = 100;

/** `name`: a file beside this one that calls `serve()`. Start them all before the first is awaited: they start side by side. */
export function startSide(name, { env = {}, args = [], execArgv = [] } = {}) {
  const file = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const child = fork(file, args, { env: { ...process.env, ...env }, execArgv, serialization: 'advanced' });
  const waiting = new Map();
  let asked = 0;
  let end;
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve((end = code ?? signal))));
  child.on('message', ({ id, answer, error }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(answer);
    else reject?.(new Error(`${name}: ${error}`));
  });
  void ended.then(() => waiting.forEach(({ reject }) => reject(new Error(`${name} ended with ${end}`))));
  const side = {
    pid: child.pid,
    ask: (task, options = {}) =>
      new Promise((resolve, reject) => {
        if (end !== undefined) {
          reject(new Error(`${name} ended with ${end}`));
          return;
        }
        waiting.set(++asked, { resolve, reject });
        child.send({ id: asked, task, options });
      }),
    kill: () => {
      if (end === undefined) child.kill('SIGKILL');
      return ended;
    },
  };
  return side;
}

/** Runs `work` with sides that are gone afterwards, whatever happened. */
export async function withSides(work) {
  const sides = [];
  const start = (...given) => {
    const side = startSide(...given);
    sides.push(side);
    return side;
  };
  try {
    return await work(start);
  } finally {
    await Promise.all(sides.map((side) => side.kill()));
  }
}

/** Those of ours leave the group first, so that the next row finds a store that was closed. */
export async function closeSides(sides) {
  const limit = new Promise((resolve) => setTimeout(resolve, CLOSE_MS_MAX).unref());
  await Promise.race([Promise.allSettled(sides.map((side) => side.ask('close'))), limit]);
  await Promise.all(sides.map((side) => side.kill()));
}

/** Seconds of a core that these processes have used so far: of all threads, in nanoseconds where the kernel says so, else in ticks. */
export function cpuSeconds(pids) {
  return pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
}

function cpuOf(pid) {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.reduce((sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e9;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
