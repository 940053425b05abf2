// @ts-check
/**
 * The declarations that are published: those to which the package's own lead. tsc writes one for each source; most of these nobody can reach,
 * and a package of a thousand small files is slow to unpack and large on a disk. What is reached is copied as it lies, beside the build.
 */

import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const TYPES = 'types';

/**
 * Copies those of one kind to `dist/<kind>/types`, and returns their paths below `dist/<kind>`.
 * @param {string} kind
 * @returns {string[]}
 */
export function publishDeclarations(kind) {
  const dist = join(root, 'dist', kind);
  for (const path of reachedOf(kind)) {
    mkdirSync(dirname(join(dist, TYPES, path)), { recursive: true });
    copyFileSync(join(dist, path), join(dist, TYPES, path));
  }
  return publishedPaths(kind);
}

/** What there must be after a build, as paths below `dist/<kind>`; of what tsc has not written nothing is known. @param {string} kind */
export function publishedPaths(kind) {
  return reachedOf(kind).map((path) => `${TYPES}/${path}`);
}

/** @param {string} kind */
function reachedOf(kind) {
  const dist = join(root, 'dist', kind);
  const reached = new Set(ownOf(kind));
  // A set is gone through with what is added meanwhile.
  for (const path of reached) {
    if (!existsSync(join(dist, path))) continue;
    for (const name of namesIn(readFileSync(join(dist, path), 'utf8')))
      reached.add(posix.join(posix.dirname(path), name.replace(/\.js$/, '.d.ts')));
  }
  return [...reached];
}

/** What `exports` names as types of that kind, as tsc writes them. @param {string} kind */
function ownOf(kind) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const places = JSON.stringify(exports).matchAll(new RegExp(`"types":"\\./dist/${kind}/${TYPES}/([^"]+)"`, 'g'));
  return [...places].map(([, path = '']) => path);
}

/** Modules of ours that a declaration asks for, by a statement or in the middle of a type. @param {string} text */
function namesIn(text) {
  return [...text.matchAll(/(?:\bfrom |^import |\bimport\()["'](\.[^"']+)["']/gm)].map(([, name = '']) => name);
}
