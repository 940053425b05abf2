// @ts-check
/** How many hold the lock on a file, by the kernel's list of locks. */

import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

/** The kernel gives a page at a time at most. */
const READ_BYTES = 64 * 1024;

/**
 * The lines of the list that name the file as locked; undefined where the kernel cannot be asked.
 *
 * Only what one `read` gives is one moment. The next one, be it only for the end of the list, goes on by counting: where a lock has
 * been added at the front meanwhile, it gives the last line once more. Put together they would show two holders of one lock.
 * @param {string} path
 * @returns {readonly string[] | undefined}
 */
export function locksOn(path) {
  if (!existsSync('/proc/locks') || !existsSync(path)) return undefined;
  const { ino } = statSync(path);
  const isMeant = (/** @type {string} */ line) => / OFDLCK .* WRITE /.test(line) && line.includes(`:${ino} `) && !line.includes('->');
  const moments = readList().map((text) => text.split('\n').filter(isMeant));
  return moments.toSorted((one, other) => other.length - one.length)[0] ?? [];
}

function readList() {
  const texts = [];
  const buffer = Buffer.alloc(READ_BYTES);
  const list = openSync('/proc/locks', 'r');
  try {
    for (;;) {
      const length = readSync(list, buffer);
      if (length === 0) return texts;
      texts.push(buffer.toString('latin1', 0, length));
    }
  } finally {
    closeSync(list);
  }
}
