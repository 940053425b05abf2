// @ts-check
/**
 * What an application has to ship beside a bundle of socomm: the native packages that stay outside, less what does not run, with the binaries
 * of one platform only. Says which `.node` files those are (each has to be signed where the application is), and how much it is together.
 *
 *   node scripts/native-files.mjs [--platform darwin-arm64] [--from <folder>] [--copy <folder>] [--json]
 *
 * Which binary a package loads is decided as its own loader decides: test/package/natives.test.ts runs a program on nothing but this list.
 */

import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The packages that a bundler must leave outside: those with native parts, by the names under which socomm imports them. */
export const EXTERNAL = ['zeromq', 'level', 'fs-native-extensions'];

/** What `process.platform` and `process.arch` can be where prebuilt binaries are to be had. */
export const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64'];

/** Dependencies of those packages that only their compilation, or a browser, has a use for. */
const neverLoaded = new Set(['browser-level', 'napi-macros', 'node-addon-api']);

/** What runs, and what must come along by licence. */
const runs = /(?:\.[cm]?js|\.json)$/;
const licence = /(?:^|\/)(?:licen[cs]e|copying|notice)[^/]*$/i;
const asideFolders = /^(?:deps|docs|script|src|test|types|build\/(?:deps|nodeAPIInclude|utils))\//;
/** Of this package the others load one file. */
const onlyFiles = new Map([['cmake-ts', /^(?:package\.json|build\/loader\.js)$/]]);

/**
 * @typedef {{ name: string, version: string, folder: string, files: string[], natives: string[], isNative: boolean }} Shipped
 * One package: `folder` where it lies, its files relative to that, and which of them are binaries. `isNative` without a binary: none for this platform.
 */

/**
 * @param {string} platform As `darwin-arm64`.
 * @param {string} [from] A folder from which Node finds the packages.
 * @returns {Shipped[]}
 */
export function nativeFiles(platform, from = fileURLToPath(new URL('..', import.meta.url))) {
  /** @type {Map<string, Shipped>} */
  const found = new Map();
  /** @param {string} name @param {string} at */
  const visit = (name, at) => {
    const folder = locate(name, at);
    if (neverLoaded.has(name) || found.has(name)) return;
    if (folder === undefined) throw new Error(`${name} is not installed where ${at} would find it`);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const all = listFiles(folder);
    const natives = nativesOf(folder, all, platform);
    const only = onlyFiles.get(name);
    const isKept = (/** @type {string} */ path) =>
      licence.test(path) || (only === undefined ? runs.test(path) && !asideFolders.test(path) : only.test(path));
    const files = [...all.filter(isKept), ...natives].toSorted();
    found.set(name, { name, version: manifest.version, folder, files, natives, isNative: all.some((path) => path.endsWith('.node')) });
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency, folder);
  };
  for (const name of EXTERNAL) visit(name, from);
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Copies what is shipped into a `node_modules` folder.
 * @param {Shipped[]} packages
 * @param {string} modules
 */
export function copyShipped(packages, modules) {
  for (const { name, folder, files } of packages) {
    for (const path of files) {
      const target = join(modules, name, path);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(folder, path), target);
    }
  }
}

/**
 * The one binary that the package's loader takes on this platform; none where there is none.
 * @param {string} folder
 * @param {string[]} all
 * @param {string} platform
 * @returns {string[]}
 */
function nativesOf(folder, all, platform) {
  const manifest = join(folder, 'build', 'manifest.json');
  const chosen = existsSync(manifest)
    ? builtFor(JSON.parse(readFileSync(manifest, 'utf8')), platform)
    : prebuiltFor(
        all.filter((path) => path.endsWith('.node')),
        platform,
      );
  return chosen === undefined || !all.includes(chosen) ? [] : [chosen];
}

/**
 * cmake-ts: of those for this system and C library the one of the newest Node. All are Node-API, so it suits the older ones too.
 * @param {Record<string, string>} manifest From a description, as JSON, to a path.
 * @param {string} platform
 * @returns {string | undefined}
 */
function builtFor(manifest, platform) {
  const libc = { linux: 'glibc', darwin: 'libc', win32: 'msvc' }[platform.split('-')[0] ?? ''];
  const fitting = Object.entries(manifest)
    .map(([description, path]) => ({ ...JSON.parse(description), path: `build/${path.replaceAll('\\', '/')}` }))
    .filter((entry) => `${entry.os}-${entry.arch}` === platform && entry.libc === libc);
  return fitting.toSorted((a, b) => b.abi - a.abi)[0]?.path;
}

/**
 * node-gyp-build and require-addon: `prebuilds/<platform>-<arch>[+<arch>]/<name>[.<tag>].node`, not the one for another C library or older processor.
 * @param {string[]} binaries
 * @param {string} platform
 */
function prebuiltFor(binaries, platform) {
  const [os = '', arch = ''] = platform.split('-');
  return binaries.find((path) => {
    const [, folder = ''] = path.split('/');
    const [folderOs, archs = ''] = folder.split('-');
    return folderOs === os && archs.split('+').includes(arch) && !/\.(?:musl|armv[67])\.node$/.test(path);
  });
}

/**
 * Where Node finds a package from a folder.
 * @param {string} name
 * @param {string} from
 */
function locate(name, from) {
  for (let at = realpathSync(from); ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (at === dirname(at)) return undefined;
  }
}

/**
 * Files of a package, not of those inside it, as paths with `/`.
 * @param {string} folder
 */
function listFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.split(sep).includes('node_modules') && lstatSync(join(folder, path)).isFile())
    .map((path) => relative(folder, join(folder, path)).split(sep).join('/'))
    .toSorted();
}

/**
 * @param {Shipped[]} packages
 * @param {(shipped: Shipped) => string[]} files
 */
export function bytesOf(packages, files = ({ files: all }) => all) {
  return packages.reduce(
    (sum, shipped) => sum + files(shipped).reduce((bytes, path) => bytes + statSync(join(shipped.folder, path)).size, 0),
    0,
  );
}

/** @param {number} bytes */
const inKilobytes = (bytes) => `${Math.round(bytes / 1000).toLocaleString('en')} kB`;

/** @param {string} platform @param {Shipped[]} packages */
function report(platform, packages) {
  const lines = [`${platform}: ${packages.length} packages, ${inKilobytes(bytesOf(packages))} beside the bundle`];
  for (const shipped of packages.filter(({ isNative }) => isNative)) {
    const { name, version, natives } = shipped;
    const what =
      natives.length === 0 ? 'has no binary for this platform' : `${natives.join(', ')}  ${inKilobytes(bytesOf([shipped], () => natives))}`;
    lines.push(`  ${name} ${version}  ${what}`);
  }
  return lines.join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { platform: { type: 'string' }, from: { type: 'string' }, copy: { type: 'string' }, json: { type: 'boolean' } },
  });
  const platforms = values.platform === 'all' ? PLATFORMS : [values.platform ?? `${process.platform}-${process.arch}`];
  const answers = platforms.map((platform) => ({ platform, packages: nativeFiles(platform, values.from) }));
  if (values.copy !== undefined && answers[0] !== undefined) copyShipped(answers[0].packages, values.copy);
  console.log(
    values.json === true
      ? JSON.stringify(answers, undefined, 2)
      : answers.map(({ platform, packages }) => report(platform, packages)).join('\n'),
  );
}
