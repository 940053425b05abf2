/**
 * `node bench/documents.mjs [count]`: a group of many documents. What opening one costs in it, at the writer and at a follower, beside the
 * same in a group of sixteen; what the list costs, what memory the writer and the follower have, and what one look for the names of blobs
 * reads. Two processes over real sockets and a real disk. Figures: bench/README.md.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const FEW = 16;
const MANY = 10_000;
const OPENED = 40;
const AT_ONCE = 100;
const GROUP = 'com.acme.synth';
const DIST = join(import.meta.dirname, '../dist/esm');

const nameOf = (index) => `song ${index}`;

if (process.argv[2] === 'side') await serve();
else await compare(Number(process.argv[2] ?? MANY));

async function compare(many) {
  const rows = [];
  for (const count of [FEW, many]) rows.push({ documents: count, ...(await measure(count)) });
  console.table(rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, Math.round(value * 100) / 100]))));
}

async function measure(count) {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-documents-'));
  const start = () => fork(import.meta.filename, ['side', folder], { execArgv: ['--expose-gc'] });
  const sides = [];
  const open = async () => {
    const side = start();
    sides.push(side);
    await ask(side, 'join');
    return side;
  };
  try {
    const maker = await open();
    const madeMs = await ask(maker, 'make', { count });
    await ask(maker, 'leave');
    const [writer, follower] = [await open(), await open()];
    const writerMiB = await ask(writer, 'memory');
    const followerMiB = await ask(follower, 'memory');
    const openedByWriterMs = await ask(writer, 'open', { count });
    const openedByFollowerMs = await ask(follower, 'open', { count });
    const listMs = await ask(follower, 'list', { count });
    const listAgainMs = await ask(follower, 'list', { count });
    const namesMs = await ask(writer, 'names');
    const namesAgainMs = await ask(writer, 'names');
    const grown = { writerAfterMiB: await ask(writer, 'memory'), followerAfterMiB: await ask(follower, 'memory') };
    return { madeMs, openedByWriterMs, openedByFollowerMs, listMs, listAgainMs, namesMs, namesAgainMs, writerMiB, followerMiB, ...grown };
  } finally {
    for (const side of sides) side.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(side, method, parameters = {}) {
  side.send({ method, parameters });
  const [{ value, error }] = await Promise.race([once(side, 'message'), once(side, 'exit').then(() => [{ error: 'it ended' }])]);
  if (error !== undefined) throw new Error(`${method}: ${error}`);
  return value;
}

async function serve() {
  const inside = (path) => import(pathToFileURL(join(DIST, path)).href);
  const { join: enter } = await inside('src/join.js');
  const { Peer } = await inside('src/peer.js');
  const { open: openPeer } = Peer.prototype;
  const peers = [];
  Peer.prototype.open = function open() {
    peers.push(this);
    return openPeer.call(this);
  };
  const folder = process.argv[3];
  let instance;
  let names;
  const median = (values) => values.toSorted((one, other) => one - other)[values.length >> 1];
  const commands = {
    async join() {
      instance = await enter(GROUP, { directory: join(folder, 's'), runtimeDirectory: join(folder, 'r') });
    },
    async make({ count }) {
      const startedAt = performance.now();
      for (let from = 0; from < count; from += AT_ONCE) {
        const documents = await Promise.all(
          Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => instance.document(nameOf(from + index))),
        );
        for (const document of documents) document.transact(() => void document.doc.getMap('song').set('title', 'x'.repeat(200)));
        await instance.flush();
        await Promise.all(documents.map((document) => document.close()));
      }
      return performance.now() - startedAt;
    },
    /** Each one that nobody has open, its content read. */
    async open({ count }) {
      const times = [];
      for (let at = 0; at < OPENED; at++) {
        const name = nameOf(Math.floor((at * count) / OPENED));
        const startedAt = performance.now();
        const document = await instance.document(name);
        times.push(performance.now() - startedAt);
        if (document.doc.getMap('song').size !== 1) throw new Error(`${name} is empty`);
        await document.close();
      }
      return median(times);
    },
    async list({ count }) {
      const startedAt = performance.now();
      const { length } = await instance.documents();
      if (length !== count) throw new Error(`${length} documents are listed`);
      return performance.now() - startedAt;
    },
    /** What the collection does each hour. */
    async names() {
      const [{ StoreNames }, { ReferenceScan }] = [await inside('src/blobs/name-sources.js'), await inside('src/blobs/reference-scan.js')];
      names ??= new StoreNames({ store: peers.at(-1).options.store, blobs: { aside: async function* () {} }, replicas: new Map() });
      const startedAt = performance.now();
      await names.readAll(new ReferenceScan(new Set(['0'.repeat(64)])));
      return performance.now() - startedAt;
    },
    memory: () => {
      globalThis.gc();
      return process.memoryUsage().heapUsed / 2 ** 20;
    },
    leave: () => instance.close(),
  };
  const carryOut = async ({ method, parameters }) => {
    try {
      process.send({ value: (await commands[method](parameters)) ?? 0 });
    } catch (error) {
      process.send({ error: String(error?.stack ?? error) });
    }
  };
  process.on('message', (order) => void carryOut(order));
}
