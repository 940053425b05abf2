/** What every file of the library has in common: length, exports, and nothing that happens or lives in it just because it was imported. */

import { isNode, violation, type Node, type Source } from './source.js';

const LINES_MAX = 300;

/** Longer files, each with the reason. */
const longFiles: Readonly<Record<string, { readonly linesMax: number; readonly reason: string }>> = {};

/** Mutable state of modules, each with the reason. */
const moduleState: Readonly<Record<string, string>> = {
  'src/library/shared-index.ts': 'libraries that share a document share its index',
  'src/peer-table.ts': 'instances of one loaded copy share their peer',
  'src/talk/shared-presence.ts': 'instances of one peer share what they see of each other',
  'src/worker/host-table.ts': 'whoever hosts workers in one loaded copy shares the host',
  'sync/zeromq/sockets.ts': 'one ZeroMQ context per loaded copy, for good',
};

/** Files that are no modules but programs: something happens when they are loaded, and nothing imports them. */
const programs: Readonly<Record<string, string>> = {
  'src/replica/trial-worker.ts': 'what a worker thread runs',
};

const forbidden: Readonly<Record<string, string>> = {
  ExportDefaultDeclaration: 'has a default export',
  TSEnumDeclaration: 'declares an enum: use a union of strings',
  TSModuleDeclaration: 'declares a namespace',
  TSAnyKeyword: 'says any: use unknown',
};

export function shapeViolations(source: Source): string[] {
  const isDeclaration = source.path.endsWith('.d.ts');
  const syntax = source.nodes
    .filter(({ node }) => Object.hasOwn(forbidden, node.type) && !(isDeclaration && node.type === 'TSModuleDeclaration'))
    .map(({ node }) => violation(source, node, String(forbidden[node.type])));
  const named = source.nodes
    .filter(({ node }) => node.type === 'ExportSpecifier' && isNode(node['exported']) && node['exported']['name'] === 'default')
    .map(({ node }) => violation(source, node, 'has a default export'));
  const sideEffects = source.imports
    .filter(({ isForSideEffects }) => isForSideEffects)
    .map((each) => violation(source, each, 'imports for side effects only'));
  return [...fileViolations(source), ...syntax, ...named, ...sideEffects, ...(isDeclaration ? [] : topLevelViolations(source))];
}

function fileViolations({ path, lineCount }: Source): string[] {
  const limit = longFiles[path]?.linesMax ?? LINES_MAX;
  return [
    ...(lineCount > limit ? [`${path} has ${lineCount} lines, more than ${limit}`] : []),
    ...(path.endsWith('/index.ts') && !['src/index.ts', 'src/library/index.ts'].includes(path)
      ? [`${path} is a barrel: name the file after what is in it`]
      : []),
    ...(/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(path.split('/').at(-1) ?? '') ? [] : [`${path} is not in kebab-case`]),
  ];
}

function topLevelViolations(source: Source): string[] {
  return source.body.flatMap((statement) => {
    const inner = statement.type === 'ExportNamedDeclaration' && isNode(statement['declaration']) ? statement['declaration'] : statement;
    if (inner.type === 'VariableDeclaration') return stateOf(source, inner);
    // The command line is a program: there something happens.
    const isProgram = source.path.startsWith('src/cli/') || Object.hasOwn(programs, source.path);
    const happens = inner.type === 'ExpressionStatement' && !isProgram;
    return happens ? [violation(source, inner, 'does something when it is imported')] : [];
  });
}

/** `let`, or a container that begins empty and so is there to be filled. */
function stateOf(source: Source, declaration: Node): string[] {
  if (Object.hasOwn(moduleState, source.path)) return [];
  if (declaration['kind'] !== 'const') return [violation(source, declaration, `keeps state in a module: ${String(declaration['kind'])}`)];
  return (declaration['declarations'] as readonly Node[])
    .filter(({ init }) => isNode(init) && isEmptyContainer(init))
    .map((each) => violation(source, each, 'keeps state in a module: an empty container'));
}

function isEmptyContainer(init: Node): boolean {
  if (init.type === 'NewExpression') {
    const name = isNode(init['callee']) ? String(init['callee']['name']) : '';
    return ['Map', 'Set', 'WeakMap', 'WeakSet', 'Array'].includes(name) && (init['arguments'] as readonly Node[]).length === 0;
  }
  const content = init.type === 'ArrayExpression' ? init['elements'] : init.type === 'ObjectExpression' ? init['properties'] : undefined;
  return Array.isArray(content) && content.length === 0;
}
