/** One of the two processes: does a task when asked, and answers with the median of its times in ms. Side `a` asks, side `b` writes and echoes. */

import { existsSync } from 'node:fs';
import { join as joinPath } from 'node:path';

import { Level } from 'level';
import { Publisher, Subscriber } from 'zeromq';

import { Y, join } from '../dist/esm/src/index.js';

const [, , , name, folder] = process.argv;
const [SEND, BACK] = name === 'a' ? ['ping', 'pong'] : ['pong', 'ping'];
const LIBRARY = 'bench.library';
const PRESETS = 2000;
const REPEATS = { 'round trip': 200, 'bare round trip': 200, flush: 50, 'bare put': 50, join: 1, 'bare load': 3 };
/** A single update of one key is about as long. */
const VALUE = new Uint8Array(40).fill(7);

export async function serve() {
  const tasks = makeTasks();
  process.on('message', (task) => {
    run(tasks, task).then(
      (ms) => process.send({ ms }),
      (/** @type {unknown} */ error) => process.send({ error: error instanceof Error ? error.stack : String(error) }),
    );
  });
}

async function run(tasks, task) {
  const times = [];
  for (let count = 0; count < (REPEATS[task] ?? 1); count++) {
    const start = performance.now();
    // A task that has to clear up says itself how long the measured part took.
    const ms = await tasks[task](count);
    times.push(ms ?? performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1];
}

function makeTasks() {
  let instance, map, database, publisher, subscriber, library, state;
  let answered = () => undefined;

  return {
    async open() {
      instance = await join('bench.round');
      map = instance.doc.getMap('bench');
      map.observe(({ keysChanged, transaction }) => {
        if (transaction.local || !keysChanged.has(BACK)) return;
        // Not within the observer: that would be a part of the transaction that brought it.
        if (name === 'b') queueMicrotask(() => map.set(SEND, map.get(BACK)));
        else answered();
      });
      await instance.flush();
      database = new Level(joinPath(folder, `level-${name}`), { valueEncoding: 'view' });
      await database.open();
      publisher = new Publisher({ linger: 0 });
      await publisher.bind(`ipc://${joinPath(folder, name)}`);
      if (name === 'b') await makeLibrary();
    },

    async meet() {
      subscriber = new Subscriber({ linger: 0 });
      subscriber.connect(`ipc://${joinPath(folder, name === 'a' ? 'b' : 'a')}`);
      subscriber.subscribe(BACK);
      void echo();
      if (name === 'a') await untilHeard();
      state = await libraryState();
    },

    'round trip': (count) => asked(() => map.set(SEND, count)),
    'bare round trip': () => asked(() => publisher.send([SEND, VALUE])),
    async flush(count) {
      map.set(`own-${name}`, count);
      await instance.flush();
    },
    'bare put': () => database.put('key', VALUE, { sync: true }),
    async join() {
      const start = performance.now();
      const joined = await join(LIBRARY);
      const ms = performance.now() - start;
      if (joined.doc.getMap('presets').size !== PRESETS) throw new Error('presets are missing');
      await joined.close();
      return ms;
    },
    'bare load': () => Y.applyUpdate(new Y.Doc(), state),
    'hold library': async () => void (library = await join(LIBRARY)),
    'leave library': () => library.close(),
    async close() {
      await instance.close();
      await database.close();
      subscriber.close();
      publisher.close();
    },
  };

  function asked(ask) {
    return new Promise((resolve) => {
      answered = () => resolve(undefined);
      void ask();
    });
  }

  async function echo() {
    for await (const [, value] of subscriber) {
      if (name === 'b') await publisher.send([SEND, value]);
      else answered();
    }
  }

  /** What is published before a subscription has arrived is lost: ask until somebody answers. */
  async function untilHeard() {
    const timer = setInterval(() => void publisher.send([SEND, VALUE]), 20);
    await new Promise((resolve) => (answered = () => resolve(undefined)));
    clearInterval(timer);
  }
}

async function makeLibrary() {
  if (existsSync(joinPath(process.env.SOCOMM_DIRECTORY, LIBRARY))) return;
  const made = await join(LIBRARY);
  const presets = made.doc.getMap('presets');
  made.transact(() => {
    for (let index = 0; index < PRESETS; index++) {
      const tags = ['warm', 'wide', `tag-${index % 40}`];
      presets.set(`preset-${index}`, { name: `Preset ${index}`, author: `Author ${index % 25}`, category: `Category ${index % 12}`, tags });
    }
  });
  await made.flush();
  await made.close();
}

async function libraryState() {
  const joined = await join(LIBRARY);
  const bytes = Y.encodeStateAsUpdate(joined.doc);
  await joined.close();
  return bytes;
}
