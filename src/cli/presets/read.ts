/**
 * Presets from files: folders of JSON files of any extension, `.json` (an object is one preset, an array many), `.jsonl`,
 * `.ndjson`, each also `.gz`, and JSON lines from standard input. What is wrong is told, never thrown, and stops nothing.
 *
 * Identity: a string `id` is the key and not part of the value; else the key is derived from where the preset lies, and
 * any other `id` stays in the value. `{ "id": …, "$value": … }` is any value under any key, as `export` writes what the
 * plain form cannot carry (a value with its own `id`, one that is no object).
 *
 * A file of a folder that does not look like JSON is skipped, unless others with its extension do: then it is a broken
 * preset. That can only be said at the end, so such files come last.
 */

import { createReadStream } from 'node:fs';
import { Readable, addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { messageOf } from '../../library/exchange/reading-error.js';
import { isJsonArray, isJsonObject, readJson } from '../../library/exchange/json-text.js';
import type { JsonObject, JsonValue } from '../../library/exchange/json-text.js';
import { PRESET_ID_LENGTH_MAX, VALUE_BYTES_MAX } from '../limits.js';
import { refusalOf } from '../storable.js';
import { decodeText, readWholeFile } from './file-text.js';
import { splitLines } from '../../library/exchange/lines.js';
import { findSources } from '../../library/exchange/sources.js';
import type { SourceFile } from '../../library/exchange/sources.js';

export type PresetReading = PresetRead | PresetProblem | FileSkipped;

export interface PresetRead {
  readonly kind: 'preset';
  readonly id: string;
  readonly value: JsonValue;
  readonly file: string;
  /** In files of lines. */
  readonly line?: number;
  /** Length of the text that it was read from. */
  readonly bytes: number;
}

export interface PresetProblem {
  readonly kind: 'problem';
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly cause: string;
}

export interface FileSkipped {
  readonly kind: 'skipped';
  readonly file: string;
  readonly cause: string;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes as they lie on disk; the total is unknown with standard input. */
  readonly onBytes?: ((bytes: number, bytesTotal: number | undefined) => void) | undefined;
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/** Rejects where a path given does not exist (ENOENT …), before anything is read, and when `signal` is aborted. */
export async function* readPresets(paths: readonly string[], options: ReadOptions = {}): AsyncGenerator<PresetReading> {
  const { files, leftOut, bytesTotal } = await findSources(paths);
  for (const { path, cause, isProblem } of leftOut) yield { kind: isProblem ? 'problem' : 'skipped', file: path, cause };

  const jsonExtensions = new Set<string>();
  const unlikely: { readonly extension: string; readonly problem: PresetProblem }[] = [];
  let bytesDone = 0;
  const context: Context = { ...options, onChunk: (bytes) => options.onBytes?.((bytesDone += bytes), bytesTotal) };
  for (const file of files) {
    options.signal?.throwIfAborted();
    if (file.format === 'lines') {
      yield* readLines(file, context);
      continue;
    }
    const text = await readWholeFile(file);
    context.onChunk(file.bytes);
    if (text.kind === 'problem') yield problemIn(file, text);
    else if (text.kind === 'unlikely') unlikely.push({ extension: file.extension, problem: problemIn(file, text) });
    else {
      if (file.extension !== '') jsonExtensions.add(file.extension);
      yield* readText(file, text.text);
    }
  }
  for (const { extension, problem } of unlikely) {
    yield jsonExtensions.has(extension) ? problem : { kind: 'skipped', file: problem.file, cause: `not JSON: ${problem.cause}` };
  }
}

interface Context extends ReadOptions {
  readonly onChunk: (bytes: number) => void;
}

function readText(file: SourceFile, text: string): readonly PresetReading[] {
  const reading = readJson(text);
  if (reading.kind === 'mistake') return [problemIn(file, reading.mistake)];
  const { value } = reading;
  if (!isJsonArray(value)) return [toPreset(file, value, { stem: file.stem, bytes: text.length })];
  return value.map((entry, index) => {
    const preset = toPreset(file, entry, { stem: `${file.stem}#${index + 1}`, bytes: Math.ceil(text.length / value.length) });
    return preset.kind === 'problem' ? { ...preset, cause: `entry ${index + 1}: ${preset.cause}` } : preset;
  });
}

async function* readLines(file: SourceFile, context: Context): AsyncGenerator<PresetReading> {
  let last = 0;
  try {
    for await (const { number, bytes } of splitLines(openChunks(file, context), VALUE_BYTES_MAX)) {
      context.signal?.throwIfAborted();
      last = number;
      const reading = readLine(file, number, bytes);
      if (reading !== undefined) yield reading;
    }
  } catch (error) {
    context.signal?.throwIfAborted();
    yield { ...problemIn(file, { cause: `cannot be read further: ${messageOf(error)}` }), line: last + 1 };
  }
}

/** Undefined where there is nothing on the line. */
function readLine(file: SourceFile, line: number, bytes: Uint8Array | undefined): PresetReading | undefined {
  if (bytes === undefined) return { ...problemIn(file, { cause: `longer than ${VALUE_BYTES_MAX} bytes` }), line };
  const text = decodeText(bytes);
  if (text === undefined) return { ...problemIn(file, { cause: 'not UTF-8 text' }), line };
  if (text.trim() === '') return undefined;
  const reading = readJson(text);
  if (reading.kind === 'mistake') return { ...problemIn(file, reading.mistake), line };
  return { ...toPreset(file, reading.value, { stem: `${file.stem}#${line}`, bytes: bytes.length }), line };
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

async function* countChunks(chunks: AsyncIterable<Uint8Array>, context: Context): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    context.onChunk(chunk.length);
    yield chunk;
  }
}

function toPreset(file: SourceFile, entry: JsonValue, from: { readonly stem: string; readonly bytes: number }): PresetRead | PresetProblem {
  if (!isJsonObject(entry)) return problemIn(file, { cause: `expected an object, found ${kindOf(entry)}` });
  if (from.bytes > VALUE_BYTES_MAX) return problemIn(file, { cause: `longer than ${VALUE_BYTES_MAX} bytes` });
  const { id, value } = identify(entry, from.stem);
  const cause =
    id === ''
      ? 'its id is empty'
      : id.length > PRESET_ID_LENGTH_MAX
        ? `its id is longer than ${PRESET_ID_LENGTH_MAX} characters`
        : refusalOf(value);
  if (cause !== undefined) return problemIn(file, { cause });
  return { kind: 'preset', id, value, file: file.path, bytes: from.bytes };
}

function identify(entry: JsonObject, stem: string): { readonly id: string; readonly value: JsonValue } {
  const { id, ...rest } = entry;
  if (typeof id !== 'string') return { id: stem, value: entry };
  const isWrapped = Object.keys(rest).length === 1 && Object.hasOwn(rest, '$value');
  return { id, value: isWrapped ? (rest['$value'] as JsonValue) : rest };
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function problemIn(file: SourceFile, what: { readonly cause: string; readonly line?: number; readonly column?: number }): PresetProblem {
  const { cause, line, column } = what;
  return { kind: 'problem', file: file.path, ...(line !== undefined && { line }), ...(column !== undefined && { column }), cause };
}
