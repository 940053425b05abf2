/** Bare Yjs: a process that has loaded it and applies bytes. No lock, sockets, database or verifying. */

import { readFileSync } from 'node:fs';

import * as Y from 'yjs';

import { memoryNow, serve } from '../harness/serve.mjs';

let doc;

serve({
  load({ file }) {
    const bytes = readFileSync(file);
    const startedAt = performance.now();
    doc = new Y.Doc();
    Y.applyUpdate(doc, bytes);
    return { ms: performance.now() - startedAt, bytes: bytes.length };
  },
  /** What it makes of many updates: applied one by one, and all in one transaction. Microseconds of one. */
  apply({ updates }) {
    const made = [];
    const source = new Y.Doc();
    source.on('update', (update) => made.push(update));
    const map = source.getMap('bench');
    for (let each = 0; each < updates; each++) map.set(`key-${each % 64}`, each);
    const one = timeOf(() => {
      const target = new Y.Doc();
      for (const update of made) Y.applyUpdate(target, update);
    });
    const gathered = timeOf(() => {
      const target = new Y.Doc();
      target.transact(() => {
        for (const update of made) Y.applyUpdate(target, update);
      });
    });
    const bytes = made.reduce((sum, update) => sum + update.length, 0) / updates;
    return { oneByOne: updates / (one / 1000), inOneTransaction: updates / (gathered / 1000), bytes };
  },
  memory: memoryNow,
});

function timeOf(work) {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}
