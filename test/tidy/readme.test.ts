/** What the documents promise to hold: each error code explained, each link leading somewhere. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { describe, expect, test } from 'vitest';

import { isNode, listFiles, parseSource, root } from './source.js';

const WORDS_MIN = 8;

describe('README.md', () => {
  test('has a paragraph for each error code', () => {
    const readme = read('README.md');
    const codes = errorCodes();
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !hasParagraph(readme, code))).toEqual([]);
  });

  test('explains no error code that does not exist', () => {
    const known = new Set(errorCodes());
    const named = [...read('README.md').matchAll(/^[#|*\s-]*`(SOCOMM_[A-Z_]+)`/gm)].map(([, code = '']) => code);
    // Environment variables begin with the same word.
    expect(named.filter((code) => !known.has(code) && !code.endsWith('_DIRECTORY'))).toEqual([]);
  });

  test('names only scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read('README.md').matchAll(/npm (?:run ([a-z:-]+)|(test)\b)/g)].map(([, script, builtIn]) => script ?? builtIn ?? '');
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

describe('each link within the documents', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'THIRD-PARTY.md',
    ...listFiles('docs').filter((path) => path.endsWith('.md')),
  ];

  test.each(documents)('leads somewhere: %s', (path) => {
    expect(brokenLinks(path, read(path))).toEqual([]);
  });
});

describe('the checks', () => {
  test('miss neither a missing paragraph nor a mere mention', () => {
    expect(hasParagraph('### `SOCOMM_IO`\n\nThe disk refused to read or write; the cause says why.\n', 'SOCOMM_IO')).toBe(true);
    expect(hasParagraph('| `SOCOMM_IO` | The disk refused to read or write; the cause says why. |\n', 'SOCOMM_IO')).toBe(true);
    expect(hasParagraph('It rejects with `SOCOMM_IO` if the disk refused to read or write anything.\n', 'SOCOMM_IO')).toBe(false);
    expect(
      hasParagraph('### `SOCOMM_IO`\n\n### `SOCOMM_CLOSED`\n\nThe instance was closed before the call was made, so there.\n', 'SOCOMM_IO'),
    ).toBe(false);
  });

  test('see a broken link and a broken anchor', () => {
    const text = '# A title\n[a](LICENSE) [b](gone.md) [c](#a-title) [d](#gone) [e](https://example.org/x)\n```\n[f](gone.md)\n```\n';
    expect(brokenLinks('CONTRIBUTING.md', text)).toEqual(['gone.md', '#gone']);
  });
});

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The members of the union `SocommErrorCode`. */
function errorCodes(): string[] {
  const path = 'src/base/errors.ts';
  return parseSource(path, read(path)).nodes.flatMap(({ node }) => {
    if (node.type !== 'TSTypeAliasDeclaration' || !isNode(node['id']) || node['id']['name'] !== 'SocommErrorCode') return [];
    const union = node['typeAnnotation'];
    const members = isNode(union) && Array.isArray(union['types']) ? (union['types'] as unknown[]) : [];
    return members.map((member) => (isNode(member) && isNode(member['literal']) ? String(member['literal']['value']) : ''));
  });
}

/** A heading, list item or table row that begins with the code, and enough words before the next heading or row. */
function hasParagraph(text: string, code: string): boolean {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^[#|*\\s-]*\`${code}\``).test(line));
  if (start === -1) return false;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^(#|\||[*-] )/.test(line));
  const paragraph = [lines[start] ?? '', ...rest.slice(0, end === -1 ? undefined : end)].join(' ').replace(`\`${code}\``, '');
  return (paragraph.match(/\p{L}+/gu) ?? []).length >= WORDS_MIN;
}

function brokenLinks(path: string, text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(path, text, link));
}

function leadsSomewhere(path: string, text: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? join(root, path) : join(root, dirname(path), file);
  // Out of the repository is nowhere.
  if (relative(root, target).startsWith('..') || !existsSync(target)) return false;
  if (anchor === undefined || statSync(target).isDirectory()) return true;
  return anchorsOf(file === '' ? text : readFileSync(target, 'utf8')).has(anchor);
}

/** As GitHub derives them from headings. */
function anchorsOf(text: string): Set<string> {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  const headings = [...prose.matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
