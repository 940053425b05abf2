/** A process that imports presets into a library of its own, or only reads them. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { join } from '../../dist/esm/src/index.js';
import { importPresets, openLibrary } from '../../dist/esm/src/library/index.js';
import { serve } from '../harness/serve.mjs';

let instance;

serve({
  async import({ file, presetsMax, folder }) {
    instance = await join('bench');
    const library = await openLibrary(instance);
    await library.ready();
    const some = joinPath(folder, 'some.jsonl');
    const whole = lines(file);
    if (whole.length > presetsMax) writeFileSync(some, whole.slice(0, presetsMax).join('\n'));
    const startedAt = performance.now();
    const { added, problems } = await importPresets(library, [whole.length > presetsMax ? some : file]);
    await instance.flush();
    const ms = performance.now() - startedAt;
    if (problems.length > 0) throw new Error(`${problems.length} presets could not be imported`);
    return { ms, presets: added };
  },
  parse({ file, presetsMax }) {
    const startedAt = performance.now();
    const presets = lines(file)
      .slice(0, presetsMax)
      .map((line) => JSON.parse(line));
    return { ms: performance.now() - startedAt, presets: presets.length };
  },
  close: () => instance?.close(),
});

function lines(file) {
  return gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
}
