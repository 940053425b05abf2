/** What happens in the main thread of threads.mjs. Each scene returns what it came to. */

import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { pathToFileURL } from 'node:url';

export const scenes = ({ GROUP, codeOf, has, hostWorkers, join, json, options, order, startWorker }) => ({
  /** Main and two workers, one of which another worker has started: state, documents, blobs, presence, values, topics, requests, streams, undo. */
  async sharing() {
    const endHosting = hostWorkers();
    const instance = await join(GROUP, options);
    const map = instance.doc.getMap('presets');
    instance.transact(() => map.set('from-0', 0));
    instance.handle('double-0', (value) => value * 2);
    const beats = instance.topic('beats', json()).subscribe();
    await beats.ready;
    const parent = startWorker('parent');
    const child = startWorker('sharer', { number: 2, others: [0, 1] });
    const outcomes = await Promise.all([parent.said('shared'), child.said('shared')]);
    const numbers = [await has(map, 'from-1'), await has(map, 'from-2')];
    const library = await instance.document('library');
    const bodies = [];
    for (const number of [1, 2]) bodies.push((await instance.blobs.get(await has(library.doc.getMap('bodies'), `of-${number}`)))[0]);
    const heard = [];
    for await (const { value } of beats) if (heard.push(value) === 2) break;
    const knobs = instance.ephemeral('knobs', json());
    await Promise.all([instance.presence.ready, knobs.ready]);
    const presence = instance.presence.all.size;
    const values = knobs.entries().length;
    const instances = instance.instances.length;
    const doubled = await instance.request('double-2', 4);
    const stream = await instance.openStream(outcomes[1].id, 'upper-2');
    await stream.write(new Uint8Array(300_000).fill(64));
    await stream.end();
    let echoed = 0;
    for await (const piece of stream) echoed += piece.every((byte) => byte === 65) ? piece.length : NaN;
    for (const each of [parent, child]) {
      each.tell('close');
      await each.exited;
    }
    const left = await whoIsLeft(instance);
    const undone = map.has('undone');
    await instance.close();
    endHosting();
    return {
      outcomes: outcomes.map(({ id: _, ...each }) => each),
      numbers,
      bodies,
      heard: heard.toSorted((one, other) => one - other),
      presence,
      values,
      instances,
      doubled,
      echoed,
      left,
      undone,
    };
  },

  /** Nobody hosts, and then somebody does. */
  async hosting() {
    const workers = Array.from({ length: order.workers }, () => startWorker('joiner'));
    const outcomes = await Promise.all(workers.map(({ said }) => said('outcome')));
    await Promise.all(workers.map(({ worker }) => worker.terminate()));
    const late = startWorker('joiner');
    await once(late.worker, 'online');
    // An application may use the same messages between threads for its own ends.
    process.on('workerMessage', () => undefined);
    await new Promise((resolve) => void setTimeout(resolve, 500));
    const endHosting = hostWorkers();
    const instance = await join(GROUP, options);
    const { code } = await late.said('outcome');
    await late.worker.terminate();
    await instance.close();
    endHosting();
    return { codes: outcomes.map((each) => each.code), ms: Math.max(...outcomes.map(({ ms }) => ms)), late: code };
  },

  async hostEnding() {
    const endHosting = hostWorkers();
    const again = hostWorkers();
    const instance = await join(GROUP, options);
    const { said, exited } = startWorker('guest');
    await said('joined');
    again();
    again();
    const late = startWorker('joiner');
    const { code } = await late.said('outcome');
    const endedAt = performance.now();
    endHosting();
    const ended = await said('ended');
    const isPrompt = performance.now() - endedAt < 4000;
    await late.worker.terminate();
    await exited;
    const last = await has(instance.doc.getMap('presets'), 'last');
    const left = await whoIsLeft(instance);
    await instance.close();
    return { late: code, ended, isPrompt, last, left };
  },

  /** Workers are ended in the middle of writing, joining and closing, while main and another process go on. */
  async ending() {
    const endHosting = hostWorkers();
    const instance = await join(GROUP, options);
    const map = instance.doc.getMap('presets');
    let ended = 0;
    let updates = 0;
    map.observe((event) => void (updates += event.transaction.local ? 0 : 1));
    const end = async ({ worker }, begun, turns) => {
      await begun;
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => void setImmediate(resolve));
      await worker.terminate();
      ended++;
    };
    const round = async (number) => {
      instance.transact(() => map.set('main', number));
      const [writing, beginning] = ['a', 'b'].map((letter) => startWorker('writer', { prefix: `${letter}${number % 3}` }));
      const [joining, closing] = [startWorker('joiner'), startWorker('closer')];
      await Promise.all([
        end(writing, writing.said('flushed'), number % 7),
        end(beginning, beginning.said('joined'), number % 20),
        end(joining, once(joining.worker, 'online'), (number * 29) % 300),
        end(closing, closing.said('closing'), number % 5),
      ]);
    };
    // What is made once, and stays, is not counted.
    await round(0);
    const before = await atRest(instance);
    for (let number = 1; number <= order.rounds; number++) await round(number);
    const after = await atRest(instance);
    const { term } = await instance.flush();
    const outcome = { ended, updates, before, after, term, peers: instance.peers.length, entries: entriesOf(options.directory) };
    await instance.close();
    endHosting();
    return { ...outcome, sockets: readdirSync(options.runtimeDirectory) };
  },

  /** A worker of another version, first where none of its own hosts, then where one does. */
  async versions() {
    const { Host } = await import(new URL('worker/host.js', pathToFileURL(order.build)).href);
    const { systemClock } = await import(new URL('base/clock.js', pathToFileURL(order.build)).href);
    const endHosting = hostWorkers();
    const refused = startWorker('stranger');
    const outcomes = [await refused.said('outcome')];
    const directory = options.directory;
    const host = new Host({ furnish: async () => ({ directory }), clock: systemClock, packageVersion: '9.9.9' });
    const welcome = startWorker('stranger');
    outcomes.push(await welcome.said('outcome'));
    await Promise.all([refused, welcome].map(({ exited }) => exited));
    host.end();
    endHosting();
    return outcomes.map(({ code, directory: found }) => code ?? found);
  },

  /** A worker flushes; then the process waits to be killed. */
  async flushing() {
    hostWorkers();
    await join(GROUP, options);
    const { said } = startWorker('flusher');
    const { term } = await said('flushed');
    console.log(JSON.stringify({ term }));
    setInterval(() => undefined, 1000);
    await new Promise(() => undefined);
  },

  /** A worker ends its own thread without closing, while nobody may write: what it wrote last is spilled. */
  async leaving() {
    hostWorkers();
    const instance = await join(GROUP, { ...options, storage: 'never' });
    const { said, tell, exited } = startWorker('leaver');
    await said('joined');
    tell('leave');
    await exited;
    const spills = readdirSync(joinPath(options.directory, 'spill')).length;
    const writer = await join(GROUP, { ...options, replica: 'own', storage: 'auto' });
    const left = await has(writer.doc.getMap('presets'), 'left');
    await writer.close();
    await instance.close();
    return { spills, left };
  },

  /** The main thread ends the process in the turn in which three workers have written; one of them computes, and has no further turn. */
  async exiting() {
    hostWorkers();
    await join(GROUP, { ...options, storage: 'never' });
    const written = new Int32Array(new SharedArrayBuffer(4));
    const workers = [1, 2, 3].map((number) => startWorker('exiter', { number, written, isBusy: number === 3 }));
    for (const { said } of workers) await said('joined');
    for (const { tell } of workers) tell('write');
    // No turn of this thread in between: nothing of it has come here.
    for (let count = 0; count < workers.length; count = Atomics.load(written, 0)) Atomics.wait(written, 0, count);
    console.log('{}');
    process.exit(0);
  },

  /** The main thread stands still for a second, again and again, while workers join, write and talk. */
  async standstill() {
    const endHosting = hostWorkers();
    const instance = await join(GROUP, options);
    const map = instance.doc.getMap('presets');
    instance.transact(() => map.set('from-0', 0));
    instance.handle('double-0', (value) => value * 2);
    const workers = [startWorker('sharer', { number: 1, others: [0, 2] }), startWorker('sharer', { number: 2, others: [0, 1] })];
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => void setTimeout(resolve, 60));
      for (const until = performance.now() + 1000; performance.now() < until;);
    }
    const outcomes = await Promise.all(workers.map(({ said }) => said('shared')));
    for (const { tell, exited } of workers) {
      tell('close');
      await exited;
    }
    const warnings = instance.inspect().warnings.map(({ code }) => code);
    await instance.close();
    endHosting();
    return { doubled: outcomes.map(({ doubled }) => doubled), warnings };
  },

  /** A host holds up nothing: neither alone, nor with a worker that has closed its instance. */
  async idle() {
    hostWorkers();
    const instance = await join(GROUP, options);
    instance.transact(() => instance.doc.getMap('presets').set('from-0', 0));
    instance.handle('double-0', (value) => value * 2);
    const { said, tell } = startWorker('sharer', { number: 1, others: [0] });
    await said('shared');
    tell('close');
    await said('closed');
    await instance.close();
    return {};
  },

  /** The worker's surroundings do not decide where the store is. */
  async places() {
    const endHosting = hostWorkers();
    const instance = await join(GROUP);
    instance.transact(() => instance.doc.getMap('presets').set('from-0', 0));
    instance.handle('double-0', (value) => value * 2);
    const { said, tell, exited } = startWorker('sharer', {
      number: 1,
      others: [0],
      options: undefined,
      env: { SOCOMM_DIRECTORY: '/nowhere' },
    });
    const { directory } = await said('shared');
    tell('close');
    await exited;
    const here = instance.inspect().directory;
    await instance.close();
    endHosting();
    return { here, there: directory, inMain: await codeOf(Promise.resolve().then(() => hostWorkers({ signal: AbortSignal.abort() }))) };
  },
});

