import { describe, expect, test } from 'vitest';

import { abbreviate, formatBytes, plural, visible } from '../../src/cli/output/format.js';
import { formatTable } from '../../src/cli/output/table.js';
import { cutToWidth, padToWidth, widthOf } from '../../src/cli/output/width.js';

describe('columns of a terminal', () => {
  test.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['한글', 4],
    ['😀', 2],
    ['👩‍👩‍👧', 2],
    ['\u001b[31mred\u001b[39m', 3],
    ['ＡＢ', 4],
    ['→–…', 3],
    ['', 0],
  ])('%j takes %i', (text, columns) => expect(widthOf(text)).toBe(columns));

  test('are cut between whole characters', () => {
    expect(cutToWidth('日本語', 5)).toBe('日本…');
    expect(cutToWidth('日本語', 6)).toBe('日本語');
    expect(cutToWidth('abcdef', 4)).toBe('abc…');
    expect(padToWidth('日', 4)).toBe('日  ');
  });

  test('align whatever is in them', () => {
    const lines = formatTable(
      [{ heading: 'name' }, { heading: 'size', isNumber: true }, { heading: 'where' }],
      [
        ['日本', '5', 'a'],
        ['plain', '1,000', 'b\nc'],
      ],
    );
    expect(lines).toEqual(['NAME    SIZE  WHERE', '日本       5  a', 'plain  1,000  b c']);
  });
});

describe('what people read', () => {
  test('has sizes in three digits', () => {
    expect([0, 999, 1000, 9949, 9950, 123_456, 999_499, 999_500, 4.2e9].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '9.9 kB',
      '10 kB',
      '123 kB',
      '999 kB',
      '1.0 MB',
      '4.2 GB',
    ]);
  });

  test('counts in words', () => {
    expect([plural(1, 'preset'), plural(4244, 'preset')]).toEqual(['1 preset', '4,244 presets']);
  });

  test('cannot move the cursor', () => {
    expect(visible('a\u001b[2Jb\u202e\u009b')).toBe('a\\u001b[2Jb\\u202e\\u009b');
    expect(abbreviate({ a: '\u009b2J', b: 'x'.repeat(50) }, 20)).toBe('{"a":"\\u009b2J","b"…');
  });
});
