/**
 * What an import reads, before it reads: the files behind the names on a command line, in a stable order, and what of
 * a folder is left out. A folder is walked recursively; hidden entries, links to folders and what is no file are told, not read.
 */

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { messageOf } from './reading-error.js';
import { FOLDER_DEPTH_MAX } from './limits.js';

export interface SourceFile {
  /** As it is opened and told; `-` is standard input. */
  readonly path: string;
  /** What ids are derived from: relative to the folder given, without extensions, with `/`, in NFC. */
  readonly stem: string;
  readonly format: 'json' | 'lines';
  readonly isPacked: boolean;
  /** Named on the command line, or of an extension that promises JSON: whatever is wrong with it is a problem. */
  readonly isPromised: boolean;
  /** Lower case, without the dot and without `gz`; empty where there is none. */
  readonly extension: string;
  readonly bytes: number;
}

/** What was left out and why; `isProblem` where it ought to have been readable. */
export interface LeftOut {
  readonly path: string;
  readonly cause: string;
  readonly isProblem: boolean;
}

export interface Sources {
  readonly files: readonly SourceFile[];
  readonly leftOut: readonly LeftOut[];
  /** Unknown where standard input is among them. */
  readonly bytesTotal: number | undefined;
}

/** Rejects (ENOENT …) where a name given does not exist or cannot be looked at. */
export async function findSources(paths: readonly string[]): Promise<Sources> {
  const found: Found = { files: [], leftOut: [] };
  for (const path of paths) {
    if (path === '-') {
      found.files.push({ path, stem: 'stdin', format: 'lines', isPacked: false, isPromised: true, extension: 'jsonl', bytes: 0 });
      continue;
    }
    const entry = await stat(path);
    if (entry.isDirectory()) await walk(path, [], found);
    else found.files.push({ ...describeFile(path, [basename(path)], entry.size), isPromised: true });
  }
  const bytesTotal = paths.includes('-') ? undefined : found.files.reduce((sum, file) => sum + file.bytes, 0);
  return { ...found, bytesTotal };
}

interface Found {
  readonly files: SourceFile[];
  readonly leftOut: LeftOut[];
}

async function walk(folder: string, names: readonly string[], found: Found): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  // By code units, not by locale: the same folder is read in the same order everywhere.
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    try {
      const cause = await look(entry, path, names, found);
      if (cause !== undefined) found.leftOut.push({ path, cause, isProblem: false });
    } catch (error) {
      found.leftOut.push({ path, cause: messageOf(error), isProblem: true });
    }
  }
}

/** Takes one entry of a folder in, or says why not. */
async function look(entry: Dirent, path: string, names: readonly string[], found: Found): Promise<string | undefined> {
  if (entry.name.startsWith('.')) return 'hidden';
  const { size, ...target } = await stat(path).then((it) => ({ size: it.size, isFolder: it.isDirectory(), isFile: it.isFile() }));
  if (target.isFolder) {
    // A link may lead back to a folder above it.
    if (entry.isSymbolicLink()) return 'a link to a folder';
    if (names.length === FOLDER_DEPTH_MAX) return `more than ${FOLDER_DEPTH_MAX} folders deep`;
    await walk(path, [...names, entry.name], found);
    return undefined;
  }
  if (!target.isFile) return 'not a file';
  found.files.push(describeFile(path, [...names, entry.name], size));
  return undefined;
}

const LINE_EXTENSIONS: ReadonlySet<string> = new Set(['jsonl', 'ndjson']);
// An extension begins with a letter (`Lead v1.2` has none) and leaves something of the name.
const EXTENSION = /(?<=[^/])\.([A-Za-z][A-Za-z0-9_-]{0,15})$/;
const PACKED = /(?<=[^/])\.gz$/i;

function describeFile(path: string, names: readonly string[], bytes: number): SourceFile {
  const name = names.join('/').normalize('NFC');
  const unpacked = name.replace(PACKED, '');
  const extension = (EXTENSION.exec(unpacked)?.[1] ?? '').toLowerCase();
  const isLines = LINE_EXTENSIONS.has(extension);
  return {
    path,
    stem: unpacked.replace(EXTENSION, ''),
    format: isLines ? 'lines' : 'json',
    isPacked: unpacked !== name,
    isPromised: isLines || extension === 'json',
    extension,
    bytes,
  };
}
