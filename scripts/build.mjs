// @ts-check
/**
 * Builds the package twice from the same sources: ES modules into dist/esm, CommonJS into dist/cjs (why two:
 * docs/decisions/0001-two-builds.md), file by file with declarations, and then the few files that are published (scripts/bundle.mjs, scripts/declarations.mjs).
 * Does nothing when nothing has changed. What tsc has to say goes to standard error.
 *
 * Run it as a program, or import `build`.
 */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { bundle, bundledEntries } from './bundle.mjs';
import { publishDeclarations, publishedPaths } from './declarations.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
const stampFile = join(dist, 'build.stamp');
const bin = join(dist, 'esm', 'src', 'cli', 'main.js');

/** What has to know where it lies (docs/decisions/0001-two-builds.md). */
const ASK_THEIR_NAME = ['src/base/native-package.js', 'src/replica/trial-file.js'];

const LOCK_POLL_MS = 50;
const LOCK_AGE_MS_MAX = 60_000;

/** What each build leaves out besides declarations, as tsconfig.<name>.json says. */
const builds = [
  { name: /** @type {const} */ ('esm'), excluded: [] },
  { name: /** @type {const} */ ('cjs'), excluded: ['src/cli/'] },
];

/**
 * Brings dist/ up to date. `built` is false where it was so already.
 * @returns {Promise<{ built: boolean, errors: string }>} `errors` is empty when all went well.
 */
export async function build() {
  const unlock = await lock();
  try {
    return await bringUpToDate();
  } finally {
    unlock();
  }
}

/** @returns {Promise<{ built: boolean, errors: string }>} */
async function bringUpToDate() {
  const sources = listFiles(root, ['src', 'sync', 'talk', 'storage']).filter((path) => path.endsWith('.ts'));
  const outputs = new Map(builds.map(({ name, excluded }) => [name, outputsOf(sources, excluded)]));
  const missing = builds.filter(({ name }) =>
    [...(outputs.get(name) ?? []), ...bundledEntries(name), ...publishedPaths(name)].some((path) => !existsSync(join(dist, name, path))),
  );
  const stamp = stampOf(sources);
  if (missing.length === 0 && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return { built: false, errors: '' };

  rmSync(stampFile, { force: true });
  for (const { name } of builds) mkdirSync(join(dist, name), { recursive: true });
  writeFileSync(join(dist, 'cjs', 'package.json'), '{ "type": "commonjs", "sideEffects": false }\n');
  // tsc does not look whether its output is still there.
  for (const { name } of missing) rmSync(join(dist, `${name}.tsbuildinfo`), { force: true });
  const reports = await Promise.all(builds.map(({ name }) => compile(name)));
  // The same sources make the same mistakes: one report is enough.
  const errors = reports.find((report) => report !== '') ?? '';
  if (errors !== '') return { built: true, errors };

  for (const path of ASK_THEIR_NAME) nameItself(join(dist, 'esm', path));
  for (const { name } of builds)
    removeStrays(name, new Set([...(outputs.get(name) ?? []), ...(await bundle(name)), ...publishDeclarations(name)]));
  if (existsSync(bin)) chmodSync(bin, 0o755);
  writeFileSync(stampFile, stamp);
  return { built: true, errors: '' };
}

/** Tests in one terminal and the demo in another must not write the same files at once. A dead builder's lock counts for nothing. */
async function lock() {
  const file = join(dist, 'build.lock');
  mkdirSync(dist, { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    if (isLeftOver(file)) rmSync(file, { force: true });
    else await pause(LOCK_POLL_MS);
  }
}

/** @param {string} file */
function isLeftOver(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')) || process.pid, 0);
    return Date.now() - statSync(file).mtimeMs > LOCK_AGE_MS_MAX;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/**
 * What the result depends on. Times and sizes will do: tsc itself looks at the content.
 * @param {string[]} sources
 */
function stampOf(sources) {
  const hash = createHash('sha256');
  const settings = [
    'tsconfig.json',
    'tsconfig.esm.json',
    'tsconfig.cjs.json',
    'scripts/build.mjs',
    'scripts/bundle.mjs',
    'scripts/declarations.mjs',
    'package.json',
    'package-lock.json',
  ];
  for (const path of [...sources, ...settings]) {
    const { mtimeMs, size } = statSync(join(root, path));
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/**
 * @param {string[]} sources
 * @param {string[]} excluded
 */
function outputsOf(sources, excluded) {
  return sources
    .filter((path) => !path.endsWith('.d.ts') && !excluded.some((folder) => path.startsWith(folder)))
    .flatMap((path) => [path.replace(/\.ts$/, '.js'), path.replace(/\.ts$/, '.d.ts')]);
}

/**
 * @param {string} name
 * @returns {Promise<string>} What tsc complained about.
 */
function compile(name) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, '--project', `tsconfig.${name}.json`, '--pretty', String(process.stderr.isTTY ?? false)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? '' : output || `tsc ended with ${code}\n`));
  });
}

/**
 * How a module knows its own file is the one thing that the two builds cannot say in the same words (docs/decisions/0001-two-builds.md).
 * The CommonJS way stays in front: a bundler may make CommonJS of the ES build, and then there is no `import.meta`.
 * @param {string} file
 */
function nameItself(file) {
  const text = readFileSync(file, 'utf8');
  const named = text.replace("=== 'string' ? __filename : undefined", "=== 'string' ? __filename : import.meta.filename");
  if (named === text && !text.includes('import.meta.filename')) throw new Error(`${file} no longer says where it is told its own name`);
  writeFileSync(file, named);
}

/**
 * Removes what an earlier build left of sources that are gone, so that it is never packed.
 * @param {string} name
 * @param {Set<string>} expected
 */
function removeStrays(name, expected) {
  for (const path of listFiles(join(dist, name), ['.'])) {
    if (path !== 'package.json' && !expected.has(path)) rmSync(join(dist, name, path));
  }
}

/**
 * All files below some folders, as paths with `/`, sorted.
 * @param {string} base
 * @param {string[]} folders
 */
function listFiles(base, folders) {
  return folders
    .flatMap((folder) => (existsSync(join(base, folder)) ? readdirSync(join(base, folder), { recursive: true, withFileTypes: true }) : []))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
}

if (process.argv[1] === import.meta.filename) {
  const { errors } = await build();
  process.stderr.write(errors);
  process.exitCode = errors === '' ? 0 : 1;
}
