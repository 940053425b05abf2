/**
 * Clock, randomness and environment come in as arguments: only then can a simulator turn them. And a library leaves the process that it
 * lives in alone. Here stands who may reach for what, and by which names it is known.
 */

import { isNode, violation, type Node, type Source } from './source.js';

interface Surrounding {
  readonly what: string;
  readonly allowed: readonly string[];
  /** Globals by name, members as `Date.now`, all members as `process.env`. */
  readonly globals?: readonly string[];
  readonly members?: readonly string[];
  /** Exports of Node's modules; `*` is all of them. */
  readonly imports?: Readonly<Record<string, readonly string[]>>;
}

const surroundings: readonly Surrounding[] = [
  {
    what: 'the clock',
    allowed: ['src/base/', 'src/cli/'],
    globals: ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'performance'],
    members: ['process.hrtime', 'process.uptime', 'AbortSignal.timeout'],
    imports: { 'node:timers': ['*'], 'node:timers/promises': ['*'], 'node:perf_hooks': ['*'] },
  },
  {
    what: 'randomness',
    allowed: ['src/base/', 'src/cli/'],
    globals: ['crypto'],
    members: ['Math.random'],
    imports: {
      'node:crypto': ['randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID', 'getRandomValues', 'webcrypto', 'default'],
    },
  },
  {
    what: 'the environment',
    allowed: ['src/options.ts', 'sync/discovery/runtime-directory.ts', 'storage/layout.ts', 'src/cli/'],
    members: ['process.env'],
    imports: { 'node:process': ['*'] },
  },
  {
    what: 'the end of the process',
    allowed: ['src/cli/'],
    members: ['process.exit', 'process.abort', 'process.kill', 'process.exitCode', 'process.reallyExit'],
  },
];

export function surroundingViolations(source: Source): string[] {
  const found = surroundings
    .filter(({ allowed }) => !allowed.some((place) => source.path === place || (place.endsWith('/') && source.path.startsWith(place))))
    .flatMap((surrounding) => [...globalsUsed(source, surrounding), ...namesImported(source, surrounding)]);
  return [...found, ...(source.path.startsWith('src/cli/') ? [] : signalHandlers(source))];
}

function globalsUsed(source: Source, { what, globals = [], members = [] }: Surrounding): string[] {
  return source.nodes.flatMap(({ node, parent }) => {
    const isName = node.type === 'MemberExpression' || (node.type === 'Identifier' && isValue(node, parent));
    const name = isName ? memberName(node) : '';
    const bare = name.replace(/^globalThis\./, '');
    const isUsed =
      name !== '' && (globals.includes(bare) || members.includes(bare) || takenApart(node, parent).some((each) => members.includes(each)));
    return isUsed ? [violation(source, node, `reaches for ${what}: ${bare}`)] : [];
  });
}

/** `process.env` of `const { env } = process`. */
function takenApart(node: Node, parent: Node | undefined): string[] {
  const pattern = parent?.type === 'VariableDeclarator' && parent['init'] === node ? parent['id'] : undefined;
  if (!isNode(pattern) || pattern.type !== 'ObjectPattern') return [];
  return (pattern['properties'] as readonly Node[]).map(({ key }) => `${String(node['name'])}.${isNode(key) ? String(key['name']) : '*'}`);
}

function namesImported(source: Source, { what, imports = {} }: Surrounding): string[] {
  return source.imports.flatMap((each) => {
    const banned = each.target !== undefined && Object.hasOwn(imports, each.target) ? (imports[each.target] ?? []) : [];
    // A namespace or a dynamic import has no names to look at, and all of them to use.
    const isAll = banned.includes('*') || each.names.length === 0 || each.names.includes('');
    const names = banned.length === 0 ? [] : isAll ? [`all of ${String(each.target)}`] : each.names.filter((name) => banned.includes(name));
    return each.isTypeOnly ? [] : names.map((name) => violation(source, each, `reaches for ${what}: ${name}`));
  });
}

/** `process.on('SIGTERM', …)`; a listener of `exit` is no handler of signals. */
/** The process's end, and messages between its threads: to listen to these changes nothing for anybody else. */
const HEARD_EVENTS: ReadonlySet<string> = new Set(['exit', 'workerMessage']);

function signalHandlers(source: Source): string[] {
  return source.nodes.flatMap(({ node }) => {
    const callee = node['callee'];
    if (node.type !== 'CallExpression' || !isNode(callee) || callee.type !== 'MemberExpression') return [];
    if (!/^(globalThis\.)?process\.(on|once|addListener|prependListener|prependOnceListener)$/.test(memberName(callee))) return [];
    const [event] = node['arguments'] as readonly Node[];
    return HEARD_EVENTS.has(String(event?.['value']))
      ? []
      : [violation(source, node, `listens to the process: ${String(event?.['value'])}`)];
  });
}

/** `a.b.c`, also when written `a['b'].c`; empty for what is no chain of names. */
function memberName(node: Node): string {
  if (node.type === 'Identifier') return String(node['name']);
  const { object, property, computed } = node;
  if (node.type !== 'MemberExpression' || !isNode(object) || !isNode(property)) return '';
  const key = computed === true ? property['value'] : property['name'];
  const start = memberName(object);
  return start === '' || typeof key !== 'string' ? '' : `${start}.${key}`;
}

/** Whether a name stands for a value, and not for a property, a parameter's label or a type. */
function isValue(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'MemberExpression') return parent['object'] === node || parent['computed'] === true;
  if (parent.type === 'Property') return parent['value'] === node || parent['computed'] === true;
  if (parent.type.startsWith('TS')) return ['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'].includes(parent.type);
  return (
    !['MethodDefinition', 'PropertyDefinition', 'ImportSpecifier', 'ExportSpecifier', 'LabeledStatement'].includes(parent.type) ||
    parent['value'] === node
  );
}
