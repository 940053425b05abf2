// @ts-check
/**
 * One process of bench/talking.mjs. Side `talk` publishes, asks and streams; sides `listen` count, answer and read. Each does it both ways: with
 * socomm, and with bare sockets of zeromq.js that carry the same bytes gathered the same way.
 *
 * Neither way may lose anything, or its rate would mean nothing: who publishes stays at most so many messages ahead of the slowest
 * listener, who says how far it is (by the same means for both ways).
 */

import { join as joinPath } from 'node:path';

import { Dealer, Publisher, Router, Subscriber } from 'zeromq';

import { join, raw } from '../dist/esm/src/index.js';

const [, , kind, folder, at] = process.argv;
const GROUP = 'bench.talking';
const AHEAD_BYTES_MAX = 8 * 1024 * 1024;
/** Below ZeroMQ's marks, on both sides together. */
const AHEAD_FRAMES_MAX = 512;
const TOLD_EVERY_BYTES = 512 * 1024;
const TOLD_EVERY_FRAMES = 64;
const PIECE_BYTES = 256 * 1024;

const endpoint = (/** @type {string} */ name) => `ipc://${joinPath(String(folder), name)}`;
const turn = () => new Promise((resolve) => setImmediate(resolve));

const tasks = kind === 'talk' ? talkingSide() : listeningSide();
process.on('message', (/** @type {any} */ { task, options }) => {
  Promise.resolve(tasks[task]?.(options)).then(
    (figure) => process.send?.({ task, figure }),
    (/** @type {unknown} */ error) => process.send?.({ task, error: error instanceof Error ? error.stack : String(error) }),
  );
});

/** @returns {Record<string, (options: any) => unknown>} */
function talkingSide() {
  /** @type {any} */
  let instance;
  /** @type {any} */
  let topic;
  const publisher = new Publisher({ linger: 0, sendHighWaterMark: 1024 });
  const dealer = new Dealer({ linger: 0 });
  const progress = new Router({ linger: 0 });
  /** How many messages each listener has had in this task. */
  const heard = new Map();
  let told = () => {};
  /** @type {any} */
  let listener;

  void (async () => {
    for await (const [from, count] of progress) {
      heard.set(String(from), Number(count));
      told();
    }
  })();

  const slowest = (/** @type {number} */ listeners) => (heard.size < listeners ? 0 : Math.min(...heard.values()));
  async function untilHeard(/** @type {number} */ count, /** @type {number} */ listeners) {
    while (slowest(listeners) < count) await new Promise((resolve) => (told = () => resolve(undefined)));
  }

  return {
    async open() {
      await publisher.bind(endpoint('p'));
      await progress.bind(endpoint('progress'));
      instance = await join(GROUP);
      topic = instance.topic('bench', raw());
    },
    async meet({ listeners }) {
      while (instance.instances.length < listeners + 1) await turn();
      dealer.connect(endpoint('r0'));
      listener = instance.instances.find((/** @type {string} */ id) => id !== instance.id);
      for (const id of instance.instances)
        if (id !== instance.id && (await instance.request('place', null, { to: id })) === 0) listener = id;
    },
    async publish({ bytes, burst, count, listeners, way }) {
      heard.clear();
      const value = new Uint8Array(bytes).fill(7);
      const aheadMax = Math.min(Math.floor(AHEAD_BYTES_MAX / bytes), AHEAD_FRAMES_MAX * burst);
      const gathered = new Uint8Array(burst * (bytes + 2));
      const start = performance.now();
      for (let sent = 0; sent < count; sent += burst) {
        if (way === 'ours') {
          for (let each = 0; each < burst; each++) topic.publish(value);
        } else {
          // What gathering takes: each with its length, into one message.
          const message = new Uint8Array(gathered.length);
          for (let each = 0, pos = 0; each < burst; each++, pos += bytes + 2) {
            message[pos] = bytes & 255;
            message[pos + 1] = bytes >> 8;
            message.set(value, pos + 2);
          }
          await publisher.send(['t', message]);
        }
        await turn();
        if (sent - slowest(listeners) > aheadMax) await untilHeard(sent - aheadMax, listeners);
      }
      await untilHeard(count, listeners);
      return count / ((performance.now() - start) / 1000);
    },
    async request({ bytes, count, way }) {
      const value = new Uint8Array(bytes).fill(7);
      const times = [];
      for (let each = 0; each < count; each++) {
        const start = performance.now();
        if (way === 'ours') await instance.request('echo', value, { to: listener, codec: raw() });
        else {
          await dealer.send(value);
          await dealer.receive();
        }
        times.push(performance.now() - start);
      }
      return (times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN) * 1000;
    },
    async stream({ megabytes, way }) {
      const piece = new Uint8Array(PIECE_BYTES).fill(7);
      const pieces = (megabytes * 1024 * 1024) / PIECE_BYTES;
      const start = performance.now();
      if (way === 'ours') {
        const stream = await instance.openStream(listener, 'sink');
        for (let each = 0; each < pieces; each++) await stream.write(piece);
        await stream.end();
        for await (const end of stream) void end;
      } else {
        for (let each = 0; each < pieces; each++) await dealer.send(piece);
        await dealer.receive();
      }
      return (pieces * PIECE_BYTES) / 1_000_000 / ((performance.now() - start) / 1000);
    },
    async close() {
      await instance.close();
      for (const socket of [publisher, dealer, progress]) socket.close();
    },
  };
}

