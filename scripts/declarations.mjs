// @ts-check
/**
 * The declarations that are published: those to which the package's own lead. tsc writes one for each source; most of these nobody can reach,
 * and a package of a thousand small files is slow to unpack and large on a disk. What is reached is copied as it lies, beside the build.
 */

import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
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
  /** @type {Set<string>} */
  const reached = new Set();
  for (const own of ownOf(kind)) reach(own);
  for (const path of reached) {
    mkdirSync(dirname(join(dist, TYPES, path)), { recursive: true });
    copyFileSync(join(dist, path), join(dist, TYPES, path));
  }
  return [...reached].map((path) => `${TYPES}/${path}`);

  /** @param {string} path */
  function reach(path) {
    if (reached.has(path)) return;
    reached.add(path);
    for (const name of namesIn(readFileSync(join(dist, path), 'utf8')))
      reach(posix.join(posix.dirname(path), name.replace(/\.js$/, '.d.ts')));
  }
}

/** What there must be after a build, as paths below `dist/<kind>`. @param {string} kind */
export function publishedEntries(kind) {
  return ownOf(kind).map((path) => `${TYPES}/${path}`);
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
