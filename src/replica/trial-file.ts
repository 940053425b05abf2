/**
 * Where the worker of trial loads lies: beside this file, in both builds. How a module knows its own name is all that the two cannot say in the
 * same words: here stands the CommonJS one, and `scripts/build.mjs` puts the other into the ES build. In a bundle neither leads anywhere.
 */

import { dirname, join } from 'node:path';

/** The file need not be there. Undefined where this module does not know where it lies. */
export function trialWorkerFile(): string | undefined {
  return typeof __filename === 'string' ? join(dirname(__filename), 'trial-worker.js') : undefined;
}
