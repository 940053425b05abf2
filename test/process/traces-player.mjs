/**
 * A process that replays one agent of an editing trace: it joins over ZeroMQ, and writes the agent's next transaction as soon as
 * its replica holds all that the transaction builds on, which can have come from nowhere but the other processes. It remembers
 * nothing: after a kill it goes on from what its replica has.
 *
 * Its transport is the real one with a cut in between: frames of and to peers that it is told to cut off are dropped.
 * The channel: { id, method, parameters } → { id, value } or { id, error }; besides { heard: 'flushed', flushed }.
 */

import { readFileSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

const FLUSH_EVERY = 500;
const PER_TURN = 20;

const state = { next: 0, limit: 0, isPumping: false, dropped: 0 };
const cut = new Set();
let instance, Y, script;

const tell = (message) => process.connected && process.send(message, () => undefined);
const turn = () => new Promise((resolve) => void setImmediate(resolve));
const clockOf = (client) => Y.getState(instance.doc.store, client);
const holds = ({ needs }) => needs.every(([client, clock]) => clockOf(client) >= clock);

/** Writes what may be written, and lets the loop turn so that others' changes come in between. */
async function pump() {
  if (state.isPumping || instance === undefined) return;
  state.isPumping = true;
  try {
    for (let next = script.transactions[state.next]; state.next < state.limit && holds(next); next = script.transactions[state.next]) {
      const update = Buffer.from(next.update, 'base64');
      instance.transact(() => Y.applyUpdate(instance.doc, update));
      state.next++;
      if (state.next % FLUSH_EVERY === 0) void flush();
      if (state.next % PER_TURN === 0) await turn();
      if (next.endsAt !== clockOf(script.client)) throw new Error(`transaction ${state.next} did not become part of the replica`);
    }
  } finally {
    state.isPumping = false;
  }
}

async function flush() {
  const flushed = state.next;
  try {
    await instance.flush();
    tell({ heard: 'flushed', flushed });
  } catch (error) {
    if (error.code !== 'SOCOMM_CLOSED') throw error; // the end of the test
  }
}

const commands = {
  async join({ build, group, options, scriptFile }) {
    const index = await import(pathToFileURL(build).href);
    Y = index.Y;
    script = scriptFile === undefined ? { client: 0, transactions: [] } : JSON.parse(readFileSync(scriptFile, 'utf8'));
    instance = await index.join(group, { ...options, transport: await cutTransport(dirname(build), options.runtimeDirectory) });
    const has = clockOf(script.client);
    state.next = script.transactions.filter(({ endsAt }) => endsAt <= has).length;
    // Not within the transaction that brought it.
    instance.doc.on('update', () => void Promise.resolve().then(pump));
    return { peer: instance.inspect().peer, next: state.next };
  },
  /** Goes on, up to so many transactions of its own. */
  play: ({ limit }) => {
    state.limit = Math.min(limit ?? Infinity, script.transactions.length);
    void pump();
  },
  progress: () => ({ next: state.next, dropped: state.dropped, digest: instance.inspect().documents[0].digest }),
  text: () => instance.doc.getText('text').toString(),
  warnings: () => instance.inspect().warnings.map(({ code }) => code),
  flush: () => instance.flush(),
  cut: ({ peers }) => void peers.forEach((peer) => cut.add(peer)),
  heal: () => cut.clear(),
  close: () => instance.close(),
};

/** Where a frame names its sender: after magic, version and kind. */
const senderOf = (frame) => Buffer.from(frame.buffer, frame.byteOffset + 4, 8).toString('hex');

async function cutTransport(src, runtimeDirectory) {
  const load = (path) => import(pathToFileURL(join(src, path)).href);
  const { ZeromqTransport } = await load('../sync/zeromq-transport.js');
  const { ensureRuntimeDirectory } = await load('../sync/discovery/runtime-directory.js');
  const [{ systemClock: clock }, { systemRandom: random }] = await Promise.all([load('base/clock.js'), load('base/random.js')]);
  ensureRuntimeDirectory(runtimeDirectory);
  return cutting(new ZeromqTransport({ runtimeDirectory, random, clock }));
}

/** Passes everything on, but what travels between us and whom we are cut off from. Both sides of a cut must be told. */
function cutting(inner) {
  return {
    traffic: inner.traffic,
    open: (id, listener) =>
      inner.open(id, {
        published: (frame, key, body) => isThrough(senderOf(frame)) && listener.published(frame, key, body),
        requested: (from, frame) => isThrough(from) && listener.requested(from, frame),
        responded: (from, frame) => isThrough(from) && listener.responded(from, frame),
        posted: (from, frame, body) => isThrough(from) && listener.posted(from, frame, body),
        subscribed: (key) => listener.subscribed(key),
        disconnected: (peer) => listener.disconnected(peer),
        dropped: (reason, detail) => listener.dropped(reason, detail),
      }),
    request: (peer, frame) => isThrough(peer) && inner.request(peer, frame),
    respond: (peer, frame) => isThrough(peer) && inner.respond(peer, frame),
    connect: (address) => inner.connect(address),
    canReach: (address) => inner.canReach(address),
    disconnect: (peer) => inner.disconnect(peer),
    subscribe: (key) => inner.subscribe(key),
    unsubscribe: (key) => inner.unsubscribe(key),
    publish: (key, frame, body) => inner.publish(key, frame, body),
    post: async (peer, frame, body) => isThrough(peer) && inner.post(peer, frame, body),
    close: () => inner.close(),
  };
}

function isThrough(peer) {
  if (!cut.has(peer)) return true;
  state.dropped++;
  return false;
}

async function answer({ id, method, parameters }) {
  try {
    tell({ id, value: await commands[method](parameters) });
  } catch (error) {
    tell({ id, error: { code: error.code, message: error.stack } });
  }
}

process.on('message', (request) => void answer(request));
// The parent is gone, and nobody else would end us.
process.on('disconnect', () => process.exit(instance === undefined || instance.status === 'closed' ? 0 : 1));
