/**
 * A process with worker threads, and as each of its workers the same file. What happens in it is a scene, by name; what is said
 * in the last line of its output is what the scene came to. Every worker does what its part says.
 */

import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';

const order = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const { build, workerBuild = build, options, part } = order;
const socomm = await import(pathToFileURL(isMainThread ? build : workerBuild).href);
const { hostWorkers, join, json } = socomm;
const GROUP = 'com.acme.synth';

/** A worker with a part; what it says comes out of `said(kind)`. */
function startWorker(name, more = {}) {
  const { env, ...data } = more;
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...order, part: name, ...data }, ...(env && { env }) });
  const heard = [];
  const waiting = new Set();
  worker.on('message', (message) => {
    heard.push(message);
    for (const look of waiting) look();
  });
  worker.on('error', (error) => heard.push({ kind: 'error', error: String(error) }));
  const said = (kind) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const at = heard.findIndex((message) => message.kind === kind || message.kind === 'error');
        if (at < 0) return;
        waiting.delete(look);
        const [message] = heard.splice(at, 1);
        if (message.kind === 'error') reject(new Error(message.error));
        else resolve(message);
      };
      waiting.add(look);
      look();
    });
  const tell = (kind) => {
    const message = { kind };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
    worker.postMessage(message);
  };
  return { worker, said, tell, exited: once(worker, 'exit') };
}

const say = (kind, more) => {
  const message = { kind, ...more };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
  parentPort.postMessage(message);
};
const told = async (kind) => {
  for (;;) {
    const [message] = await once(parentPort, 'message');
    if (message.kind === kind) return message;
  }
};
const codeOf = (promise) =>
  promise.then(
    () => 'none',
    (error) => error.code ?? String(error),
  );

/** Resolves when `map` has `key`. */
const has = (map, key) =>
  new Promise((resolve) => {
    const look = () => {
      if (!map.has(key)) return;
      map.unobserve(look);
      resolve(map.get(key));
    };
    map.observe(look);
    look();
  });

/**
 * Who has no time to say what it handles is taken for one that handles nothing: while the main thread stands still, that is everybody. Each
 * request waits by itself for everybody's word, so nothing is to be awaited in between.
 */
async function askedOf(instance, name, value) {
  for (;;) {
    try {
      return await instance.request(name, value);
    } catch (error) {
      if (error.code !== 'SOCOMM_NO_HANDLER') throw error;
    }
  }
}

const parts = {
  /** Shares state and talks; says how it went, closes, and ends by itself. */
  async sharer({ number, others }) {
    // The addons stay out of here.
    process.dlopen = () => {
      throw new Error('an addon was loaded in a worker');
    };
    const instance = await join(GROUP, options);
    const map = instance.doc.getMap('presets');
    instance.presence.set({ thread: number });
    instance.ephemeral('knobs', json()).set(`cutoff-${number}`, 0.5);
    instance.handle(`double-${number}`, (value) => value * 2);
    instance.onStream(`upper-${number}`, async (stream) => {
      for await (const piece of stream) await stream.write(piece.map((byte) => byte + 1));
      await stream.end();
    });
    instance.transact(() => map.set(`from-${number}`, number));
    for (const other of others) await has(map, `from-${other}`);
    const doubled = await askedOf(instance, `double-${others.at(-1)}`, 21);
    const undo = instance.undo([map]);
    instance.transact(() => map.set('undone', number));
    undo.undo();
    instance.topic('beats', json()).publish(number);
    const library = await instance.document('library');
    const body = await instance.blobs.put(new Uint8Array(300).fill(number));
    library.transact(() => library.doc.getMap('bodies').set(`of-${number}`, body));
    await library.flush();
    await library.close();
    const { term } = await instance.flush();
    say('shared', { id: instance.id, doubled, term, role: instance.role, directory: instance.inspect().directory });
    await told('close');
    await instance.close();
    say('closed');
    parentPort.close();
  },

  /** Says how joining went, and stays. */
  async joiner() {
    const startedAt = performance.now();
    const code = await join(GROUP, options).then(
      (instance) => `joined as ${instance.role}`,
      (error) => error.code ?? String(error),
    );
    say('outcome', { code, ms: performance.now() - startedAt });
    setInterval(() => undefined, 1000);
  },

  /** Writes all the time, and flushes now and then. */
  async writer({ prefix }) {
    const instance = await join(GROUP, options);
    const map = instance.doc.getMap('presets');
    say('joined');
    for (let count = 0; ; count++) {
      instance.transact(() => map.set(`${prefix}-${count % 100}`, { count, text: '.'.repeat(count % 500) }));
      if (count % 50 === 0) void instance.flush().then(() => say('flushed'));
      if (count % 4 === 0) await new Promise((resolve) => void setImmediate(resolve));
    }
  },

  async closer() {
    const instance = await join(GROUP, options);
    instance.transact(() => instance.doc.getMap('presets').set('closer', true));
    say('closing');
    await instance.close();
    setInterval(() => undefined, 1000);
  },

  /** Asks for a host of a version that nobody has. */
  async stranger() {
    const { knock } = await import(new URL('worker/knock.js', pathToFileURL(build)).href);
    const { systemClock } = await import(new URL('base/clock.js', pathToFileURL(build)).href);
    try {
      const line = await knock({ order: { group: GROUP }, clock: systemClock, packageVersion: '9.9.9' });
      say('outcome', { directory: line.directory });
      line.close();
    } catch (error) {
      say('outcome', { code: error.code });
    }
    parentPort.close();
  },

  async flusher() {
    const instance = await join(GROUP, options);
    instance.transact(() => instance.doc.getMap('presets').set('kept', 'by a worker'));
    const { term } = await instance.flush();
    say('flushed', { term });
  },

  /** Is there until its host ends. */
  async guest() {
    const instance = await join(GROUP, options);
    const closed = new Promise((resolve) => void instance.on('closed', resolve));
    instance.transact(() => instance.doc.getMap('presets').set('last', 'words'));
    say('joined', { id: instance.id });
    await closed;
    say('ended', { status: instance.status, flush: await codeOf(instance.flush()), join: await codeOf(join(GROUP, options)) });
    parentPort.close();
  },

  /** Ends its thread without closing, in the turn in which it wrote. */
  async leaver() {
    const instance = await join(GROUP, options);
    say('joined');
    await told('leave');
    instance.transact(() => instance.doc.getMap('presets').set('left', 'behind'));
    process.exit();
  },

  async exiter() {
    const { number, written, ...how } = workerData;
    const instance = await join(GROUP, options);
    say('joined');
    await told('write');
    instance.transact(() => instance.doc.getMap('presets').set(`by-${number}`, number));
    Atomics.add(written, 0, 1);
    Atomics.notify(written, 0);
    while (how.isBusy);
  },

  /** A worker with a worker. */
  async parent() {
    const { said, tell, exited } = startWorker('sharer', { number: 1, others: [0] });
    say('shared', await said('shared'));
    await told('close');
    tell('close');
    await exited;
    parentPort.close();
  },
};

const scenes = (await import('./scenes.mjs')).scenes({ GROUP, codeOf, has, hostWorkers, join, json, options, order, startWorker });

if (isMainThread) console.log(JSON.stringify(await scenes[order.scene]()));
else await parts[part](workerData);
