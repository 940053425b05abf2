/**
 * `mkdir -p`, in place of Node's own `recursive`: that never comes back where the system answers ENOENT below a
 * directory which is there, as under /proc.
 */

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { systemCode } from './errors.js';

/** Others may make, and remove, the same directories at the same moment. */
const ATTEMPTS_MAX = 4;

/** Makes a directory and those above it that are missing. Throws the system's error. */
export function makeDirectory(path: string, mode: number): void {
  for (let attempt = 1; ; attempt++) {
    try {
      makeOne(path, mode);
      return;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      const parent = dirname(path);
      // The parent is there now: somebody made it meanwhile, or the system just refuses, which the next attempts tell apart.
      if (existsSync(parent)) {
        if (attempt === ATTEMPTS_MAX) throw error;
      } else {
        if (parent === path) throw error;
        makeDirectory(parent, mode);
      }
    }
  }
}

function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const isThere = systemCode(error) === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    if (!isThere) throw error;
  }
}
