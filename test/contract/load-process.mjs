/**
 * A transport in a process of its own, for load: it reads numbered frames, busily if told, and says what it has heard
 * when asked; or it publishes at full speed and says what memory that took. Arguments: runtime directory. Runs from the
 * build.
 */

import { setTimeout as pause } from 'node:timers/promises';

import { systemClock } from '../../dist/esm/src/base/clock.js';
import { newPeerId } from '../../dist/esm/src/base/ids.js';
import { systemRandom } from '../../dist/esm/src/base/random.js';
import { ZeromqTransport } from '../../dist/esm/sync/zeromq-transport.js';

/** What a busy reader spends on a frame. */
const BUSY_MS = 0.05;

const transport = new ZeromqTransport({ runtimeDirectory: process.argv[2], random: systemRandom, clock: systemClock });
let [isBusy, subscriptions] = [false, 0];
/** The texts of all frames since the last report, up to their first blank: the rest is only weight. */
let [heard, posted] = [[], []];

const firstWord = (frame) => {
  const blank = frame.indexOf(0x20);
  return frame.toString('latin1', 0, blank < 0 ? frame.byteLength : blank);
};

const address = await transport.open(newPeerId(systemRandom), {
  published: (frame) => {
    heard.push(firstWord(frame));
    if (!isBusy) return;
    for (const endsAt = performance.now() + BUSY_MS; performance.now() < endsAt;);
  },
  requested: () => undefined,
  responded: () => undefined,
  posted: (_from, frame) => void posted.push(firstWord(frame)),
  subscribed: () => void subscriptions++,
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
    process.send({ kind: 'told' });
  },
  report: () => {
    process.send({ kind: 'report', heard, posted, subscriptions });
    [heard, posted] = [[], []];
  },
  /** Publishes frames of `bytes` for `ms`, as fast as they are taken. */
  flood: async ({ key, bytes, ms }) => {
    const [startRss, endsAt] = [process.memoryUsage.rss(), performance.now() + ms];
    let [maxRss, frames] = [startRss, 0];
    for (; performance.now() < endsAt; frames++) {
      await transport.publish(key, Buffer.alloc(bytes, `${frames} `));
      if (frames % 64 !== 0) continue;
      maxRss = Math.max(maxRss, process.memoryUsage.rss());
      await pause(0);
    }
    process.send({ kind: 'flooded', startRss, maxRss, frames });
  },
  publish: ({ key, message }) => void transport.publish(key, Buffer.from(message)),
};

process.on('message', (command) => void commands[command.kind](command));
process.send({ kind: 'opened', address });
