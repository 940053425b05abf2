/** What must never be committed: where somebody's machine keeps things, and where somebody's machine gets packages from. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { listFiles, root } from './source.js';

const generated = new Set(['.git', 'coverage', 'dist', 'node_modules', '.demo']);
const texts = readdirSync(root, { withFileTypes: true })
  .filter(({ name }) => !generated.has(name))
  .flatMap((entry) => (entry.isDirectory() ? listFiles(entry.name) : [entry.name]))
  .filter((path) => !/\.(png|gif|gz|bin|tsbuildinfo)$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

// Spelled out at run time, so that this file does not find itself.
const placesHere = [['w', 'ork'].join(''), ['r', 'oot'].join('')];
const machinePath = new RegExp(`(^|[\\s"'\`(=:])/(${placesHere.join('|')})/`, 'm');

describe('the repository', () => {
  test('names no path of the machine that it was made on', () => {
    expect(texts.filter(({ text }) => machinePath.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('names no package registry but the public one', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, { resolved?: string }> };
    const elsewhere = Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined && !isPublic(resolved));
    expect(elsewhere).toEqual([]);
    expect(texts.filter(({ path, text }) => path.endsWith('.npmrc') && /registry\s*=/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('pins each package by its checksum', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, { integrity?: string }> };
    const unpinned = Object.entries(lock.packages).filter(([path, { integrity }]) => path !== '' && integrity === undefined);
    expect(unpinned.map(([path]) => path)).toEqual([]);
  });

  test('finds both when they are planted', () => {
    expect(machinePath.test(`cd /${placesHere[0]}/main`)).toBe(true);
    expect(machinePath.test(`join("/${placesHere[1]}/.npmrc")`)).toBe(true);
    expect(machinePath.test('src/root/file.ts and https://example.org/work/x')).toBe(false);
    expect(isPublic('https://registry.npmjs.org/yjs/-/yjs-13.6.33.tgz')).toBe(true);
    expect(isPublic('https://registry.example.org/yjs/-/yjs-13.6.33.tgz')).toBe(false);
  });
});

function isPublic(resolved: string): boolean {
  return resolved.startsWith('https://registry.npmjs.org/');
}
