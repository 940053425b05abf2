/**
 * A process with worker threads, and as each of its workers the same file: some try to join, others change a document of
 * their own and send its updates through a port. The main thread, the only one that has joined, ends them in the middle of
 * it, round after round. The last line of the output says what it came to.
 */

import { once } from 'node:events';
import { Worker, isMainThread, parentPort as port, workerData } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';

const { build, directory, runtimeDirectory, rounds } = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const { join, Y } = await import(pathToFileURL(build).href);
const options = { directory, runtimeDirectory };
const WRITERS = 2;
const JOINERS = 2;

if (isMainThread) await host();
else if (workerData.mayWrite) write(workerData.prefix);
else await tryToJoin();

async function host() {
  const instance = await join('com.acme.synth', options);
  const presets = instance.doc.getMap('presets');
  const refusals = {};
  let taken = 0;
  const start = (mayWrite, prefix) =>
    new Worker(new URL(import.meta.url), { workerData: { build, directory, runtimeDirectory, mayWrite, prefix } });
  // Nobody hosts: they learn it after a moment, while others write.
  const joiners = Array.from({ length: JOINERS * rounds }, () => start(false));
  const refused = joiners.map(async (worker) => {
    const [{ code }] = await once(worker, 'message');
    refusals[code] = (refusals[code] ?? 0) + 1;
    await worker.terminate();
  });
  for (let round = 0; round < rounds; round++) {
    const writers = Array.from({ length: WRITERS }, (_, at) => start(true, `${round}-${at}`));
    for (const worker of writers) {
      worker.on('message', ({ update }) => {
        Y.applyUpdate(instance.doc, update);
        taken++;
      });
    }
    await Promise.all(writers.map((worker) => once(worker, 'message')));
    // Half of them while the writer is in the middle of a batch, half of them afterwards.
    const flushed = instance.flush();
    if (round % 2 === 0) await flushed;
    await Promise.all(writers.map((worker) => worker.terminate()));
    await flushed;
  }
  await Promise.all(refused);
  // Workers that are ended before they have said anything: in the middle of their attempt.
  for (let round = 0; round < rounds; round++) {
    const worker = start(false);
    await once(worker, 'online');
    for (let turn = 0; turn < round * 20; turn++) await new Promise((resolve) => void setImmediate(resolve));
    await worker.terminate();
  }
  const { term } = await instance.flush();
  const size = presets.size;
  await instance.close();
  console.log(JSON.stringify({ refusals, taken, size, term }));
}

function tell(message) {
  port.postMessage(message);
}

function write(prefix) {
  const doc = new Y.Doc();
  doc.on('update', (update) => tell({ update }));
  let count = 0;
  setInterval(() => {
    for (let inTurn = 0; inTurn < 4; inTurn++) doc.getMap('presets').set(`${prefix}-${count++ % 100}`, count);
  }, 5);
}

async function tryToJoin() {
  const code = await join('com.acme.synth', options).then(
    (instance) => `joined as ${instance.role}`,
    (error) => error.code,
  );
  tell({ code });
  // Stays until it is ended.
  setInterval(() => undefined, 1000);
}
