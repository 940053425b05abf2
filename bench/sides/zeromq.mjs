/**
 * The limit below ours: bare sockets of zeromq.js that carry the updates of a Y.Map, made before, each applied by `Y.applyUpdate`. No numbers,
 * checksums, gathering or disk. And for `flush()`: the round trip of a request whose answer waits for one synced put.
 */

import { join as joinPath } from 'node:path';

import { Level } from 'level';
import * as Y from 'yjs';
import { Dealer, Publisher, Router, Subscriber } from 'zeromq';

import { pause, serve, turn } from '../harness/serve.mjs';

const UPDATE = new Uint8Array(40).fill(7);
const D = 'd'.codePointAt(0);

const doc = new Y.Doc();
const updates = [];
let publisher, subscriber, dealer, router, database;
let answered = () => undefined;
let stopLoad = () => undefined;

serve({
  /** `count`: how many updates this one can send before it repeats itself. */
  async open({ folder, name, count }) {
    publisher = new Publisher({ linger: 0 });
    await publisher.bind(endpoint(folder, name));
    const source = new Y.Doc();
    const map = source.getMap('bench');
    source.on('update', (update) => updates.push(update));
    for (let each = 0; each < count; each++) map.set('key', each);
  },

  async connect({ folder, others, role }) {
    subscriber = new Subscriber({ linger: 0 });
    for (const other of others) subscriber.connect(endpoint(folder, other));
    subscriber.subscribe('d', 'l');
    void receive(role);
    // Nothing says when the subscription has arrived.
    await pause(100);
  },

  async ping({ count, from }) {
    const times = new Float64Array(count);
    for (let each = 0; each < count; each++) {
      const startedAt = performance.now();
      await new Promise((resolve) => {
        answered = resolve;
        void publisher.send(['d', updates[from + each]]);
      });
      times[each] = performance.now() - startedAt;
      await turn();
    }
    return times;
  },

  load_begin({ perSecond }) {
    let sent = 0;
    const sendSome = async () => {
      for (let each = 0; each < perSecond / 100; each++) await publisher.send(['l', updates[sent++]]);
    };
    const timer = setInterval(() => void sendSome(), 10);
    stopLoad = () => clearInterval(timer);
  },
  load_end: () => stopLoad(),

  async serve_puts({ folder }) {
    database = new Level(joinPath(folder, 'level'), { valueEncoding: 'view' });
    await database.open();
    router = new Router({ linger: 0 });
    await router.bind(endpoint(folder, 'puts'));
    void answerPuts();
  },
  ask_puts({ folder }) {
    dealer = new Dealer({ linger: 0 });
    dealer.connect(endpoint(folder, 'puts'));
  },
  async put({ count }) {
    const times = new Float64Array(count);
    for (let each = 0; each < count; each++) {
      const startedAt = performance.now();
      await dealer.send(UPDATE);
      await dealer.receive();
      times[each] = performance.now() - startedAt;
      await turn();
    }
    return times;
  },

  /** Milliseconds of synced batches of so many records of 40 bytes each, one after the other: what durable writing can be at best. */
  async batches({ batches, records }) {
    const startedAt = performance.now();
    for (let batch = 0; batch < batches; batch++) {
      const operations = Array.from({ length: records }, (_, at) => ({ type: 'put', key: `r-${batch * records + at}`, value: UPDATE }));
      await database.batch(operations, { sync: true });
    }
    return performance.now() - startedAt;
  },

  async close() {
    for (const socket of [publisher, subscriber, dealer, router]) socket?.close();
    await database?.close();
  },
});

/** The one who asks waits for an answer; the one who answers sends an update of its own; under load both apply what the third one sends. */
async function receive(role) {
  let sent = 0;
  for await (const [topic, update] of subscriber) {
    Y.applyUpdate(doc, update);
    // Of 'l', the load.
    if (topic[0] !== D) continue;
    if (role === 'echo') await publisher.send(['d', updates[sent++]]);
    else answered();
  }
}

async function answerPuts() {
  for await (const [from, update] of router) {
    await database.put('key', update, { sync: true });
    await router.send([from, 'done']);
  }
}

function endpoint(folder, name) {
  return `ipc://${joinPath(folder, name)}`;
}
