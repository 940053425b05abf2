/**
 * The built library in one file, as applications ship it: it loads in a third of the time, which counts where a test starts hundreds of
 * processes. How the package can be loaded is asked in `test/copies` and `test/package`, not there.
 */

import { symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { buildSync } from 'esbuild';

import { EXTERNAL } from '../../scripts/native-files.mjs';
import { ESM, ROOT } from './members.js';

/** What entries of the package are made of, as far as these tests call it: an entry itself would bring its own copies of the inner modules. */
const INSTEAD_OF_ENTRY = ['join.js', 'groups/restore-group.js'];

/** Made in `folder`, from where it finds the native packages. `inner`: modules of the build of which a test wants the exports too. */
export function bundleBuild(folder: string, inner: readonly string[] = []): string {
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const outfile = join(folder, 'bundle', 'library.mjs');
  const modules = inner.length === 0 ? [ESM] : [...INSTEAD_OF_ENTRY, ...inner].map((path) => join(dirname(ESM), path));
  const contents = modules.map((path) => `export * from ${JSON.stringify(path)};`).join('\n');
  const stdin = { contents, resolveDir: ROOT };
  buildSync({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', external: [...EXTERNAL], logLevel: 'error' });
  return outfile;
}
