/**
 * A process that takes part in groups: it loads builds of the package by path, joins with them as its parent says, and
 * reports what its instances hear. Plain JavaScript over the IPC channel: { id, method, parameters } → { id, value } or
 * { id, error }; what is heard comes as { heard, as, detail }. It holds nothing but its instances: when they are closed
 * and the channel is, it must end by itself.
 */

import { appendFileSync, copyFileSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { contentOf, hashOf, inPieces } from '../faults/blob-content.mjs';

const require = createRequire(import.meta.url);
const EVENTS = ['instance-joined', 'instance-left', 'writer-changed', 'stalled', 'recovered', 'warning', 'closed'];
const instances = new Map();
/** By instance and name. */
const documents = new Map();

const load = (path) => (path.includes('/cjs/') ? require(path) : import(pathToFileURL(path).href));
const documentOf = (as, name) => documents.get(`${as} ${name}`);
const presetsOf = (instance) => instance.doc.getMap('presets');
const tell = (message) => process.connected && process.send(message, () => undefined);

const commands = {
  async join({ as, build, group, options, journal }) {
    const { join } = await load(build);
    const instance = await join(group, options);
    instances.set(as, instance);
    for (const heard of EVENTS) instance.on(heard, (detail) => tell({ heard, as, detail }));
    if (journal !== undefined) keepJournal(instance, journal);
    presetsOf(instance).observe(({ keysChanged, transaction }) => {
      if (!transaction.local) tell({ heard: 'observed', as, detail: { keys: [...keysChanged].slice(0, 8) } });
    });
    return { id: instance.id, peer: instance.inspect().peer };
  },
  /** For all that would not survive the way as JSON: how a join fails. */
  async failToJoin({ build, group, options }) {
    const { join } = await load(build);
    const instance = await join(group, options);
    await instance.close();
    return 'joined';
  },
  set: (instance, { key, value }) => void instance.transact(() => presetsOf(instance).set(key, value)),
  remove: (instance, { key }) => void instance.transact(() => presetsOf(instance).delete(key)),
  get: (instance, { key }) => presetsOf(instance).get(key),
  size: (instance) => presetsOf(instance).size,
  content: (instance) => presetsOf(instance).toJSON(),
  /** Lets the loop turn after every `perTurn` values, so that others' changes come in between. */
  async burst(instance, { prefix, count, bytes = 0, perTurn = 50 }) {
    for (let index = 0; index < count; index++) {
      const value = bytes === 0 ? index : { index, body: String.fromCodePoint(97 + (index % 26)).repeat(bytes) };
      instance.transact(() => presetsOf(instance).set(`${prefix}-${index}`, value));
      if (index % perTurn === perTurn - 1) await new Promise((resolve) => void setImmediate(resolve));
    }
  },
  /** Overwrites one value as fast as the loop allows. */
  async load(instance, { ms, bytes }) {
    const endsAt = performance.now() + ms;
    let count = 0;
    while (performance.now() < endsAt) {
      for (let inTurn = 0; inTurn < 100; inTurn++) {
        const value = bytes === 0 ? count : String(count).padEnd(bytes, '.');
        instance.transact(() => presetsOf(instance).set('load', value));
        count++;
      }
      await new Promise((resolve) => void setImmediate(resolve));
    }
    return count;
  },
  /** Holds the loop, as a computation of the application would. */
  block(instance, { ms }) {
    const endsAt = performance.now() + ms;
    while (performance.now() < endsAt);
  },
  setBig: (instance, { key, bytes }) => void instance.transact(() => presetsOf(instance).set(key, 'b'.repeat(bytes))),
  lengthOf: (instance, { key }) => presetsOf(instance).get(key)?.length ?? 0,
  digest: (instance) => instance.inspect().documents[0].digest,
  checkpoints: async (instance) => (await instance.checkpoints()).map(({ name }) => name),
  putBlob: (instance, { name, bytes, isStream = false }) =>
    instance.blobs.put(isStream ? inPieces(contentOf(name, bytes)) : contentOf(name, bytes)),
  /** The hash of what is there, or the code that says why there is nothing. */
  readBlob: async (instance, { hash }) => instance.blobs.get(hash).then(hashOf, ({ code }) => code),
  inspect: (instance) => instance.inspect(),
  role: (instance) => instance.role,
  status: (instance) => instance.status,
  flush: (instance, options) => instance.flush(options),
  synced: async (instance) => {
    await instance.synced();
    return true;
  },
  throwWhenObserving: (instance) => {
    presetsOf(instance).observe(() => {
      throw new Error('the observer of an application');
    });
  },
  present: (instance, { state }) => instance.presence.set(state),
  presences: (instance) => Object.fromEntries(instance.presence.all),
  watchPresence: (instance, { as }) => void instance.presence.subscribe((detail) => tell({ heard: 'presence', as, detail })),
  /** Of the document's map `map`; `name` is the document's. */
  async openDocument(instance, { as, name, options }) {
    const document = await instance.document(name, options);
    documents.set(`${as} ${name}`, document);
    document.on('deleted', () => tell({ heard: 'deleted', as, detail: { name } }));
  },
  setIn: (_, { as, name, key, value }) => {
    const document = documentOf(as, name);
    document.transact(() => void document.doc.getMap('map').set(key, value));
  },
  /** Holds the loop until the file is there, and writes in that very turn: before it can hear of anything. */
  setOnceThereIs(_, { as, name, key, value, path }) {
    tell({ heard: 'holding the loop', as, detail: {} });
    while (!existsSync(path));
    commands.setIn(_, { as, name, key, value });
  },
  contentOf: (_, { as, name }) => documentOf(as, name).doc.getMap('map').toJSON(),
  statusOf: (_, { as, name }) => documentOf(as, name).status,
  flushDocument: (_, { as, name }) => documentOf(as, name).flush(),
  closeDocument: (_, { as, name }) => documentOf(as, name).close(),
  deleteDocument: (instance, { name }) => instance.deleteDocument(name),
  documents: (instance) => instance.documents(),
  close: (instance) => instance.close(),
  /** Everybody at once, and each of them twice. */
  async closeAll() {
    await Promise.all([...instances.values()].flatMap((instance) => [instance.close(), instance.close()]));
    instances.clear();
  },
  joinWhileClosing: async (instance, { next }) => {
    const closing = instance.close();
    const joined = commands.join(next);
    await closing;
    return joined;
  },
  /** Sets a value in each of the first turns of a takeover, then closes: in the very midst of it. */
  async closeInTakeover(instance, { turns }) {
    const turn = () => new Promise((resolve) => void setImmediate(resolve));
    while (instance.inspect().election === 'following') await turn();
    for (let count = 0; count < turns; count++) {
      instance.transact(() => presetsOf(instance).set(`turn-${count}`, count));
      await turn();
    }
    await instance.close();
  },
  /** As a backup program in the very process would: closing any descriptor of LevelDB's LOCK drops its lock. */
  readAndCopy({ path, to }) {
    readFileSync(path);
    copyFileSync(path, to);
  },
  /** A change, and the end of the process in the same turn: by a call, or by an exception. */
  setAndEnd(instance, { key, value, how }) {
    presetsOf(instance).set(key, value);
    if (how === 'exit') process.exit(0);
    queueMicrotask(() => {
      throw new Error('an application that fails');
    });
  },
  leaveChannel: () => void setImmediate(() => process.disconnect()),
};

/** One line at each beginning of an office, appended by the kernel in one piece: begun after all that stands above it. */
function keepJournal(instance, path) {
  const journal = openSync(path, 'a');
  const peer = instance.inspect().peer;
  const note = ({ writer }) => {
    if (writer?.id !== peer) return;
    appendFileSync(journal, `${JSON.stringify({ peer, pid: process.pid, term: writer.term, atNs: String(process.hrtime.bigint()) })}\n`);
  };
  instance.on('writer-changed', note);
  note({ writer: instance.writer });
}

const ofProcess = new Set(['join', 'failToJoin', 'closeAll', 'readAndCopy', 'leaveChannel']);

async function obey({ method, parameters }) {
  if (ofProcess.has(method)) return commands[method](parameters);
  const instance = instances.get(parameters.as);
  if (instance === undefined) throw new Error(`nobody here is called ${parameters.as}`);
  return commands[method](instance, parameters);
}

async function answer({ id, method, parameters }) {
  try {
    tell({ id, value: await obey({ method, parameters }) });
  } catch (error) {
    const { name, code, message, stack } = error;
    tell({ id, error: { name, code, message, stack } });
  }
}

process.on('message', (request) => void answer(request));
// The parent is gone, and nobody else would end us.
process.on('disconnect', () => {
  if ([...instances.values()].some(({ status }) => status !== 'closed')) process.exit(1);
});
tell({ heard: 'started' });
