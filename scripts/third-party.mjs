// @ts-check
/**
 * Writes THIRD-PARTY.md: the licence of each package that an installation of this one brings along, and of what is compiled
 * into the native ones. Read from the installed tree. With `--check` it changes nothing, and fails when the file is out
 * of date. It always fails on a licence that nobody has looked at.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'THIRD-PARTY.md');

/** Ask for nothing but that their text comes along. */
const permissive = new Set(['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense']);

/** Others, each looked at for one package. MPL-2.0 asks for the source of the files under it, which their authors publish, and for no more. */
const accepted = new Map([['zeromq', new Set(['MPL-2.0'])]]);

/** What no package.json tells: looked up in the sources and binaries of exactly this version. A new version: look again. */
const compiledIn = [
  {
    name: 'zeromq',
    version: '6.8.0',
    parts: [
      ['libzmq 4.3.5', 'MPL-2.0', 'all', '`LICENSE_MPL-2.0.txt` of the package; source: <https://github.com/zeromq/libzmq>'],
      ['SHA-1 of the WIDE Project, in libzmq', 'BSD-3-Clause', 'those with WebSocket', 'source: `external/sha1` of libzmq'],
      ['wepoll, in libzmq', 'BSD-2-Clause', 'Windows', 'source: `external/wepoll` of libzmq'],
      ['libsodium', 'ISC', 'those with CURVE', 'below'],
    ],
  },
  {
    name: 'classic-level',
    version: '3.0.0',
    parts: [
      ['LevelDB 1.20', 'BSD-3-Clause', 'all', '`deps/leveldb/leveldb-1.20/LICENSE` of the package'],
      ['Snappy', 'BSD-3-Clause', 'all', '`deps/snappy/snappy/COPYING` of the package'],
    ],
  },
  { name: 'fs-native-extensions', version: '1.5.1', parts: [] },
];

const libsodium = `> ISC License. Copyright (c) 2013-2024 Frank Denis <j at pureftpd dot org>
>
> Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
> provided that the above copyright notice and this permission notice appear in all copies.
>
> THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
> WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
> CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
> NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`;

const packages = installedPackages();
const problems = [...packages.flatMap(licenceProblems), ...nativeProblems()];
const text = render();

if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
  problems.push('THIRD-PARTY.md is out of date. Run: npm run third-party');
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * @typedef {{ name: string, version: string, licence: string, textFile: string | undefined, isNative: boolean }} Package
 * @returns {Package[]} All that a user's installation holds, by name.
 */
function installedPackages() {
  const own = readManifest(root);
  /** @type {Map<string, Package>} */
  const found = new Map();
  const visited = new Set();
  /** @type {(folder: string, names: Record<string, string>, isOptional: boolean) => void} */
  const visit = (folder, names, isOptional) => {
    for (const name of Object.keys(names)) {
      const at = locate(folder, name);
      if (at === undefined) {
        if (!isOptional) throw new Error(`${name} is not installed. Run: npm ci`);
        continue;
      }
      if (visited.has(at)) continue;
      visited.add(at);
      const manifest = readManifest(at);
      const files = readdirSync(at);
      found.set(`${name}@${manifest.version}`, {
        name,
        version: manifest.version,
        licence: typeof manifest.license === 'string' ? manifest.license : 'unknown',
        textFile: files.find((file) => /^(licen[cs]e|copying)/i.test(file)),
        isNative: files.includes('prebuilds') || existsSync(join(at, 'build', 'manifest.json')),
      });
      visit(at, manifest.dependencies ?? {}, false);
      visit(at, manifest.optionalDependencies ?? {}, true);
    }
  };
  // An optional peer is not brought along: whoever wants it installs it.
  const isBrought = (/** @type {string} */ name) => own.peerDependenciesMeta?.[name]?.optional !== true;
  const peers = Object.fromEntries(Object.entries(own.peerDependencies ?? {}).filter(([name]) => isBrought(name)));
  visit(root, { ...own.dependencies, ...peers }, false);
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Where `name` is found from a folder, as Node looks for it.
 * @param {string} folder
 * @param {string} name
 * @returns {string | undefined}
 */
function locate(folder, name) {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (at === dirname(at) || !at.startsWith(root.slice(0, -1))) return undefined;
  }
}

/** @param {string} folder */
function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/**
 * With `OR` one that is allowed is enough, with `AND` each must be.
 * @param {Package} entry
 */
function licenceProblems({ name, version, licence }) {
  /** @param {string} id */
  const isAllowed = (id) => permissive.has(id) || accepted.get(name)?.has(id) === true;
  const isFine = licence
    .replaceAll(/[()]/g, '')
    .split(/ OR /)
    .some((choice) => choice.split(/ AND /).every((id) => isAllowed(id)));
  return isFine ? [] : [`${name} ${version}: nobody has looked at the licence '${licence}'.`];
}

function nativeProblems() {
  return packages
    .filter(({ isNative }) => isNative)
    .filter(({ name, version }) => !compiledIn.some((entry) => entry.name === name && entry.version === version))
    .map(({ name, version }) => `${name} ${version}: look up what is compiled into it, and say so in scripts/third-party.mjs.`);
}

function render() {
  const rows = packages.map(
    ({ name, version, licence, textFile }) => `| ${name} | ${version} | ${licence} | ${textFile ?? 'in package.json only'} |`,
  );
  const parts = compiledIn.flatMap(({ name, version, parts: inside }) =>
    inside.map(([part, licence, where, textFile]) => `| ${name} ${version} | ${part} | ${licence} | ${where} | ${textFile} |`),
  );
  return `# Third-party licences

Written by \`npm run third-party\` from the installed tree, and checked by \`npm run check\`. Do not edit.

socomm itself is under the MIT licence and contains no code of others. Installing it brings the packages below; an application
that ships them must ship their licence texts too. The versions are those that socomm is tested with; an installation may hold newer ones.

| package | version | licence | text, in the package |
|---|---|---|---|
${rows.join('\n')}

\`yjs\` is a peer dependency: it comes with the application.

## Compiled into the prebuilt binaries

| package | contains | licence | in which binaries | text |
|---|---|---|---|---|
${parts.join('\n')}

MPL-2.0 covers libzmq's own files: whoever ships the binary says where their source is to be had (the address above will do), and
publishes changes to those files, if any. It asks nothing of the code around them. The binary can be replaced by another build.

### libsodium

${libsodium}
`;
}
