/**
 * Presets into a map of a document, by id. Importing the same again changes nothing. Works in slices: a few presets per
 * transaction, then the loop is given back, so that the instance goes on hearing its peers and drawing its progress.
 *
 * Asks nothing of an instance but its document and its way to change it, so that tests need no group.
 */

import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { toJson } from '../document-json.js';
import { openMap } from '../document-path.js';
import { SLICE_BYTES_MAX, SLICE_MS_MAX, SLICE_PRESETS_MAX } from '../limits.js';
import type { Pointer } from '../pointer.js';
import type { Y } from '../../index.js';
import { readPresets } from './read.js';
import type { PresetProblem, PresetRead, PresetReading } from './read.js';

export interface ImportTarget {
  readonly doc: Y.Doc;
  transact<T>(change: () => T): T;
}

export interface ImportOptions {
  /** The map that presets go to; `['presets']` by default. It is made where it is missing. */
  readonly path?: Pointer;
  readonly signal?: AbortSignal | undefined;
  /** Called after each slice. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Counts, and writes nothing. */
  readonly isDryRun?: boolean;
  readonly stdin?: AsyncIterable<Uint8Array>;
}

export interface ImportProgress {
  /** Presets that could be read. */
  readonly read: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly problems: number;
  /** Of the files, as they lie on disk. */
  readonly bytes: number;
  readonly bytesTotal: number | undefined;
}

export interface ImportReport {
  readonly read: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly problems: readonly { readonly file: string; readonly line?: number; readonly column?: number; readonly cause: string }[];
  /** Files of folders that hold no preset. */
  readonly skipped: readonly { readonly file: string; readonly cause: string }[];
}

/**
 * `sources` are paths as `readPresets` takes them, or presets from anywhere else.
 * Rejects with the reason of `signal`, what was written until then stays; and where a path does not exist (ENOENT …).
 */
export async function importPresets(
  target: ImportTarget,
  sources: readonly string[] | AsyncIterable<PresetReading>,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const run = new ImportRun(target, options);
  const readings = isPaths(sources) ? readPresets(sources, { ...options, onBytes: (...bytes) => run.noteBytes(...bytes) }) : sources;
  for await (const reading of readings) {
    options.signal?.throwIfAborted();
    if (run.take(reading)) await setImmediate();
  }
  while (run.finish()) await setImmediate();
  return run.report();
}

function isPaths(sources: readonly string[] | AsyncIterable<PresetReading>): sources is readonly string[] {
  return Array.isArray(sources);
}

class ImportRun {
  readonly #target: ImportTarget;
  readonly #options: ImportOptions;
  readonly #counts = { read: 0, added: 0, changed: 0, unchanged: 0 };
  readonly #problems: Omit<PresetProblem, 'kind'>[] = [];
  readonly #skipped: { readonly file: string; readonly cause: string }[] = [];
  /** Every id of this import: a second value for one of them is a problem of the second. */
  readonly #seen = new Map<string, PresetRead>();
  #slice: PresetRead[] = [];
  #sliceBytes = 0;
  #bytes: { readonly bytes: number; readonly bytesTotal: number | undefined } = { bytes: 0, bytesTotal: undefined };

  constructor(target: ImportTarget, options: ImportOptions) {
    this.#target = target;
    this.#options = options;
  }

  noteBytes(bytes: number, bytesTotal: number | undefined): void {
    this.#bytes = { bytes, bytesTotal };
  }

  /** True when a slice was written and the loop should be given back. */
  take(reading: PresetReading): boolean {
    if (reading.kind === 'preset') this.#takePreset(reading);
    else if (reading.kind === 'problem') this.#problems.push(withoutKind(reading));
    else this.#skipped.push({ file: reading.file, cause: reading.cause });
    const isFull = this.#slice.length >= SLICE_PRESETS_MAX || this.#sliceBytes >= SLICE_BYTES_MAX;
    if (isFull) this.#write();
    return isFull;
  }

  /** Writes the last slices; true while something is left. */
  finish(): boolean {
    this.#write();
    return this.#slice.length > 0;
  }

  report(): ImportReport {
    return { ...this.#counts, problems: this.#problems, skipped: this.#skipped };
  }

  #takePreset(preset: PresetRead): void {
    const earlier = this.#seen.get(preset.id);
    if (earlier !== undefined && !isDeepStrictEqual(earlier.value, preset.value)) {
      const { kind: _, id, value: __, bytes: ___, ...place } = preset;
      this.#problems.push({ ...place, cause: `the id ${JSON.stringify(id)} was given to another preset before, in ${placeOf(earlier)}` });
      return;
    }
    this.#counts.read++;
    if (earlier !== undefined) {
      this.#counts.unchanged++;
      return;
    }
    this.#seen.set(preset.id, preset);
    this.#slice.push(preset);
    this.#sliceBytes += preset.bytes;
  }

  /** Writes what fits into the time of one slice; the rest stays for the next. */
  #write(): void {
    const endMs = performance.now() + SLICE_MS_MAX;
    const map = openMap(this.#target.doc, this.#options.path ?? ['presets'], this.#options.isDryRun !== true);
    let done = 0;
    const write = (): void => {
      do {
        const preset = this.#slice[done++];
        if (preset !== undefined) this.#put(map, preset);
      } while (done < this.#slice.length && performance.now() < endMs);
    };
    if (this.#options.isDryRun) write();
    else this.#target.transact(write);
    this.#slice = this.#slice.slice(done);
    this.#sliceBytes = this.#slice.reduce((sum, preset) => sum + preset.bytes, 0);
    this.#options.onProgress?.({ ...this.#counts, problems: this.#problems.length, ...this.#bytes });
  }

  #put(map: Y.Map<unknown> | undefined, { id, value }: PresetRead): void {
    const found = map?.get(id);
    const isThere = found !== undefined;
    if (isThere && isDeepStrictEqual(toJson(found), value)) {
      this.#counts.unchanged++;
      return;
    }
    if (this.#options.isDryRun !== true) map?.set(id, value);
    if (isThere) this.#counts.changed++;
    else this.#counts.added++;
  }
}

function placeOf({ file, line }: PresetRead): string {
  return line === undefined ? file : `${file}:${line}`;
}

function withoutKind({ kind: _, ...problem }: PresetProblem): Omit<PresetProblem, 'kind'> {
  return problem;
}
