/** What the threads of a process have had of the processor, as Linux tells it. Elsewhere nothing is told. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';

const KINDS = [
  ['ZeroMQ', (name) => name.startsWith('ZMQ')],
  ['main thread', (_, thread, pid) => thread === String(pid)],
];
const OTHERS = "Node's and V8's helpers, LevelDB";

export function canWatchThreads() {
  return existsSync(`/proc/${process.pid}/task/${process.pid}/schedstat`);
}

/** Seconds by kind of thread since `before`, which an earlier call gave. */
export function threadSeconds(pid, before = {}) {
  const used = {};
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    const name = readFileSync(`${folder}/comm`, 'utf8');
    const [kind] = KINDS.find(([, isOne]) => isOne(name, thread, pid)) ?? [OTHERS];
    used[kind] = (used[kind] ?? 0) + Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
  }
  return Object.fromEntries(Object.entries(used).map(([kind, seconds]) => [kind, seconds - (before[kind] ?? 0)]));
}
