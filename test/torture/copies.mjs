// @ts-check
/**
 * Loaded copies of the package: its two builds, and further ones, each in a folder of its own with another version, as
 * several products that ship it would have them.
 */

import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The module that has `join()`, as tsc made it: what is published is few files, in which the store could not be watched. */
const BUILDS = ['dist/esm/src/join.js', 'dist/cjs/src/join.js'];

/**
 * Paths to import: the first two are this checkout's, the others are made below `folder`.
 * @param {number} count
 * @param {string} folder
 * @returns {string[]}
 */
export function makeCopies(count, folder) {
  return Array.from({ length: count }, (_, at) => {
    const build = String(BUILDS[at % BUILDS.length]);
    return join(at < BUILDS.length ? root : copyPackage(join(folder, `copy-${at}`), `99.0.${at}`), build);
  });
}

/**
 * The package as another version; returns its folder.
 * @param {string} folder
 * @param {string} version
 */
export function copyPackage(folder, version) {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const note = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...note, version }));
  for (const build of ['esm', 'cjs']) {
    const file = join(folder, `dist/${build}/src/version.js`);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(note.version)) throw new Error(`${file} does not name the version ${note.version}`);
    writeFileSync(file, text.replaceAll(note.version, version));
  }
  return folder;
}
