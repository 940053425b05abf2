/**
 * Where the worker of trial loads lies: beside this file in both builds of the package, and beside the bundle, under a name that says whose it is,
 * where an application has made one file of all (docs/PACKAGING.md, "The trial worker"). It need not be there.
 *
 * How a module knows its own name is all that the two builds cannot say in the same words: here stands the CommonJS one, and `scripts/build.mjs`
 * puts the other beside it into the ES build. Which of them leads somewhere is found out when asked: a bundler may have turned one kind into the other.
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IN_PACKAGE = 'trial-worker.js';
const BESIDE_BUNDLE = ['socomm-trial-worker.js', 'socomm-trial-worker.mjs', 'socomm-trial-worker.cjs'];

/** Undefined where there is none, or this module does not know where it lies itself. */
export function trialWorkerFile(): string | undefined {
  const own = typeof __filename === 'string' ? __filename : undefined;
  if (own === undefined) return undefined;
  return [IN_PACKAGE, ...BESIDE_BUNDLE].map((name) => join(dirname(own), name)).find((path) => existsSync(path));
}
