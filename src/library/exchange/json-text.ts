/**
 * Reads JSON that people hand in (RFC 8259), and refuses what would not come back as it went. A mistake is told with its
 * line and column, which `JSON.parse` of Node 20 does not know. The scanner below only checks; `JSON.parse` makes the value.
 *
 * Refused although it is JSON: a number too large for a double (it would become Infinity), a whole number that a double
 * rounds, a key given twice (the first would vanish), the key `__proto__` (the encoding of Yjs loses it), half a surrogate
 * pair (UTF-8 cannot carry it), and more than JSON_DEPTH_MAX levels.
 */

import { JSON_DEPTH_MAX } from './limits.js';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export interface JsonMistake {
  /** Both count from 1; columns in UTF-16 units, as editors do. */
  readonly line: number;
  readonly column: number;
  readonly cause: string;
}

export type JsonReading =
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'mistake'; readonly mistake: JsonMistake };

export function readJson(text: string): JsonReading {
  const scanner = new Scanner(text);
  try {
    scanner.scanText();
    return { kind: 'value', value: JSON.parse(text) as JsonValue };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { kind: 'mistake', mistake: { ...placeOf(text, error.offset), cause: error.message } };
  }
}

// `Array.isArray` alone would make `any[]` of a readonly array.
export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Only ever thrown by the scanner at `readJson`. */
class Refusal extends Error {
  readonly offset: number;

  constructor(offset: number, cause: string) {
    super(cause);
    this.offset = offset;
  }
}

const SPACE = /[ \t\n\r]*/y;
// Characters of a string up to its end, an escape or something that must not stand in it.
// oxlint-disable-next-line no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const HALF_PAIR = /\p{Surrogate}/u;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scanText(): void {
    this.#scanValue(0);
    if (this.#at < this.#text.length) this.#refuse(`expected the end, found ${this.#found()}`);
  }

  /** One value and the space around it. */
  #scanValue(depth: number): void {
    this.#match(SPACE);
    const first = this.#text[this.#at];
    if (first === '{') this.#scanObject(depth + 1);
    else if (first === '[') this.#scanArray(depth + 1);
    else if (first === '"') this.#scanString();
    else if (this.#match(WORD) === undefined) this.#scanNumber();
    this.#match(SPACE);
  }

  #scanObject(depth: number): void {
    if (depth > JSON_DEPTH_MAX) this.#refuse(`nested deeper than ${JSON_DEPTH_MAX} levels`);
    const keys = new Set<string>();
    this.#at++;
    this.#match(SPACE);
    if (this.#take('}')) return;
    do {
      this.#match(SPACE);
      const start = this.#at;
      if (this.#text[start] !== '"') this.#refuse(`expected a key in double quotes, found ${this.#found()}`);
      const key = this.#scanString();
      if (key === '__proto__') this.#refuse('the key "__proto__" cannot be stored', start);
      if (keys.has(key)) this.#refuse(`the key ${JSON.stringify(key)} is given twice`, start);
      keys.add(key);
      this.#match(SPACE);
      if (!this.#take(':')) this.#refuse(`expected ":" after the key ${JSON.stringify(key)}, found ${this.#found()}`);
      this.#scanValue(depth);
    } while (this.#take(','));
    if (!this.#take('}')) this.#refuse(`expected "," or "}", found ${this.#found()}`);
  }

  #scanArray(depth: number): void {
    if (depth > JSON_DEPTH_MAX) this.#refuse(`nested deeper than ${JSON_DEPTH_MAX} levels`);
    this.#at++;
    this.#match(SPACE);
    if (this.#take(']')) return;
    do this.#scanValue(depth);
    while (this.#take(','));
    if (!this.#take(']')) this.#refuse(`expected "," or "]", found ${this.#found()}`);
  }

  #scanString(): string {
    const start = this.#at++;
    let hasEscape = false;
    for (;;) {
      this.#match(PLAIN);
      const next = this.#text[this.#at];
      if (next === '"') break;
      if (next === undefined) this.#refuse('the text ends inside a string that begins here', start);
      if (next !== '\\') this.#refuse(`a string may not hold ${this.#found()}; write it as an escape`);
      if (this.#match(ESCAPE) === undefined) this.#refuse(`not an escape: ${JSON.stringify(this.#text.slice(this.#at, this.#at + 2))}`);
      hasEscape = true;
    }
    const inner = this.#text.slice(start + 1, this.#at++);
    const value = hasEscape ? (JSON.parse(`"${inner}"`) as string) : inner;
    if (HALF_PAIR.test(value)) this.#refuse('a string holds half a surrogate pair, which is no character', start);
    return value;
  }

  #scanNumber(): void {
    const start = this.#at;
    const match = this.#match(NUMBER);
    if (match === undefined)
      this.#refuse(start < this.#text.length ? `not a value: ${this.#found()}` : 'a value is missing: the text ends here');
    const [digits, fraction, exponent] = match;
    const value = Number(digits);
    if (!Number.isFinite(value)) this.#refuse(`the number ${shorten(digits)} is too large`, start);
    const isWhole = fraction === undefined && exponent === undefined;
    // Either the same number, or the text that JavaScript writes for the nearest: that comes back as it went.
    if (isWhole && digits.length > 15 && String(value) !== digits && BigInt(digits) !== BigInt(value)) {
      this.#refuse(`the whole number ${shorten(digits)} would be rounded; write it as a string`, start);
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** Advances over a sticky pattern; undefined where it does not match here. */
  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }

  #found(): string {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return 'the end of the text';
    const isVisible = code > 0x20 && code !== 0x7f;
    return isVisible ? `"${String.fromCodePoint(code)}"` : `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }

  #refuse(cause: string, offset = this.#at): never {
    throw new Refusal(offset, cause);
  }
}

function shorten(digits: string): string {
  return digits.length <= 24 ? digits : `${digits.slice(0, 20)}… (${digits.length} characters)`;
}

function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
