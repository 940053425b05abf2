/** The library as four bundles, by the bundlers that applications use: each a further copy of the package, with Yjs inside and the native packages outside. */

import { join } from 'node:path';

import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { build as buildByVite } from 'vite';

import { EXTERNAL } from '../../scripts/native-files.mjs';

const TARGET = 'node20.19';
const external = [...EXTERNAL];

/** Made in a folder above which `socomm` is installed. A folder `cjs` in the path says how a bundle is to be loaded. Resolves with their paths. */
export async function bundleLibrary(app: string): Promise<string[]> {
  const entry = 'socomm';
  const made = Promise.all([
    byEsbuild(app, entry, 'esm', 'esbuild/esm/library.mjs'),
    byEsbuild(app, entry, 'cjs', 'esbuild/cjs/library.cjs'),
    byRollup(app, entry, 'rollup/esm/library.mjs'),
    byVite(app, entry, 'vite/cjs/library.cjs'),
  ]);
  return (await made).map((path) => join(app, path));
}

async function byEsbuild(app: string, entry: string, format: 'esm' | 'cjs', path: string): Promise<string> {
  const options = { bundle: true, platform: 'node', target: TARGET, external, minify: true } as const;
  await build({ ...options, stdin: { contents: `export * from '${entry}';`, resolveDir: app }, format, outfile: join(app, path) });
  return path;
}

async function byRollup(app: string, entry: string, path: string): Promise<string> {
  const plugins = [nodeResolve({ exportConditions: ['node'], rootDir: app }), startingIn(app, entry)];
  const bundle = await rollup({ input: ENTRY, plugins, external });
  await bundle.write({ file: join(app, path), format: 'es', inlineDynamicImports: true });
  await bundle.close();
  return path;
}

async function byVite(app: string, entry: string, path: string): Promise<string> {
  const output = { format: 'cjs', entryFileNames: path } as const;
  await buildByVite({
    configFile: false,
    root: app,
    logLevel: 'error',
    plugins: [startingIn(app, entry)],
    build: { ssr: true, target: TARGET, outDir: app, emptyOutDir: false, rolldownOptions: { input: ENTRY, external, output } },
    ssr: { noExternal: true, external },
  });
  return path;
}

const ENTRY = 'all-of-it';

/** A first module that is no file, and hands on all that the package exports, as one that lies in the folder would. */
function startingIn(app: string, entry: string) {
  const file = join(app, `${ENTRY}.mjs`);
  return {
    name: 'starting-in',
    resolveId: (source: string) => (source === ENTRY ? file : undefined),
    load: (id: string) => (id === file ? `export * from '${entry}';` : undefined),
  };
}
