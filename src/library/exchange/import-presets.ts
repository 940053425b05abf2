/**
 * Presets from files into a library, in slices: a few presets are read, their bodies saved, then the presets written in one transaction;
 * then the loop is given back. A preset whose body is not durable is never written, so one that is killed leaves whole presets.
 * Importing the same again writes nothing.
 */

import { createHash } from 'node:crypto';
import { systemClock } from '../../base/clock.js';
import type { Clock } from '../../base/clock.js';
import { turn } from '../../base/turn.js';
import { checkFunction, checkOptions } from '../check-options.js';
import type { Library, PresetEntry } from '../library.js';
import type { PresetId } from '../preset.js';
import { HeldTime } from './held-time.js';
import { IMPORT_PRESETS_MAX, IMPORT_SLICE_MS, IMPORT_TEXT_BYTES_MAX } from './limits.js';
import { readPresets } from './read-presets.js';
import type { ImportPlace, ImportProblem, PresetReading } from './read-presets.js';
import type { ReadEntry } from './preset-form.js';
import { messageOf } from './reading-error.js';

export interface ImportOptions {
  /** What was imported until then stays. */
  readonly signal?: AbortSignal;
  /** Called after each slice. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Reads, checks and counts, and writes nothing. */
  readonly isDryRun?: boolean;
  /** Where the presets do not say themselves. Default: `'user'`. */
  readonly source?: 'factory' | 'user';
  /** What the path `-` stands for. Default: standard input. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** For tests. */
  readonly clock?: Pick<Clock, 'now'>;
}

export interface ImportCounts {
  /** Presets that could be read. */
  readonly read: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
}

export interface ImportProgress extends ImportCounts {
  readonly problems: number;
  /** Of the files, as they lie on disk. */
  readonly bytes: number;
  readonly bytesTotal: number | undefined;
}

export interface ImportReport extends ImportCounts {
  readonly problems: readonly ImportProblem[];
  /** Files of folders that hold no preset. */
  readonly skipped: readonly { readonly file: string; readonly cause: string }[];
  /** For how long the import held the loop at most, in milliseconds. */
  readonly longestSliceMs: number;
}

/**
 * `paths`: files and folders, see `docs/LIBRARY.md`; or presets that were read by other means. All of it is one step of undo, unless something else is done in between.
 * Errors: those of the file system for a path that is not there (ENOENT …), before anything is written; SOCOMM_CLOSED; those of
 * `blobs.put()`; the signal's reason. What is wrong with single presets is in the report, and stops nothing.
 */
export async function importPresets<Parameters>(
  library: Library<Parameters>,
  paths: readonly string[] | AsyncIterable<PresetReading>,
  options: ImportOptions = {},
): Promise<ImportReport> {
  checkImport(paths, options);
  const run = new ImportRun(library, options);
  const { signal, stdin } = options;
  await library.ready(signal && { signal });
  const readings = isPaths(paths)
    ? readPresets(paths, { signal, stdin, onBytes: (...bytes) => run.noteBytes(...bytes), onWork: () => run.noteWork() })
    : paths;
  for await (const reading of readings) if (run.take(reading)) await run.write();
  await run.write();
  return run.report();
}

/** A text would be taken letter by letter. */
function checkImport(paths: unknown, options: unknown): void {
  checkOptions('importPresets', options, ['signal', 'onProgress', 'isDryRun', 'source', 'stdin', 'clock']);
  const { onProgress, source } = options as ImportOptions;
  checkFunction('onProgress', onProgress);
  if (source !== undefined && source !== 'factory' && source !== 'user')
    throw new TypeError(`source is 'factory' or 'user'; got ${JSON.stringify(source)}`);
  const isList = Array.isArray(paths) && paths.every((path) => typeof path === 'string');
  if (!isList && (typeof paths !== 'object' || paths === null || !(Symbol.asyncIterator in paths)))
    throw new TypeError('importPresets() takes a list of paths, also where there is one, or an async iterable of what was read');
}

function isPaths(paths: readonly string[] | AsyncIterable<PresetReading>): paths is readonly string[] {
  return Array.isArray(paths);
}

class ImportRun {
  readonly #library: Library<unknown>;
  readonly #options: ImportOptions;
  readonly #held: HeldTime;
  readonly #counts = { read: 0, added: 0, changed: 0, unchanged: 0 };
  readonly #problems: ImportProblem[] = [];
  readonly #skipped: { readonly file: string; readonly cause: string }[] = [];
  /** Every id of this import, with where it was and the hash of its text: a second preset of that id is a problem. */
  readonly #seen = new Map<PresetId, { readonly place: ImportPlace; readonly hash: string }>();
  /** One step of undo. */
  readonly #step = {};
  #slice: { readonly entry: ReadEntry; readonly place: ImportPlace }[] = [];
  #sliceBytes = 0;
  #bytes = { bytes: 0, bytesTotal: undefined as number | undefined };
  /** As many as fit into the time of a slice, by what the last ones took. */
  #presetsMax = IMPORT_PRESETS_MAX / 4;
  #longestSliceMs = 0;

