/** The package as users get it: packed, unpacked beside its dependencies, and loaded by plain Node, as ES module and as CommonJS. */

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { PACKAGE_VERSION } from '../../src/version.js';
import { ROOT, Workshop, install, link, manifest, pack } from './installed.js';
import type { Packed } from './installed.js';

const run = promisify(execFile);
/** About a quarter more than there is: here to notice that something came along which is not the product (maps, tests, a binary), not how it grows. */
const UNPACKED_BYTES_MAX = 4_300_000;

const workshop = new Workshop();
const app = workshop.folder;
let packed: Packed;

beforeAll(async () => {
  packed = await pack();
  install(packed, app, { dependencies: 'linked' });
  link(join(app, 'node_modules'), ['@types/node', 'undici-types']);
}, 120_000);

afterAll(() => workshop.remove());

describe('the packed package', () => {
  test('holds what runs and what tells about it, and nothing else', () => {
    const wanted =
      /^(package\.json|LICENSE|README\.md|CHANGELOG\.md|THIRD-PARTY\.md|dist\/cjs\/package\.json|dist\/(esm|cjs)\/(types\/(src|sync|talk|storage)\/[a-z0-9/-]+\.d\.ts|src\/(cli\/)?[a-z/-]+\.js|chunks\/[A-Za-z0-9-]+\.js))$/;
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !wanted.test(path))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'THIRD-PARTY.md', 'dist/cjs/package.json']));
    expect(packed.unpackedSize).toBeLessThan(UNPACKED_BYTES_MAX);
  });

  test('holds every file that package.json names', () => {
    const paths = new Set(packed.files.map(({ path }) => `./${path}`));
    const named = [...leaves(manifest.exports), ...Object.values(manifest.bin)];
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((path) => !paths.has(path))).toEqual([]);
  });

  test('knows its own version', () => {
    expect(PACKAGE_VERSION).toBe(manifest.version);
  });

  test('brings the command along, executable and of the right version', async () => {
    const bin = join(app, 'node_modules', 'socomm', manifest.bin['socomm'] ?? '');
    expect(readFileSync(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect((packed.files.find(({ path }) => `./${path}` === manifest.bin['socomm'])?.mode ?? 0) & 0o111).toBe(0o111);
    const { stdout } = await run(process.execPath, [bin, '--version'], { cwd: app });
    expect(stdout.trim()).toBe(manifest.version);
  });
});

/** Each entry with something that it exports. */
const ENTRIES = [
  ['socomm', 'join'],
  ['socomm/library', 'openLibrary'],
  ['socomm/testing', 'createTestGroup'],
  ['socomm/store', 'openStore'],
] as const;
const exported = Object.keys(manifest.exports as Readonly<Record<string, unknown>>).map((path) => path.replace(/^\./, 'socomm'));

test('each entry of the package is tried here', () => {
  const tried: readonly string[] = [...ENTRIES.map(([specifier]) => specifier), 'socomm/trial-worker', 'socomm/package.json'];
  expect(exported.filter((specifier) => !tried.includes(specifier))).toEqual([]);
});

describe('socomm/trial-worker', () => {
  test.each([
    ['imported', 'worker.mjs', `await import('socomm/trial-worker');`],
    ['required', 'worker.cjs', `require('socomm/trial-worker');`],
  ])('%s by anybody but the thread that it is for: does nothing', async (_, file, load) => {
    expect(await tell(file, load, `{ addons, resources }`)).toEqual({ addons: [], resources: [] });
  });
});

describe.each(ENTRIES.filter(([specifier]) => exported.includes(specifier)))('%s', (specifier, name) => {
  test.each([
    ['imported', 'loads.mjs', `const { ${name} } = await import('${specifier}');`],
    ['required', 'loads.cjs', `const { ${name} } = require('${specifier}');`],
  ])('%s: loads no native addon, starts nothing, and lets the process end', async (_, file, load) => {
    const told = await tell(
      file,
      `const before = new Map(process.eventNames().map((each) => [each, process.listenerCount(each)])); ${load}`,
      `{ type: typeof ${name}, addons, resources, listensTo: process.eventNames().filter((each) => process.listenerCount(each) > (before.get(each) ?? 0)) }`,
    );
    expect(told).toEqual({ type: 'function', addons: [], resources: [], listensTo: [] });
  });

  test.each([
    ['consumer.mts', `import { ${name} } from '${specifier}'; export const value = ${name};`],
    ['consumer.cts', `import { ${name} } from '${specifier}'; export const value = ${name};`],
  ])('has types that hold without skipLibCheck, in %s', async (file, text) => {
    writeFileSync(join(app, file), text);
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2023,esnext.disposable',
      '--types',
      'node',
      file,
    ];
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [tsc, '--ignoreConfig', ...options], { cwd: app }).catch(
      (error: unknown) => error as { stdout: string },
    );
    // What dependencies get wrong in their own types is not ours to mend.
    expect(stdout.split('\n').filter((line) => line.includes('error') && !/^(\.\.\/|node_modules\/(?!socomm\/))/.test(line))).toEqual([]);
  });
});

describe('Yjs', () => {
  test.each([
    ['imported', 'yjs.mjs', `const { Y } = await import('socomm'); const yjs = await import('yjs');`],
    ['required', 'yjs.cjs', `const { Y } = require('socomm'); const yjs = require('yjs');`],
  ])('%s by an application is the copy that socomm uses', async (_, file, load) => {
    expect(await tell(file, load, `{ isSame: Y.Doc === yjs.Doc && typeof Y.Doc === 'function' }`)).toEqual({ isSame: true });
  });
});

/** Runs a program of plain JavaScript in the application's folder, and returns what it says about itself. It must end on its own. */
async function tell(file: string, program: string, answer: string): Promise<unknown> {
  const text = `${program}
    process.report.excludeNetwork = true;
    const addons = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
    const resources = process.getActiveResourcesInfo().filter((kind) => !/^(Pipe|TTY|File)|Req/.test(kind));
    process.stdout.write(JSON.stringify(${answer}));`;
  writeFileSync(join(app, file), text);
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: app, timeout: 20_000 });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** All strings in a tree of objects. */
function leaves(tree: unknown): string[] {
  return typeof tree === 'string' ? [tree] : Object.values(tree as Record<string, unknown>).flatMap((branch) => leaves(branch));
}
