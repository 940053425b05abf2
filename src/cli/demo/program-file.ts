/** Where the demo's own programs lie: beside this file, or below `main.js`, where the build has made one file of all (scripts/bundle.mjs). */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function programFile(name: 'player' | 'contrast-experiment'): string {
  const [beside, below] = [`${name}.js`, `demo/${name}.js`].map((path) => fileURLToPath(new URL(path, import.meta.url))) as [
    string,
    string,
  ];
  return existsSync(beside) ? beside : below;
}
