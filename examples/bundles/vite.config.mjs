/** The main process of an Electron application by Vite: `npx vite build`. `noExternal`: else all of node_modules has to be shipped. */

import { defineConfig } from 'vite';

const external = ['electron', 'zeromq', 'level', 'fs-native-extensions'];

export default defineConfig({
  build: {
    ssr: true,
    target: 'node20.19',
    outDir: 'dist/vite',
    rolldownOptions: {
      input: { main: 'app/main.js', 'socomm-trial-worker': 'socomm/trial-worker' },
      external,
      output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name].cjs' },
    },
  },
  ssr: { noExternal: true, external },
});
