/**
 * Files of presets, whole or not at all: written beside their name, synced, then renamed. One file of JSON lines or of one array, or a
 * folder with a folder for each category; each also packed. Two exports of one library are equal byte for byte.
 */

import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import { SocommError } from '../../base/errors.js';
import { systemRandom } from '../../base/random.js';
import { checkFunction, checkOptions } from '../check-options.js';
import type { Library } from '../library.js';
import type { Preset, PresetId } from '../preset.js';
import { exportedPresets } from './export-presets.js';
import type { ExportSource, ExportedPreset } from './export-presets.js';

export type ExportFormat = 'jsonl' | 'json' | 'folder';

export interface ExportOptions {
  /** Default: by the extension (`.jsonl`, `.ndjson`, `.json`, each also `.gz`); a name without one is a folder. */
  readonly format?: ExportFormat;
  /** Default: by the extension `.gz`; of a folder each file: not. */
  readonly isPacked?: boolean;
  /** Default: all, in bank order. */
  readonly presets?: readonly Preset[];
  readonly signal?: AbortSignal;
  /** Called after each preset. */
  readonly onProgress?: (progress: { readonly written: number; readonly total: number }) => void;
}

export interface ExportReport {
  readonly format: ExportFormat;
  readonly written: number;
  /** Presets that were left out, and why. */
  readonly problems: readonly { readonly id: PresetId; readonly cause: string }[];
}

/**
 * Writes presets to `path`. A file takes the place of one that is there; a folder must be new or empty.
 * Errors: SOCOMM_TARGET_EXISTS for a folder with something in it; those of the file system; the signal's reason.
 */
export async function exportPresets<Parameters>(
  library: Library<Parameters>,
  path: string,
  options: ExportOptions = {},
): Promise<ExportReport> {
  if (typeof path !== 'string' || path === '')
    throw new TypeError(`exportPresets() takes the path of a file or folder; got ${path === '' ? "''" : typeof path}`);
  checkOptions('exportPresets', options, ['format', 'isPacked', 'presets', 'signal', 'onProgress']);
  const { signal, presets = library.list(), onProgress } = options;
  const format = options.format ?? formatOf(path);
  if (!FORMATS.has(format)) throw new TypeError(`format is ${[...FORMATS].join(', ')}; got ${JSON.stringify(format)}`);
  checkFunction('onProgress', onProgress);
  const isPacked = options.isPacked ?? (format !== 'folder' && /\.gz$/i.test(path));
  const problems: { id: PresetId; cause: string }[] = [];
  let written = 0;
  const exported = kept(exportedPresets(library, { presets, signal } satisfies ExportSource), ({ id, cause }) =>
    problems.push({ id, cause }),
  );
  const told = counted(exported, () => {
    written++;
    onProgress?.({ written, total: presets.length });
  });
  if (format === 'folder') await writeFolder(path, told, { isPacked, names: fileNames(presets) });
  else await writeWholeFile(path, format === 'json' ? arrayTexts(told) : lineTexts(told), { isPacked, signal });
  return { format, written, problems };
}

const FORMATS: ReadonlySet<ExportFormat> = new Set(['jsonl', 'json', 'folder']);

export function formatOf(path: string): ExportFormat {
  const extension = /\.(jsonl|ndjson|json)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  if (extension === undefined) return 'folder';
  return extension === 'json' ? 'json' : 'jsonl';
}

type Whole = ExportedPreset & { readonly kind: 'preset' };
type Problem = ExportedPreset & { readonly kind: 'problem' };

async function* kept(exported: AsyncIterable<ExportedPreset>, onProblem: (problem: Problem) => void): AsyncGenerator<Whole> {
  for await (const each of exported) {
    if (each.kind === 'preset') yield each;
    else onProblem(each);
  }
}

async function* counted(presets: AsyncIterable<Whole>, onPreset: () => void): AsyncGenerator<Whole> {
  for await (const preset of presets) {
    yield preset;
    onPreset();
  }
}

