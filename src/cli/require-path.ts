/** Paths that were named on the command line and must be there, before anything is begun. */

import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Stats } from 'node:fs';

import { CliError } from './exit.js';
import { systemCodeOf } from './failure.js';

/** Errors: notFound. */
export async function requirePath(path: string): Promise<void> {
  await stat(path).catch((cause: unknown) => {
    throw isMissing(cause) ? new CliError('notFound', `there is no file or folder ${path === '' ? '""' : path}`, { cause }) : cause;
  });
}

/** Errors: notFound, also where something else is there. */
export async function requireFolder(path: string): Promise<void> {
  const found = await statIfThere(path);
  if (found?.isDirectory() !== true) throw new CliError('notFound', `there is no folder ${path}`);
}

/** Where a file may be written as a whole. Errors: usage, notFound. */
export async function requireTarget(path: string): Promise<void> {
  if (path === '') throw new CliError('usage', 'the file needs a name', { hint: 'leave it out to write to standard output' });
  const found = await statIfThere(path);
  if (found?.isDirectory() === true) throw new CliError('usage', `${path} is a folder`, { hint: 'name a file in it' });
  // The new file would take its place.
  if (found?.isFile() === false)
    throw new CliError('usage', `${path} is no regular file`, { hint: 'leave it out, and redirect standard output there' });
  await requireFolder(dirname(path));
}

export function isMissing(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
