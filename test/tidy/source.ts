/** A source file as the tidy rules see it: parsed once, with its imports and a walk over its syntax tree. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseSync } from 'oxc-parser';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

export interface Import {
  /** Another source of ours as a path from the root (`src/base/ids.ts`); otherwise what is written (`node:fs`, `yjs`); `undefined` where it is computed. */
  readonly target: string | undefined;
  readonly isOwn: boolean;
  readonly isTypeOnly: boolean;
  readonly isForSideEffects: boolean;
  readonly names: readonly string[];
  readonly line: number;
}

export interface Source {
  readonly path: string;
  readonly lineCount: number;
  readonly body: readonly Node[];
  readonly imports: readonly Import[];
  /** Every node with the one that holds it. */
  readonly nodes: readonly { readonly node: Node; readonly parent: Node | undefined }[];
  lineOf(node: Node): number;
}

/** What a rule found, ready to be printed. */
export function violation(source: Source, node: Node | Import, what: string): string {
  return `${source.path}:${'line' in node ? String(node.line) : source.lineOf(node)} ${what}`;
}

export function readSources(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    listFiles(folder)
      .filter((path) => path.endsWith('.ts'))
      .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8'))),
  );
}

/** Files below a folder, as paths from the root with `/`. */
export function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
}

export function parseSource(path: string, text: string): Source {
  const parsed = parseSync(path, text, { sourceType: 'module' });
  if (parsed.errors.length > 0) throw new SyntaxError(`${path}: ${parsed.errors[0]?.message ?? 'cannot be parsed'}`);
  const program = parsed.program as unknown as Node;
  const lineOf = (node: Node): number => text.slice(0, node.start).split('\n').length;
  const nodes = [...walk(program, undefined)];
  return {
    path,
    lineCount: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    body: program['body'] as readonly Node[],
    imports: nodes.flatMap(({ node }) => importOf(path, node, lineOf(node))),
    nodes,
    lineOf,
  };
}

function* walk(node: Node, parent: Node | undefined): Generator<{ node: Node; parent: Node | undefined }> {
  yield { node, parent };
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* walk(child, node);
    }
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** `import … from`, `export … from`, `import()`, `import('…').Type`, `import … = require()`. */
function importOf(path: string, node: Node, line: number): Import[] {
  const isStatement = ['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration'].includes(node.type);
  const isReference = ['ImportExpression', 'TSImportType', 'TSExternalModuleReference'].includes(node.type);
  const literal = node['source'] ?? (node.type === 'TSExternalModuleReference' ? node['expression'] : undefined);
  if (!(isStatement && isNode(literal)) && !isReference) return [];

  const specifiers = ((node['specifiers'] as readonly Node[] | undefined) ?? []).filter(isNode);
  const isTypeOnly =
    node.type === 'TSImportType' ||
    node['importKind'] === 'type' ||
    node['exportKind'] === 'type' ||
    (specifiers.length > 0 && specifiers.every((each) => each['importKind'] === 'type' || each['exportKind'] === 'type'));
  const written = isNode(literal) && typeof literal['value'] === 'string' ? literal['value'] : undefined;
  const isOwn = written?.startsWith('.') === true;
  return [
    {
      target: isOwn ? posix.join(dirname(path), written).replace(/\.js$/, '.ts') : written,
      isOwn,
      isTypeOnly,
      isForSideEffects: node.type === 'ImportDeclaration' && specifiers.length === 0,
      names: specifiers.map((each) => nameOf(each['imported'] ?? each['local'])),
      line,
    },
  ];
}

function nameOf(node: unknown): string {
  const name = isNode(node) ? (node['name'] ?? node['value']) : undefined;
  return typeof name === 'string' ? name : '';
}
