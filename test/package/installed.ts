/**
 * The package as users get it: packed once, and unpacked as often as a test wants, each time with the dependencies of its own that it would have in
 * an installation. Nothing is fetched: dependencies come from this checkout.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { build } from '../../scripts/build.mjs';
import { copyShipped, nativeFiles } from '../../scripts/native-files.mjs';

export const ROOT = join(import.meta.dirname, '../..');
export const PLATFORM = `${process.platform}-${process.arch}`;

export interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly exports: unknown;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Packed {
  /** The tarball. */
  readonly path: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

export const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** A folder that goes away with the tests of the file that made it. Its path holds no links. */
export class Workshop {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'socomm-pack-')));

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Builds and packs, where that has not been done: all files of tests share one tarball, which lies in `dist/packed/`. */
export async function pack(): Promise<Packed> {
  const { errors } = await build();
  if (errors !== '') throw new Error(errors);
  const packs = join(ROOT, 'dist/packed');
  const kept = join(packs, contentHash());
  if (!existsSync(kept)) {
    mkdirSync(packs, { recursive: true });
    const making = mkdtempSync(join(packs, 'making-'));
    const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', making];
    writeFileSync(join(making, 'report.json'), execFileSync('npm', words, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }));
    takePlace(making, kept);
    removeOld(packs);
  }
  const [{ filename, ...packed }] = JSON.parse(readFileSync(join(kept, 'report.json'), 'utf8')) as [
    Omit<Packed, 'path'> & { filename: string },
  ];
  return { ...packed, path: join(kept, filename) };
}

/** Of all that goes into the tarball: what was built, by the build's own word, and what lies beside it. */
function contentHash(): string {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'dist/build.stamp')));
  for (const name of ['package.json', 'README.md', 'LICENSE', ...manifest.files.filter((path) => !path.includes('*'))]) {
    hash.update(readFileSync(join(ROOT, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Two who pack at the same time have made the same. */
function takePlace(making: string, kept: string): void {
  try {
    renameSync(making, kept);
  } catch (error) {
    if (!existsSync(kept)) throw error;
    rmSync(making, { recursive: true });
  }
}

const KEPT_MS = 60 * 60_000;

function removeOld(packs: string): void {
  for (const name of readdirSync(packs)) {
    const path = join(packs, name);
    if (Date.now() - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { recursive: true, force: true });
  }
}

export interface InstallOptions {
  /** What the package says of itself, in place of its own version. */
  readonly version?: string;
  /**
   * `linked`: one set for all installations, which is enough where nobody minds. `copied`: a set of their own, of what runs on this platform, so
   * that two installations in one process load each addon twice and have two copies of Yjs, as two applications do.
   */
  readonly dependencies: 'linked' | 'copied';
}

/** Makes `<folder>/node_modules` with the package in it, and returns the package's folder. */
export function install({ path }: Packed, folder: string, { version, dependencies }: InstallOptions): string {
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'socomm');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['-xzf', path, '-C', own, '--strip-components=1']);
  if (dependencies === 'copied') {
    copyShipped(nativeFiles(PLATFORM, ROOT), modules);
    for (const name of ['yjs', 'lib0']) copyWhatRuns(join(ROOT, 'node_modules', name), join(modules, name));
  } else {
    // As most users have it: without what is optional.
    const { dependencies: needed, peerDependencies: peers, peerDependenciesMeta: about } = manifest;
    link(
      modules,
      Object.keys({ ...needed, ...peers }).filter((name) => about[name]?.optional !== true),
    );
  }
  if (version !== undefined) sayVersion(own, version);
  return own;
}

/** Most of a package's files are maps, types and tests. */
function copyWhatRuns(from: string, to: string): void {
  const isWanted = (path: string): boolean =>
    statSync(path).isDirectory() ? !/\/(?:types|tests?|node_modules)$/.test(path) : /\.(?:[cm]?js|json)$/.test(path);
  cpSync(from, to, { recursive: true, dereference: true, filter: (path) => path === from || isWanted(path) });
}

/** Packages of this checkout, made available in a `node_modules` folder. */
export function link(modules: string, names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'dir');
  }
}

function sayVersion(own: string, version: string): void {
  const file = join(own, 'package.json');
  const { version: real } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const places = [file, ...['esm', 'cjs'].map((kind) => join(own, 'dist', kind, 'src', 'version.js'))];
  for (const place of places) {
    const text = readFileSync(place, 'utf8');
    if (!text.includes(real)) throw new Error(`${place} does not hold the version`);
    writeFileSync(place, text.replace(real, version));
  }
}

/** Names of all files below a folder, but for packages. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
