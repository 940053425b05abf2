/** Documents name the tests that hold what they say, as `test/file.ts` "title": those tests must exist, and no invariant may go without a word. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { isNode, listFiles, parseSource, root } from '../tidy/source.js';
import type { Node } from '../tidy/source.js';

const documents = listFiles('docs').filter((path) => path.endsWith('.md'));
const named = documents.flatMap((path) => namedIn(read(path)).map(({ file, title }) => [path, file, title] as const));
const titles = new Map([...new Set(named.map(([, file]) => file))].map((file) => [file, titlesOf(file)]));

describe('the documents', () => {
  test.each(named)('%s: %s has a test "%s"', (_, file, title) => {
    expect(titles.get(file)).toContain(title);
  });

  test.each([
    ['docs/ARCHITECTURE.md', 11],
    ['docs/ELECTION.md', 16],
  ])('%s has a row for each of %i invariants, with a test or a plain word that there is none', (path, count) => {
    const rows = read(path)
      .split('\n')
      .filter((line) => /^\| \d+ \|/.test(line));
    expect(rows.map((row) => Number(row.split('|')[1]))).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(rows.filter((row) => namedIn(row).length === 0 && !row.includes('not yet'))).toEqual([]);
  });
});

test('the checks see a test that is missing', () => {
  expect(namedIn('see `test/a.test.ts` "does so", and `test/b.ts`')).toEqual([{ file: 'test/a.test.ts', title: 'does so' }]);
  expect(
    titlesIn('x.ts', 'test.each([])(`after ${n} s`, () => {}); describe("a", () => { it.skipIf(true)("b", () => {}); log("c"); });'),
  ).toEqual(['after … s', 'a', 'b']);
});

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function namedIn(text: string): readonly { readonly file: string; readonly title: string }[] {
  return [...text.matchAll(/`(test\/[^`]+\.ts)`\s+"([^"]+)"/g)].map(([, file = '', title = '']) => ({
    file,
    title: title.replaceAll(/\s+/g, ' '),
  }));
}

function titlesOf(file: string): readonly string[] {
  return titlesIn(file, read(file));
}

/** What is computed in a title is written as `…`. */
function titlesIn(file: string, text: string): readonly string[] {
  return parseSource(file, text).nodes.flatMap(({ node }) => {
    if (node.type !== 'CallExpression' || !['test', 'it', 'describe'].includes(rootName(node))) return [];
    const [title] = node['arguments'] as readonly Node[];
    if (title?.type === 'TemplateLiteral') {
      const parts = title['quasis'] as readonly { readonly value: { readonly cooked: string } }[];
      return [parts.map(({ value }) => value.cooked).join('…')];
    }
    return typeof title?.['value'] === 'string' ? [title['value']] : [];
  });
}

/** `test` of `test.each(…)(…)`. */
function rootName(node: Node): string {
  const inner = node['callee'] ?? node['object'];
  if (isNode(inner)) return rootName(inner);
  return typeof node['name'] === 'string' ? node['name'] : '';
}
