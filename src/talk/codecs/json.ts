/** JSON text, for whoever reads along, and for programs in other languages. */

import {
  below,
  FORBIDDEN,
  FORBIDDEN_KEY,
  foreignObject,
  HOLE,
  isPlainArray,
  isPlainObject,
  notCarried,
  refuse,
  TOO_DEEP,
  VALUE_DEPTH_MAX,
} from './plain-values.js';
import type { Refusal } from './plain-values.js';
import { bufferOf, textOf } from './text.js';
import type { Codec } from '../codec.js';

/**
 * Values as JSON in UTF-8: numbers that are finite, texts, booleans, null, arrays without holes, plain objects.
 * `encode` throws a TypeError that says where, on what would not come back as it went: undefined (also as a property), NaN,
 * Infinity, -0, bigint, functions, symbols, Map, Set, Date, typed arrays and other instances of classes, `__proto__` as a key, and what is
 * nested deeper than 256 or contains itself. An object without a prototype comes back with the usual one.
 */
export function json<Value = unknown>(): Codec<Value> {
  return JSON_CODEC as Codec<Value>;
}

const JSON_CODEC: Codec<unknown> = {
  name: 'json',
  encode(value) {
    const refusal = check(value, 0);
    if (refusal !== undefined) throw notCarried('json', refusal);
    return Buffer.from(JSON.stringify(value));
  },
  decode(bytes) {
    const buffer = bufferOf(bytes);
    // Below this length it cannot be too deep: each level takes an opening and a closing byte.
    if (bytes.length > 2 * VALUE_DEPTH_MAX) checkDepth(buffer);
    const text = textOf(buffer, 0, buffer.length);
    const value: unknown = JSON.parse(text);
    // Any letter of the key may be written as an escape.
    if (text.includes(FORBIDDEN_KEY) || text.includes('\\u')) checkKeys(value);
    return value;
  },
};

function check(value: unknown, depth: number): Refusal | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      if (value === 0 ? 1 / value > 0 : value - value === 0) return undefined;
      return refuse(Object.is(value, -0) ? '-0' : String(value));
    case 'object':
      if (value === null) return undefined;
      if (depth === VALUE_DEPTH_MAX) return TOO_DEEP;
      return Array.isArray(value) ? checkArray(value, depth + 1) : checkObject(value, depth + 1);
    case 'undefined':
      return refuse('undefined; leave such a property out, or use lib0()');
    default:
      return refuse(`a ${typeof value}`);
  }
}

function checkArray(array: readonly unknown[], depth: number): Refusal | undefined {
  if (!isPlainArray(array)) return foreignObject(array);
  for (let index = 0; index < array.length; index++) {
    const item = array[index];
    const refusal = item === undefined && !(index in array) ? HOLE : check(item, depth);
    if (refusal !== undefined) return below(index, refusal);
  }
  return undefined;
}

function checkObject(object: object, depth: number): Refusal | undefined {
  if (!isPlainObject(object)) return foreignObject(object);
  for (const key of Object.keys(object)) {
    if (key === FORBIDDEN_KEY) return FORBIDDEN;
    const refusal = check((object as Record<string, unknown>)[key], depth);
    if (refusal !== undefined) return below(key, refusal);
  }
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whoever parses JSON builds any depth; whoever walks the value afterwards would not survive it. */
function checkDepth(bytes: Buffer): void {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    // `[` and `{`, `]` and `}` differ in one bit.
    const bracket = byte & 0xdf;
    if (bracket === 0x5b) {
      if (++depth > VALUE_DEPTH_MAX) throw new SyntaxError(`nested deeper than ${VALUE_DEPTH_MAX}`);
    } else if (bracket === 0x5d) depth--;
    else if (byte === QUOTE) at = endOfText(bytes, at);
  }
}

/** Where the text that begins at `start` has its closing quote. */
function endOfText(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) return at;
    if (bytes[at] === BACKSLASH) at++;
  }
  return bytes.length;
}

/** Its depth is known to be bounded. */
function checkKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, FORBIDDEN_KEY)) throw new SyntaxError(`a property named ${FORBIDDEN_KEY}`);
  for (const inner of Object.values(value)) checkKeys(inner);
}
