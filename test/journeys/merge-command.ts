/** `socomm merge`, as a user runs it. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { GROUP, ROOT } from '../process/members.js';
import type { Place } from '../process/members.js';

const MAIN = join(ROOT, 'dist/esm/src/cli/main.js');

/** Takes what lies in another store into the place's own. */
export async function runMerge(place: Place, from: string): Promise<string> {
  const env = { ...process.env, SOCOMM_RUNTIME_DIRECTORY: place.sockets };
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'merge', GROUP, from, '--directory', place.store], { env });
  return stdout;
}
