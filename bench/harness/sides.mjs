/** The processes that are measured, as their parent has them: started, asked one thing after the other, looked at from outside, ended. */

import { fork } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CLOSE_MS_MAX = 5000;
const TICKS_PER_SECOND = 100;

/** `path`: of a file that calls `serve()`, seen from `bench/`. */
function startSide(path, { env = {}, args = [], execArgv = [] } = {}) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const child = fork(file, args, { env: { ...process.env, ...env }, execArgv, serialization: 'advanced' });
  const waiting = new Map();
  let asked = 0;
  let end;
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve((end = code ?? signal))));
  child.on('message', ({ id, answer, error }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(answer);
    else reject?.(new Error(`${path}: ${error}`));
  });
  void ended.then(() => waiting.forEach(({ reject }) => reject(new Error(`${path} ended with ${end}`))));
  return {
    pid: child.pid,
    child,
    ended,
    ask: (task, options = {}) =>
      new Promise((resolve, reject) => {
        if (end !== undefined) {
          reject(new Error(`${path} ended with ${end}`));
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
}

/** Runs `work` with sides that are gone afterwards, whatever happened: who can close is given time to. */
export async function withSides(work) {
  const sides = [];
  const start = (...given) => {
    const side = startSide(...given);
    sides.push(side);
    return side;
  };
  try {
    const result = await work(start);
    await closeSides(sides);
    return result;
  } finally {
    await Promise.all(sides.map((side) => side.kill()));
  }
}

/** The last first: who writes was there first, and so closes when nobody is left to take over. */
export async function closeSides(sides) {
  const late = new AbortController();
  const limit = new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_MS_MAX);
    late.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const closing = Promise.allSettled(sides.toReversed().map((side) => side.ask('close')));
  await Promise.race([closing, limit]);
  late.abort();
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
