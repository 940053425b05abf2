/**
 * The application in one file by esbuild, as ES module and as CommonJS: `node esbuild.mjs`. The second entry is the worker in which big snapshots are
 * tried: without it the writer does that in the main thread, and holds it up meanwhile.
 */

import { build } from 'esbuild';

for (const [format, extension] of [
  ['esm', '.mjs'],
  ['cjs', '.cjs'],
]) {
  await build({
    entryPoints: { main: 'app/main.js', 'socomm-trial-worker': 'socomm/trial-worker' },
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format,
    external: ['zeromq', 'level', 'fs-native-extensions'],
    outdir: `dist/esbuild-${format}`,
    outExtension: { '.js': extension },
  });
}