/** @returns {Record<string, (options: any) => unknown>} */
function listeningSide() {
  /** @type {any} */
  let instance;
  const subscriber = new Subscriber({ linger: 0, receiveHighWaterMark: 1024 });
  const progress = new Dealer({ linger: 0, routingId: `listener-${at}` });
  const router = at === '0' ? new Router({ linger: 0 }) : undefined;
  let task = { bytes: 0, burst: 1, count: 0, way: '', task: '', isMeant: false, megabytes: 0 };
  let [messages, toldAt] = [0, 0];
  /** @type {(() => void) | undefined} */
  let stop;
  /** @type {Promise<unknown>} */
  let sending = Promise.resolve();

  function count(/** @type {number} */ more) {
    messages += more;
    const since = messages - toldAt;
    if (messages < task.count && since * task.bytes < TOLD_EVERY_BYTES && since < TOLD_EVERY_FRAMES * task.burst) return;
    toldAt = messages;
    const text = String(messages);
    sending = sending.then(() => progress.send(text));
  }

  void (async () => {
    for await (const [, message] of subscriber) {
      let each = 0;
      for (let pos = 0; pos < (message?.length ?? 0); pos += task.bytes + 2) {
        if (message?.subarray(pos + 2, pos + 2 + task.bytes).length === task.bytes) each++;
      }
      count(each);
    }
  })();

  return {
    async open() {
      await router?.bind(endpoint(`r${at}`));
      void serveBare();
      instance = await join(GROUP);
      instance.handle('place', () => Number(at));
      instance.handle('echo', (/** @type {Uint8Array} */ value) => value, { codec: raw() });
      instance.onStream('sink', async (/** @type {any} */ stream) => {
        for await (const chunk of stream) void chunk.length;
        await stream.end();
      });
    },
    connect() {
      subscriber.connect(endpoint('p'));
      progress.connect(endpoint('progress'));
    },
    async hear(/** @type {typeof task} */ next) {
      stop?.();
      stop = undefined;
      subscriber.unsubscribe('t');
      task = next;
      [messages, toldAt] = [0, 0];
      if (!task.isMeant || task.task !== 'publish') return;
      if (task.way === 'bare') {
        subscriber.subscribe('t');
        // Nothing says when it has arrived.
        await new Promise((resolve) => setTimeout(resolve, 100));
        return;
      }
      const onMissed = (/** @type {any} */ { count: lost }) => {
        console.error(`${lost} messages were lost: the rate means nothing`);
        count(lost);
      };
      stop = instance.topic('bench', raw()).subscribe(() => count(1), { onMissed });
      const confirmed = instance.topic('bench', raw()).subscribe();
      await confirmed.ready;
      confirmed.end();
    },
    async close() {
      await instance.close();
      for (const socket of [subscriber, progress, router]) socket?.close();
    },
  };

  async function serveBare() {
    if (router === undefined) return;
    let bytes = 0;
    for await (const [from, value] of router) {
      if (value === undefined) continue;
      if (value.length < PIECE_BYTES) await router.send([from ?? '', value]);
      else if ((bytes += value.length) >= task.megabytes * 1024 * 1024) {
        bytes = 0;
        await router.send([from ?? '', 'done']);
      }
    }
  }
}
