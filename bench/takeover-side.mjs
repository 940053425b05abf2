/** One process of bench/takeover.mjs: a peer that follows, writes, kills the writer and asks, or the bare work that a takeover stands beside. */

import { closeSync, openSync } from 'node:fs';
import { join as joinPath } from 'node:path';

import { join } from '../dist/esm/src/index.js';

let instance;
let bare;

const tasks = {
  async join({ store, sockets }) {
    instance = await join('bench.takeover', { directory: store, runtimeDirectory: sockets });
  },

  async fill({ presets }) {
    const map = instance.doc.getMap('presets');
    const slice = 250;
    for (let from = 0; from < presets; from += slice) {
      instance.transact(() => {
        for (let index = from; index < from + slice; index++) map.set(`preset-${index}`, presetOf(index));
      });
      await instance.flush();
    }
  },

  /** Until everybody is here, and nothing is left to say. */
  async settle({ peers }) {
    while (instance.peers.length + 1 < peers || instance.writer === undefined) await turn();
    await instance.synced();
    await instance.flush();
  },

  role: () => instance.role,

  async kill({ pid, value }) {
    const startedAt = performance.now();
    process.kill(pid, 'SIGKILL');
    instance.transact(() => instance.doc.getMap('presets').set('after', value));
    await instance.flush();
    return performance.now() - startedAt;
  },

  /** A follower has all of this loaded, too. */
  async prepare() {
    const [{ Level }, locks] = await Promise.all([import('level'), import('fs-native-extensions')]);
    bare = { Level, locks: locks.default };
  },

  async bare({ copy }) {
    const startedAt = performance.now();
    const descriptor = openSync(joinPath(copy, 'owner.lock'), 'r+');
    if (!bare.locks.tryLock(descriptor)) throw new Error('the lock is taken');
    const database = new bare.Level(joinPath(copy, 'level'), { valueEncoding: 'view' });
    await database.open();
    await database.put('bare', new Uint8Array(40).fill(7), { sync: true });
    const ms = performance.now() - startedAt;
    await database.close();
    closeSync(descriptor);
    return ms;
  },
};

function turn() {
  return new Promise((resolve) => void setTimeout(resolve, 5));
}

/** As long as the metadata of a preset in a real library. */
function presetOf(index) {
  return {
    name: `Preset ${index} ${['Warm', 'Glass', 'Hollow', 'Bright'][index % 4]} ${['Pad', 'Bass', 'Lead', 'Keys', 'Pluck'][index % 5]}`,
    author: `Author ${index % 120}`,
    bank: `Bank ${index % 64}`,
    category: ['Pads', 'Basses', 'Leads', 'Keys', 'Plucks', 'Effects'][index % 6],
    tags: ['warm', 'wide', `tag-${index % 40}`],
    body: `sha256-${(index * 2_654_435_761).toString(16).padStart(16, '0')}`,
  };
}

process.on('message', ({ task, ...detail }) => {
  Promise.resolve(tasks[task](detail)).then(
    (value) => process.send({ value }),
    (/** @type {unknown} */ error) => process.send({ error: error instanceof Error ? error.stack : String(error) }),
  );
});
process.on('disconnect', () => process.exit(1));