  constructor(library: Library<unknown>, options: ImportOptions) {
    this.#library = library;
    this.#options = options;
    this.#held = new HeldTime(options.clock ?? systemClock);
  }

  noteBytes(bytes: number, bytesTotal: number | undefined): void {
    this.#bytes = { bytes, bytesTotal };
  }

  /** There is something to read. */
  noteWork(): void {
    this.#held.note();
  }

  /** True when a slice is full: by its number, its size, or, whatever took so long, its time. */
  take(reading: PresetReading): boolean {
    this.#held.note();
    if (reading.kind === 'preset') this.#takePreset(reading);
    else if (reading.kind === 'problem') this.#problems.push(withoutKind(reading));
    else this.#skipped.push({ file: reading.file, cause: reading.cause });
    return this.#slice.length >= this.#presetsMax || this.#sliceBytes >= IMPORT_TEXT_BYTES_MAX || this.#held.ms >= IMPORT_SLICE_MS;
  }

  async write(): Promise<void> {
    const slice = this.#slice;
    this.#slice = [];
    this.#sliceBytes = 0;
    if (slice.length > 0) await this.#add(slice.map(({ entry }) => entry)).catch((error: unknown) => this.#addSingly(slice, error));
    const { read, added, changed, unchanged } = this.#counts;
    this.#options.onProgress?.({ read, added, changed, unchanged, problems: this.#problems.length, ...this.#bytes });
    await turn();
    this.#options.signal?.throwIfAborted();
  }

  report(): ImportReport {
    return { ...this.#counts, problems: this.#problems, skipped: this.#skipped, longestSliceMs: this.#longestSliceMs };
  }

  #takePreset({ entry, text, ...reading }: PresetReading & { readonly kind: 'preset' }): void {
    const place = withoutKind(reading);
    const hash = createHash('sha1').update(text).digest('base64');
    const earlier = this.#seen.get(entry.id);
    if (earlier !== undefined && earlier.hash !== hash) {
      const cause = `the id ${JSON.stringify(entry.id)} was given to another preset before, in ${textOf(earlier.place)}`;
      this.#problems.push({ ...place, cause });
      return;
    }
    if (earlier !== undefined) {
      this.#counts.read++;
      this.#counts.unchanged++;
      return;
    }
    this.#seen.set(entry.id, { place, hash });
    const { source } = this.#options;
    this.#slice.push({ place, entry: source === undefined || entry.source !== undefined ? entry : { ...entry, source } });
    this.#sliceBytes += text.length;
  }

  async #add(entries: readonly PresetEntry<unknown>[]): Promise<void> {
    const { signal, isDryRun = false } = this.#options;
    const adding = this.#library.addMany(entries, { isDryRun, step: this.#step, ...(signal && { signal }) });
    // Reading, checking and encoding, which is the greater part: what comes after the bodies are durable is a turn of its own.
    this.#note(this.#held.ms, entries.length);
    const written = await adding;
    this.#counts.read += written.length;
    for (const { outcome } of written) this.#counts[outcome]++;
  }

  /** One entry that is wrong refuses them all: which one it is shows when each is by itself. */
  async #addSingly(slice: readonly { readonly entry: ReadEntry; readonly place: ImportPlace }[], error: unknown): Promise<void> {
    if (!(error instanceof TypeError)) throw error;
    for (const { entry, place } of slice) {
      this.#held.note();
      try {
        await this.#add([entry]);
      } catch (cause) {
        if (!(cause instanceof TypeError)) throw cause;
        this.#problems.push({ ...place, cause: messageOf(cause).replace(/^entries\[0\]: /, '') });
      }
      await turn();
    }
  }

  #note(tookMs: number, presets: number): void {
    this.#longestSliceMs = Math.max(this.#longestSliceMs, tookMs);
    const perPresetMs = Math.max(tookMs / presets, IMPORT_SLICE_MS / IMPORT_PRESETS_MAX);
    this.#presetsMax = Math.max(1, Math.min(IMPORT_PRESETS_MAX, Math.floor(IMPORT_SLICE_MS / perPresetMs)));
  }
}

function withoutKind<Told extends { readonly kind: string }>({ kind: _, ...told }: Told): Omit<Told, 'kind'> {
  return told;
}

function textOf({ file, line }: ImportPlace): string {
  return line === undefined ? file : `${file}:${line}`;
}
