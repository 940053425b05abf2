/**
 * `mkdir -p`, in place of Node's own `recursive`: that never comes back where the system answers ENOENT below a
 * directory which is there, as under /proc.
 */

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { systemCode } from './errors.js';

/** Makes a directory and those above it that are missing. Throws the system's error. */
export function makeDirectory(path: string, mode: number): void {
  try {
    makeOne(path, mode);
  } catch (error) {
    const parent = dirname(path);
    if (systemCode(error) !== 'ENOENT' || existsSync(parent)) throw error;
    makeDirectory(parent, mode);
    makeOne(path, mode);
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
