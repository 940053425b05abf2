/**
 * `--codec`: how values are made of what people type and pipe, and how they are shown. Both ends of a conversation must
 * use the same one.
 */

import { Option } from 'commander';
import type { Command } from 'commander';

import { float32, float64, json, lib0, raw } from '../../index.js';
import type { Codec } from '../../index.js';
import { toJson } from '../document-json.js';
import { CliError } from '../exit.js';
import { readJson } from '../../library/exchange/json-text.js';
import type { JsonValue } from '../../library/exchange/json-text.js';
import { visible } from '../output/format.js';
import { decodeText } from '../presets/file-text.js';

export interface ValueForm {
  readonly codec: Codec<unknown>;
  /** Of what was typed or read. Errors: usage, with the place in the text. */
  parse(bytes: Uint8Array, source: ValueSource): unknown;
  /** What stands in an object of `--json`: the value, or `base64` of bytes. */
  fields(value: unknown): { readonly value: JsonValue } | { readonly base64: string };
  /** For people, in one line. */
  show(value: unknown): string;
  /** What a pipe gets: bytes as they are, a text as it is, everything else as JSON in one line. */
  plain(value: unknown): Uint8Array;
  /** Where nothing is said. */
  readonly empty: unknown;
  /** Whether the values are bytes, which nothing is put between. */
  readonly isBytes: boolean;
}

export interface ValueSource {
  /** `the value`, `line 3` … */
  readonly name: string;
  /** Typed as an argument: a missing pair of quotes is likely. */
  readonly isTyped: boolean;
}

export interface CodecOption {
  readonly codec: CodecName;
}

type CodecName = 'lib0' | 'json' | 'raw' | 'float32' | 'float64';

export function addCodec(command: Command): Command {
  const option = new Option('--codec <name>', 'what both ends have agreed on; bytes of any other: raw');
  return command.addOption(option.choices(['lib0', 'json', 'raw', 'float32', 'float64']).default('lib0'));
}

export function formOf(name: CodecName): ValueForm {
  switch (name) {
    case 'lib0':
      return plainForm(lib0());
    case 'json':
      return plainForm(json());
    case 'raw':
      return BYTES;
    case 'float32':
      return floatForm(float32(), Float32Array);
    case 'float64':
      return floatForm(float64(), Float64Array);
  }
}

const BYTES: ValueForm = {
  codec: raw(),
  parse: (bytes) => bytes,
  fields: (value) => ({ base64: bufferOf(value).toString('base64') }),
  show: (value) => {
    const bytes = bufferOf(value);
    const text = decodeText(bytes)?.trimEnd();
    return text !== undefined && !HAS_CONTROLS.test(text) ? text : `<${bytes.length} bytes: ${bytes.toString('hex', 0, SHOWN_BYTES)}>`;
  },
  plain: (value) => bufferOf(value),
  empty: new Uint8Array(0),
  isBytes: true,
};

/** More than fits into a line. */
const SHOWN_BYTES = 128;
// oxlint-disable-next-line no-control-regex
const HAS_CONTROLS = /[\u0000-\u0008\u000b-\u001f]/;

function plainForm(codec: Codec<unknown>): ValueForm {
  return {
    codec,
    parse: parseJson,
    fields: (value) => ({ value: toJson(value) }),
    show: (value) => visible(JSON.stringify(toJson(value))),
    plain: (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(toJson(value))),
    empty: null,
    isBytes: false,
  };
}

function floatForm(codec: Codec<unknown>, Floats: typeof Float32Array | typeof Float64Array): ValueForm {
  return {
    codec,
    parse: (bytes, source) => {
      const value = parseJson(bytes, source);
      if (Array.isArray(value) && value.every((each) => typeof each === 'number')) return Floats.from(value);
      throw new CliError('usage', `${source.name} is no list of numbers, which --codec ${codec.name} carries`, {
        hint: 'such as [0.5, -1, 0]',
      });
    },
    fields: (value) => ({ value: listed(value) }),
    show: (value) => JSON.stringify(listed(value)),
    plain: (value) => Buffer.from(JSON.stringify(listed(value))),
    empty: new Floats(0),
    isBytes: false,
  };
}

function listed(value: unknown): JsonValue {
  return Array.from(value as Float32Array | Float64Array, (each) => toJson(each));
}

function parseJson(bytes: Uint8Array, { name, isTyped }: ValueSource): JsonValue {
  const text = decodeText(bytes);
  if (text === undefined) throw new CliError('usage', `${name} is not UTF-8 text`, { hint: 'bytes are sent with --codec raw' });
  const reading = readJson(text);
  if (reading.kind === 'value') return reading.value;
  const { line, column, cause } = reading.mistake;
  const where = isTyped && !text.includes('\n') ? '' : line === 1 ? `column ${column}: ` : `line ${line}, column ${column}: `;
  const looksLikeWord = isTyped && !/^\s*["[{\d-]/.test(text);
  const quoted = `a string needs its quotes, and those the shell's: '${JSON.stringify(text)}'`;
  throw new CliError('usage', `${name} is not JSON: ${where}${cause}`, {
    hint: looksLikeWord ? quoted : 'text that is no JSON is sent with --codec raw',
  });
}

function bufferOf(value: unknown): Buffer {
  const bytes = value as Uint8Array;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
