/** A process of two that hand frames to each other: by bare sockets, or by a ring in mapped memory with a socket as its bell. */

import { join as joinPath } from 'node:path';

import { Pull, Push } from 'zeromq';

import { median } from '../harness/figures.mjs';
import { begun, serve, sharedMs, turn } from '../harness/serve.mjs';
import { Ring } from './ring.mjs';

const [push, pull] = [new Push({ linger: 0 }), new Pull({ linger: 0 })];
let ring;
let ringBack;
let received;

serve({
  async begin({ folder }) {
    await push.bind(`ipc://${folder}/there`);
    await pull.bind(`ipc://${folder}/back`);
    [ring, ringBack] = [await Ring.make(joinPath(folder, 'ring')), await Ring.make(joinPath(folder, 'ring-back'))];
  },

  async follow({ folder }) {
    pull.connect(`ipc://${folder}/there`);
    push.connect(`ipc://${folder}/back`);
    [ring, ringBack] = [await Ring.open(joinPath(folder, 'ring')), await Ring.open(joinPath(folder, 'ring-back'))];
  },

  /** Answered at once; what was received is asked for by `received`. */
  receive({ way, frames }) {
    received = begun((way === 'ring' ? fromRing : fromSocket)(frames));
  },
  /** The sum of the frames' last bytes, and when the last was there. */
  received: () => received(),

  async send({ way, bytes, frames }) {
    const frame = new Uint8Array(bytes).fill(7);
    const startedAt = sharedMs();
    for (let each = 0; each < frames; each++) {
      // ZeroMQ may keep what it is given: as a product does, each frame is memory of its own.
      if (way === 'socket') await push.send(frame.slice());
      else {
        while (!ring.put(frame)) await turn();
        if (ring.wantsBell()) await push.send('');
      }
    }
    await push.send('end');
    return startedAt;
  },

  /** Answered at once; it goes on until `count` frames were sent back. */
  echo({ way, count }) {
    received = begun(sendBack(way, count));
  },
  /** Milliseconds of one, there and back. */
  async ping({ way, bytes, count }) {
    const frame = new Uint8Array(bytes).fill(7);
    const times = [];
    for (let each = 0; each < count; each++) {
      const startedAt = sharedMs();
      if (way === 'ring') ring.put(frame);
      await push.send(way === 'ring' ? '' : frame.slice());
      await pull.receive();
      if (way === 'ring') ringBack.take();
      times.push(sharedMs() - startedAt);
    }
    return median(times);
  },

  close() {
    push.close();
    pull.close();
  },
});

async function fromSocket(frames) {
  let sum = 0;
  for (let each = 0; each < frames; each++) sum += (await pull.receive())[0].at(-1);
  const endedAt = sharedMs();
  await pull.receive();
  return { sum, endedAt };
}

async function fromRing(frames) {
  let sum = 0;
  const at = { isEnd: false };
  const bell = async () => {
    at.isEnd = String((await pull.receive())[0]) === 'end';
  };
  for (let each = 0; each < frames;) {
    if (ring.sleep()) await bell();
    else for (let frame = ring.take(); frame !== undefined; frame = ring.take(), each++) sum += frame.at(-1);
  }
  const endedAt = sharedMs();
  // Bells that came for what was taken already.
  while (!at.isEnd) await bell();
  return { sum, endedAt };
}

async function sendBack(way, count) {
  for (let each = 0; each < count; each++) {
    const [frame] = await pull.receive();
    const taken = way === 'ring' ? ring.take() : undefined;
    if (taken !== undefined) ringBack.put(taken);
    await push.send(way === 'ring' ? '' : frame);
  }
}
