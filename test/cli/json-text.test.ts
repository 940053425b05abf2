import { isDeepStrictEqual } from 'node:util';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';

import { readJson } from '../../src/library/exchange/json-text.js';
import { JSON_DEPTH_MAX } from '../../src/library/exchange/limits.js';
import { refusalOf } from '../../src/cli/storable.js';

function causeOf(text: string): string {
  const reading = readJson(text);
  if (reading.kind === 'value') return 'accepted';
  const { line, column, cause } = reading.mistake;
  return `${line}:${column} ${cause}`;
}

function throughYjs(value: unknown): unknown {
  const from = new Y.Doc();
  from.getMap('it').set('value', value);
  const to = new Y.Doc();
  Y.applyUpdate(to, Y.encodeStateAsUpdate(from));
  const packed = new Y.Doc();
  Y.applyUpdateV2(packed, Y.encodeStateAsUpdateV2(to));
  return packed.getMap('it').get('value');
}

describe('reading JSON that people hand in', () => {
  test('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 2, '\t'), (text, indent) => {
        const value: unknown = JSON.parse(text);
        const reading = readJson(JSON.stringify(value, undefined, indent));
        if (reading.kind === 'mistake') expect(reading.mistake.cause).toMatch(/__proto__|surrogate/);
        else expect(reading.value).toEqual(value);
      }),
    );
  });

  test('accepts no text that JSON.parse does not, and refuses none that it accepts but for the stated reasons', () => {
    const fragments = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"',
        '"a"',
        '\\',
        '0',
        '-',
        '1.',
        '.5',
        'e9',
        'true',
        'nul',
        ' ',
        '\n',
        '\u0000',
        '\ufeff',
        'é',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(fragments, (parts) => {
        const text = parts.join('');
        const isJson = parses(text);
        const cause = causeOf(text);
        if (cause === 'accepted') expect(isJson).toBe(true);
        else if (isJson) expect(cause).toMatch(/given twice/);
      }),
      { numRuns: 5000 },
    );
  });

  test('accepts only what comes back from Yjs as it went, down to the sign of zero', () => {
    const numbers = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeInteger(),
      fc
        .constantFrom(
          '-0',
          '1e-320',
          '5e-324',
          '1.7976931348623157e308',
          '2147483648',
          '-2147483649',
          '4294967296',
          '9007199254740993.0',
          '0.1',
        )
        .map(Number),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        numbers,
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom('constructor', 'toJSON', 'hasOwnProperty', '__defineGetter__', 'prototype', ''),
          ),
          tie('value'),
        ),
      ),
    }));
    fc.assert(
      fc.property(value, (generated) => {
        // JSON.stringify writes -0 as 0.
        const text = JSON.stringify(generated, (_, part: unknown) => (Object.is(part, -0) ? '-0 here' : part)).replaceAll(
          '"-0 here"',
          '-0',
        );
        const reading = readJson(text);
        if (reading.kind === 'mistake') return;
        if (refusalOf(reading.value) !== undefined) return;
        // Not vitest's equality: it asks `constructor`, which is a key here.
        expect(isDeepStrictEqual(throughYjs(reading.value), reading.value)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['', '1:1 a value is missing: the text ends here'],
    ['{"a": 1,\n "b": }', '2:7 not a value: "}"'],
    ['{"a": 1,\r\n\r\n "b" 2}', '3:6 expected ":" after the key "b", found "2"'],
    ['{"a": 1,}', '1:9 expected a key in double quotes, found "}"'],
    ["{'a': 1}", `1:2 expected a key in double quotes, found "'"`],
    ['[1, 2', '1:6 expected "," or "]", found the end of the text'],
    ['[1 2]', '1:4 expected "," or "]", found "2"'],
    ['{"a": 1} x', '1:10 expected the end, found "x"'],
    ['{"a": "un', '1:7 the text ends inside a string that begins here'],
    ['"tab\there"', '1:5 a string may not hold the character U+0009; write it as an escape'],
    ['"\\x41"', '1:2 not an escape: "\\\\x"'],
    ['01', '1:2 expected the end, found "1"'],
    ['NaN', '1:1 not a value: "N"'],
    ['[1e999]', '1:2 the number 1e999 is too large'],
    ['{"id": 12345678901234567891}', '1:8 the whole number 12345678901234567891 would be rounded; write it as a string'],
    ['{"a":{"__proto__": 1}}', '1:7 the key "__proto__" cannot be stored'],
    ['{"a":{"\\u005f_proto__": 1}}', '1:7 the key "__proto__" cannot be stored'],
    ['{"a":1,\n"a":1}', '2:1 the key "a" is given twice'],
    ['{"a":1,"\\u0061":1}', '1:8 the key "a" is given twice'],
    ['["\\ud800"]', '1:2 a string holds half a surrogate pair, which is no character'],
    ['{"\\udc00x": 1}', '1:2 a string holds half a surrogate pair, which is no character'],
  ])('names the place and the cause in %j', (text, told) => expect(causeOf(text)).toBe(told));

  test.each([
    '9007199254740992',
    '-9007199254740994',
    '1e21',
    '100000000000000000000',
    '1.0',
    '-0',
    '"\\ud83d\\ude00"',
    '"\u{1f600}"',
    '[[],{}]',
    ' \n1\t',
  ])('accepts %j', (text) => expect(causeOf(text)).toBe('accepted'));

  test('stops at the depth that is allowed, before the stack does', () => {
    expect(causeOf('['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX))).toBe('accepted');
    expect(causeOf('['.repeat(JSON_DEPTH_MAX + 1))).toContain('nested deeper');
    expect(causeOf('{"a":'.repeat(1_000_000))).toContain('nested deeper');
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
