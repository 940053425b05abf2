/**
 * A worker thread with a transport that the main thread carries: it reads, busily if told, stops when told, and says what it has
 * heard when asked. Runs from the build.
 */

import { parentPort, workerData } from 'node:worker_threads';

import { newPeerId } from '../../dist/esm/src/base/ids.js';
import { systemRandom } from '../../dist/esm/src/base/random.js';
import { CarriedTransport } from '../../dist/esm/src/worker/carried-transport.js';
import { Line } from '../../dist/esm/src/worker/line.js';
import { Wire } from '../../dist/esm/src/worker/wire.js';

/** What a busy reader spends on a frame: several times of what a frame costs that two threads carry. */
const BUSY_MS = 0.4;

const { port, isStopped } = workerData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
const tell = (message) => parentPort.postMessage(message);
let isBusy = false;
/** The texts of all frames since the last report, up to their first blank: the rest is only weight. */
let [heard, posted] = [[], []];

const firstWord = (frame) => {
  const blank = frame.indexOf(0x20);
  return Buffer.from(frame.buffer, frame.byteOffset, blank < 0 ? frame.byteLength : blank).toString('latin1');
};

const line = await new Promise((resolve) => {
  let found;
  const wire = new Wire({
    port,
    holdsThread: true,
    heard: (word) => {
      if (found !== undefined) found.hear(word);
      else if (word.kind === 'welcome') resolve((found = new Line(word.directory, wire)));
    },
    ended: () => found?.hostGone(),
  });
});
const transport = new CarriedTransport(line);
const address = await transport.open(newPeerId(systemRandom), {
  published: (frame) => {
    heard.push(firstWord(frame));
    if (!isBusy) return;
    for (const endsAt = performance.now() + BUSY_MS; performance.now() < endsAt;);
  },
  requested: () => undefined,
  responded: () => undefined,
  posted: (_from, frame) => void posted.push(firstWord(frame)),
  subscribed: () => undefined,
  disconnected: () => undefined,
  dropped: () => undefined,
});

const commands = {
  follow: ({ peer, keys }) => {
    transport.connect(peer);
    for (const key of keys) transport.subscribe(key);
  },
  busy: (command) => {
    ({ isBusy } = command);
    tell({ kind: 'told' });
  },
  stop: () => {
    Atomics.store(isStopped, 0, 1);
    Atomics.notify(isStopped, 0);
    Atomics.wait(isStopped, 0, 1);
  },
  report: () => {
    tell({ kind: 'report', heard, posted });
    [heard, posted] = [[], []];
  },
};

parentPort.on('message', (command) => commands[command.kind](command));
tell({ kind: 'opened', address });
