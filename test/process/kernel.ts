/** What the kernel says about locks: which processes hold one on a file. Linux only; elsewhere `canAskKernel` is false. */

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const canAskKernel = existsSync('/proc/self/fdinfo') && existsSync('/proc/locks');

/** Locks for writing that the kernel knows on a file, whoever holds them: open file description locks carry no process id. */
export function locksOn(path: string): number {
  const { ino } = statSync(path);
  const lines = readFileSync('/proc/locks', 'utf8').split('\n');
  return lines.filter((line) => / OFDLCK .* WRITE /.test(line) && line.includes(`:${ino} `) && !line.includes('->')).length;
}

/** How many descriptors of a process hold such a lock. */
export function locksHeldBy(pid: number, path: string): number {
  const { ino } = statSync(path);
  const folder = `/proc/${pid}/fdinfo`;
  let count = 0;
  for (const descriptor of list(folder)) {
    const isHeld = read(join(folder, descriptor))
      .split('\n')
      .some((line) => line.startsWith('lock:') && / OFDLCK .* WRITE /.test(line) && line.includes(`:${ino} `));
    if (isHeld) count++;
  }
  return count;
}

/** A process that ends while it is looked at holds nothing. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
