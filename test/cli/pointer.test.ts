import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { arrayIndex, formatPointer, parsePointer } from '../../src/cli/pointer.js';

describe('a JSON Pointer', () => {
  test('comes back as it went, whatever its segments hold', () => {
    const segments = fc.array(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('', '~', '/', '~1', '~0', '~01', '-')));
    fc.assert(
      fc.property(segments, (pointer) => {
        expect(parsePointer(formatPointer(pointer))).toEqual(pointer);
      }),
    );
  });

  // The table of RFC 6901, section 5.
  test.each([
    ['', []],
    ['/foo', ['foo']],
    ['/foo/0', ['foo', '0']],
    ['/', ['']],
    ['/a~1b', ['a/b']],
    ['/m~0n', ['m~n']],
    ['/~01', ['~1']],
    ['/ ', [' ']],
    ['/k"l', ['k"l']],
  ])('%j means what RFC 6901 says', (text, pointer) => expect(parsePointer(text)).toEqual(pointer));

  test.each(['presets', 'presets/x', '/a~', '/a~2', '/~x/b', '#/a'])('%j is none', (text) => expect(parsePointer(text)).toBeUndefined());

  test('has array places without signs, leading zeros or fractions', () => {
    expect(['0', '7', '10'].map(arrayIndex)).toEqual([0, 7, 10]);
    expect(['', '-', '-1', '+1', '01', '1.5', '1e3', ' 1', 'x'].map(arrayIndex)).toEqual(Array.from({ length: 9 }));
  });
});