/** For a file of lines, or a pipe. */
export async function* lineTexts(presets: AsyncIterable<Whole>): AsyncGenerator<string> {
  for await (const { value } of presets) yield `${JSON.stringify(value)}\n`;
}

/** One preset a line, so that two exports can be compared. */
export async function* arrayTexts(presets: AsyncIterable<Whole>): AsyncGenerator<string> {
  let before = '[\n';
  for await (const { value } of presets) {
    yield `${before}${JSON.stringify(value)}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

async function writeWholeFile(
  path: string,
  texts: AsyncIterable<string>,
  { isPacked, signal }: { readonly isPacked: boolean; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const file = createWriteStream(temporary, { flags: 'wx' });
    const stop = signal === undefined ? {} : { signal };
    if (isPacked) await pipeline(Readable.from(texts), createGzip(), file, stop);
    else await pipeline(Readable.from(texts), file, stop);
    await sync(temporary, 'r+');
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    // A stream that was given up says only that it was.
    signal?.throwIfAborted();
    throw error;
  }
}

const pack = promisify(gzip);

async function writeFolder(
  path: string,
  presets: AsyncIterable<Whole>,
  { isPacked, names }: { readonly isPacked: boolean; readonly names: ReadonlyMap<PresetId, string> },
): Promise<void> {
  await assertFree(path);
  const temporary = temporaryName(path);
  try {
    await mkdir(temporary);
    for await (const { preset, value } of presets) {
      const file = join(temporary, `${String(names.get(preset.id))}.json${isPacked ? '.gz' : ''}`);
      await mkdir(dirname(file), { recursive: true });
      const text = `${JSON.stringify(value, undefined, 2)}\n`;
      await writeFile(file, isPacked ? await pack(text) : text, { flag: 'wx', flush: true });
    }
    // An empty folder of that name is in the way on some systems.
    await rmdir(path).catch(ignoreMissing);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/**
 * The same for the same presets, in whatever order they stand, and different on file systems that know no case. An id that came from a
 * file's place leads back to that place.
 */
export function fileNames(presets: readonly Preset[]): ReadonlyMap<PresetId, string> {
  const names = new Map<PresetId, string>();
  const taken = new Set<string>();
  for (const { id, category, name } of presets.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const stem = [category, name]
      .filter((part) => part !== '')
      .map(fileNameOf)
      .join('/');
    let own = stem;
    for (let count = 2; taken.has(own.toLowerCase()); count++) own = `${stem} (${count})`;
    taken.add(own.toLowerCase());
    names.set(id, own);
  }
  return names;
}

// What Windows does not let into names, at any place or at the end, and what would hide a file or lead elsewhere.
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[<>:"/\\|?*\u0000-\u001f\u007f]|^[. ]+|[. ]+$/g;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;
const FILE_NAME_CHARACTERS_MAX = 60;

function fileNameOf(text: string): string {
  const name = text.normalize('NFC').replaceAll(FORBIDDEN, '_');
  const cut = Array.from(name)
    .slice(0, FILE_NAME_CHARACTERS_MAX)
    .join('')
    .replace(/[. ]+$/, '');
  return RESERVED.test(cut) || cut === '' ? `_${cut}` : cut;
}

async function assertFree(path: string): Promise<void> {
  const found = await readdir(path).catch(ignoreMissing);
  if (found !== undefined && found.length > 0)
    throw new SocommError('SOCOMM_TARGET_EXISTS', `there is something in ${path} already: name a folder that is new or empty`);
}

function ignoreMissing(error: unknown): undefined {
  if ((error as { readonly code?: unknown }).code === 'ENOENT') return undefined;
  throw error;
}

function temporaryName(path: string): string {
  return `${path.replace(/[/\\]+$/, '')}.${Buffer.from(systemRandom.bytes(4)).toString('hex')}.tmp`;
}

async function sync(path: string, flags: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
