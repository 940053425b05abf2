/**
 * Which part may know which: imports point down only. The picture is in docs/ARCHITECTURE.md.
 * What a part may use is stated in full, so that a new dependency between parts is a change of this table.
 */

import { violation, type Source } from './source.js';

interface Layer {
  readonly name: string;
  /** A file belongs to the first layer of which one of these begins its path. */
  readonly paths: readonly string[];
  /** Layers, beside itself. */
  readonly uses: readonly string[];
  /** Single files of layers that it does not use as a whole, each for a reason. */
  readonly usesFiles?: readonly string[];
}

const layers: readonly Layer[] = [
  {
    name: 'cli',
    paths: ['src/cli/'],
    uses: ['index', 'library', 'base'],
    usesFiles: ['src/version.ts'],
  },
  { name: 'gateway', paths: ['src/gateway/'], uses: ['index', 'base'] },
  { name: 'library', paths: ['src/library/'], uses: ['index', 'base'] },
  {
    name: 'testing',
    paths: ['src/testing.ts', 'src/testing/'],
    uses: ['index', 'join', 'core', 'election', 'sync', 'talk', 'storage', 'base'],
  },
  // The public face: `socomm`, and `socomm/store`.
  { name: 'index', paths: ['src/index.ts', 'src/store.ts'], uses: ['join', 'core', 'election', 'sync', 'talk', 'storage', 'base'] },
  { name: 'join', paths: ['src/join.ts', 'src/join/'], uses: ['worker', 'core', 'election', 'sync', 'talk', 'storage', 'base'] },
  // Peers of worker threads: a transport, a roster and a store of their own, and who carries them in the main thread.
  { name: 'worker', paths: ['src/worker/'], uses: ['core', 'sync', 'storage', 'base'] },
  { name: 'election', paths: ['src/election/'], uses: ['sync', 'storage', 'base'] },
  { name: 'base', paths: ['src/base/'], uses: [] },
  // Instance, peer, documents, and all that they are made of.
  { name: 'core', paths: ['src/'], uses: ['election', 'sync', 'talk', 'storage', 'base'] },
  // The roster needs to know who lives, and that is the file lock's word.
  { name: 'sync', paths: ['sync/'], uses: ['base'], usesFiles: ['storage/file-lock.ts'] },
  // How copies talk: opaque bytes over the transport's port. It knows nothing of documents, codecs or the store.
  { name: 'talk', paths: ['talk/'], uses: ['base'], usesFiles: ['sync/transport.ts'] },
  { name: 'storage', paths: ['storage/'], uses: ['base'] },
];

export function layerViolations(source: Source): string[] {
  const layer = layerOf(source.path);
  if (layer === undefined) return [`${source.path} belongs to no layer`];
  return source.imports
    .filter(({ isOwn, target }) => isOwn && target !== undefined && !mayUse(layer, target))
    .map((each) => violation(source, each, `may not know ${String(each.target)}`));
}

function mayUse(layer: Layer, target: string): boolean {
  const other = layerOf(target);
  if (other === undefined) return false;
  return other === layer || layer.uses.includes(other.name) || layer.usesFiles?.includes(target) === true;
}

function layerOf(path: string): Layer | undefined {
  return layers.find(({ paths }) => paths.some((start) => path.startsWith(start)));
}
