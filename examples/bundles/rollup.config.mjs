/** The application by Rollup: `npx rollup -c`. What the worker and the application have in common (Yjs) is a file beside them. */

import { nodeResolve } from '@rollup/plugin-node-resolve';

export default {
  input: { main: 'app/main.js', 'socomm-trial-worker': 'socomm/trial-worker' },
  plugins: [nodeResolve({ exportConditions: ['node'] })],
  external: ['zeromq', 'level', 'fs-native-extensions'],
  output: { dir: 'dist/rollup', format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
};
