/**
 * Presets out of files: folders of JSON files of any extension, `.json` (an object is one preset, an array many), `.jsonl` and
 * `.ndjson`, each also `.gz`. Everything streams: no file is held whole, and none is parsed in one go. What is wrong with a preset
 * is told, never thrown, and stops nothing.
 */

import { createReadStream } from 'node:fs';
import { Readable, addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { splitArray } from './array-elements.js';
import { readJson } from './json-text.js';
import { PRESET_TEXT_BYTES_MAX } from './limits.js';
import { splitLines } from './lines.js';
import { readForm } from './preset-form.js';
import type { ReadEntry } from './preset-form.js';
import { messageOf } from './reading-error.js';
import { findSources } from './sources.js';
import type { SourceFile } from './sources.js';

export interface ImportPlace {
  readonly file: string;
  /** In files of lines; counts from 1. */
  readonly line?: number;
  readonly column?: number;
}

export interface ImportProblem extends ImportPlace {
  readonly cause: string;
}

export type PresetReading =
  | ({ readonly kind: 'preset'; readonly entry: ReadEntry; readonly text: Uint8Array } & ImportPlace)
  | ({ readonly kind: 'problem' } & ImportProblem)
  | { readonly kind: 'skipped'; readonly file: string; readonly cause: string };

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes as they lie on disk; the total is unknown where standard input is among them. */
  readonly onBytes?: ((bytes: number, bytesTotal: number | undefined) => void) | undefined;
  /** Called when bytes have come, unpacked, before they are read. */
  readonly onWork?: (() => void) | undefined;
  /** What `-` stands for. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
}

interface Context extends ReadOptions {
  readonly onChunk: (bytes: number) => void;
}

/** Rejects where a path given does not exist (ENOENT …), before anything is read, and when `signal` is aborted. */
export async function* readPresets(paths: readonly string[], options: ReadOptions = {}): AsyncGenerator<PresetReading> {
  const { files, leftOut, bytesTotal } = await findSources(paths);
  for (const { path, cause, isProblem } of leftOut) yield { kind: isProblem ? 'problem' : 'skipped', file: path, cause };
  let bytesDone = 0;
  const context: Context = { ...options, onChunk: (bytes) => options.onBytes?.((bytesDone += bytes), bytesTotal) };
  for (const file of files) {
    options.signal?.throwIfAborted();
    yield* readFile(file, context);
  }
}

async function* readFile(file: SourceFile, context: Context): AsyncGenerator<PresetReading> {
  let last = 0;
  const pieces = file.format === 'lines' ? linesOf(file, context) : elementsOf(file, context);
  try {
    for await (const { number, bytes } of pieces) {
      context.signal?.throwIfAborted();
      // A folder of presets may also hold samples and pictures. Only what nobody promised to be JSON is looked at so.
      if (last === 0 && !file.isPromised && bytes?.[0] !== OPEN_OBJECT) {
        yield { kind: 'skipped', file: file.path, cause: 'not JSON' };
        return;
      }
      last = number;
      const reading = readPiece(file, number, bytes);
      if (reading !== undefined) yield reading;
    }
  } catch (error) {
    context.signal?.throwIfAborted();
    yield {
      kind: 'problem',
      file: file.path,
      cause: `cannot be read further: ${messageOf(error)}`,
      ...(file.format === 'lines' && { line: last + 1 }),
    };
  }
}

const OPEN_OBJECT = 0x7b;

interface Piece {
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
}

function linesOf(file: SourceFile, context: Context): AsyncGenerator<Piece> {
  return splitLines(announced(file, context), PRESET_TEXT_BYTES_MAX);
}

function elementsOf(file: SourceFile, context: Context): AsyncGenerator<Piece> {
  return splitArray(announced(file, context), PRESET_TEXT_BYTES_MAX);
}

/** Undefined where there is nothing on a line. */
function readPiece(file: SourceFile, number: number, bytes: Uint8Array | undefined): PresetReading | undefined {
  const isLine = file.format === 'lines';
  const place = { file: file.path, ...(isLine && { line: number }) };
  const problem = (cause: string, at: object = {}): PresetReading => {
    return { kind: 'problem', ...place, ...at, cause: isLine || number === 0 ? cause : `entry ${number}: ${cause}` };
  };
  if (bytes === undefined) return problem(`longer than ${PRESET_TEXT_BYTES_MAX} bytes`);
  const text = decodeText(bytes);
  if (text === undefined) return problem('not UTF-8 text');
  if (isLine && text.trim() === '') return undefined;
  const reading = readJson(text);
  if (reading.kind === 'mistake') {
    const { line, column, cause } = reading.mistake;
    // In an array the element's own lines say nothing.
    return problem(cause, isLine ? { column } : number === 0 ? { line, column } : {});
  }
  const read = readForm(reading.value, { stem: number === 0 ? file.stem : `${file.stem}#${number}` });
  return 'problem' in read ? problem(read.problem) : { kind: 'preset', ...place, entry: read.entry, text: bytes };
}

/** Undefined for what is not UTF-8. A byte order mark is left out. */
function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function* announced(file: SourceFile, context: Context): AsyncGenerator<Uint8Array> {
  for await (const chunk of openChunks(file, context)) {
    context.onWork?.();
    yield chunk;
  }
}

/** The file's bytes, unpacked. */
async function* openChunks(file: SourceFile, context: Context): AsyncGenerator<Uint8Array> {
  const raw = file.path === '-' ? (context.stdin ?? process.stdin) : createReadStream(file.path);
  // Nobody may ever write to a terminal or a pipe again: the wait itself must end.
  if (context.signal !== undefined && raw instanceof Readable) addAbortSignal(context.signal, raw);
  const counted = countChunks(raw as AsyncIterable<Uint8Array>, context);
  if (!file.isPacked) {
    yield* counted;
    return;
  }
  const unpacker = createGunzip();
  // An error on either side ends the unpacker with it, and so comes out of the loop that reads it.
  pipeline(counted, unpacker, () => undefined);
  yield* unpacker as AsyncIterable<Uint8Array>;
}

async function* countChunks(chunks: AsyncIterable<Uint8Array>, { onChunk }: Context): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onChunk(chunk.length);
    yield chunk;
  }
}
