/** A process of ours: joins the group, opens the library, tells its digest, imports, edits. */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

import { Y, join } from '../../dist/esm/src/index.js';
import { importPresets, openLibrary } from '../../dist/esm/src/library/index.js';
import { watchLoop, watchTransactions } from './loop.mjs';
import { serve } from './serve.mjs';

const GROUP = 'bench.scale';
let instance;
let library;
let doc;
let editing;

serve({
  /** Loads what `join()` would load first. */
  async load() {
    await Promise.all([import('zeromq'), import('level'), import('fs-native-extensions')]);
  },
  async open() {
    const start = performance.now();
    let refused = 0;
    const again = () => void refused++;
    instance = await untilHeard(() => join(GROUP), again);
    const joinedMs = performance.now() - start;
    library = await untilHeard(() => openLibrary(instance), again);
    return { ms: performance.now() - start, joinedMs, refused };
  },
  async digest() {
    doc ??= (await instance.document('library')).doc;
    return createHash('sha256')
      .update(Y.encodeSnapshot(Y.snapshot(doc)))
      .digest('hex');
  },
  /** The first look: the index is made at once. */
  list() {
    const start = performance.now();
    const { length } = library.list();
    return { ms: performance.now() - start, presets: length };
  },
  async state({ file }) {
    doc ??= (await instance.document('library')).doc;
    const bytes = Y.encodeStateAsUpdate(doc);
    writeFileSync(file, bytes);
    return bytes.length;
  },
  ready: () => library.ready(),
  flush: () => instance.flush(),
  async import({ file }) {
    doc ??= (await instance.document('library')).doc;
    await library.ready();
    const transactions = watchTransactions(doc);
    const loop = watchLoop();
    const start = performance.now();
    const { problems, ...report } = await importPresets(library, [file]);
    return { ...report, problems: problems.length, ms: performance.now() - start, transactionMs: transactions(), loop: loop() };
  },
  /** Renames one after the other, and marks favourites, until told to stop. */
  async edit({ everyMs, name }) {
    doc ??= (await instance.document('library')).doc;
    await library.ready();
    const ids = library.list().map(({ id }) => id);
    const [transactions, loop] = [watchTransactions(doc), watchLoop()];
    let edits = 0;
    const timer = setInterval(() => {
      const id = ids[edits % ids.length];
      if (edits % 2 === 0) library.rename(id, `${name} ${edits}`);
      else library.setFavourite(id, edits % 4 === 1);
      edits++;
    }, everyMs);
    editing = () => {
      clearInterval(timer);
      return { edits, transactionMs: transactions(), loop: loop() };
    };
  },
  stop: () => editing(),
  count: () => library.size,
  close: () => instance?.close(),
});

/** Where the machine is so busy that the writer is not heard for seconds, an application tries again. Each time counts. */
async function untilHeard(attempt, again) {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error.code !== 'SOCOMM_WRITER_STALLED') throw error;
      again();
    }
  }
}
