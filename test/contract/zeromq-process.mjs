/**
 * A transport in a process of its own, which does what its parent says and reports what it hears. Arguments: runtime
 * directory. Runs from the build.
 */

import { systemClock } from '../../dist/esm/src/base/clock.js';
import { newPeerId } from '../../dist/esm/src/base/ids.js';
import { systemRandom } from '../../dist/esm/src/base/random.js';
import { ZeromqTransport } from '../../dist/esm/sync/zeromq-transport.js';

const transport = new ZeromqTransport({ runtimeDirectory: process.argv[2], random: systemRandom, clock: systemClock });
const text = (frame) => (frame.byteLength <= 64 ? frame.toString() : `${frame.byteLength} bytes`);
const tell = (heard) => process.send(heard);

const address = await transport.open(newPeerId(systemRandom), {
  published: (frame) => tell({ kind: 'published', text: text(frame) }),
  requested: (from, frame) => {
    tell({ kind: 'requested', text: text(frame) });
    transport.respond(from, frame);
  },
  responded: (_from, frame) => tell({ kind: 'responded', text: text(frame) }),
  posted: (_from, frame, body) => tell({ kind: 'posted', text: text(frame), bodyBytes: body?.byteLength }),
  subscribed: (key) => tell({ kind: 'subscribed', key }),
  disconnected: (peer) => tell({ kind: 'disconnected', peer }),
  dropped: (reason) => tell({ kind: 'dropped', reason }),
});

const commands = {
  follow: ({ peer, key }) => {
    transport.connect(peer);
    transport.subscribe(key);
  },
  publish: ({ key, message }) => void transport.publish(key, Buffer.from(message)),
  leave: async ({ key, message, thenExit }) => {
    void transport.publish(key, Buffer.from(message));
    await transport.close();
    if (thenExit) process.exit(0);
    process.disconnect(); // nothing else holds the process
  },
};

process.on('message', (command) => void commands[command.kind](command));
tell({ kind: 'opened', address });