/**
 * Resolves with the count of instances when only this one is left: goodbyes come by another way than the end of a thread. Not of peers: one that has closed
 * its last instance is a peer until its goodbye, of which no event tells.
 */
function whoIsLeft(instance) {
  return new Promise((resolve) => {
    const look = () => instance.instances.length === 1 && resolve(1);
    instance.on('instance-left', look);
    look();
  });
}

/** Roster files of anybody but this process's own peer. */
function entriesOf(directory) {
  const folder = joinPath(directory, 'peers');
  return existsSync(folder) ? readdirSync(folder).length : 0;
}

/** What the process holds, once nothing of any worker is on its way out any more. */
async function atRest(instance) {
  let found;
  for (let quiet = 0; quiet < 5;) {
    await new Promise((resolve) => void setTimeout(resolve, 40));
    const now = JSON.stringify({ descriptors: descriptors(), peers: instance.peers.length });
    quiet = now === found ? quiet + 1 : 0;
    found = now;
  }
  return JSON.parse(found);
}

/**
 * Open files and sockets, but for those of the database, which opens and closes them as it sees fit, and for modules: Node leaves
 * a file open that the loader of a worker was reading when it was ended.
 */
function descriptors() {
  const links = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return ''; // the one by which we look
    }
  });
  return links.filter((link) => link !== '' && !link.includes('/level/') && !/\.[cm]?js(?:on)?$/.test(link)).length;
}
