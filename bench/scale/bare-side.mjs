/** What everything is measured beside: a process that loads Yjs and applies the bytes. No lock, sockets, database or verifying. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import * as Y from 'yjs';

import { serve } from './serve.mjs';

serve({
  ready: () => undefined,
  load({ file }) {
    const bytes = readFileSync(file);
    const start = performance.now();
    const doc = new Y.Doc();
    Y.applyUpdate(doc, bytes);
    const ms = performance.now() - start;
    return {
      ms,
      digest: createHash('sha256')
        .update(Y.encodeSnapshot(Y.snapshot(doc)))
        .digest('hex'),
    };
  },
  /** Bytes that this many overwritten values leave in a plain map. */
  overwrite({ keys, sets }) {
    const doc = new Y.Doc();
    const map = doc.getMap('knobs');
    for (let each = 0; each < sets; each++) map.set(`knob-${each % keys}`, Math.sin(each));
    return Y.encodeStateAsUpdate(doc).length;
  },
});
