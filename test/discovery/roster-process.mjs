/**
 * A peer in a process of its own: announces itself with real socket files that nobody will ever clean up, and waits
 * to be killed, or told to withdraw. Arguments: store, runtime directory, peer id. Runs from the build.
 */

import { createServer } from 'node:net';

import { systemRandom } from '../../dist/esm/src/base/random.js';
import { loadFileLocks } from '../../dist/esm/storage/file-lock.js';
import { FileRoster } from '../../dist/esm/sync/discovery/file-roster.js';
import { mailboxOf, newSocketEndpoint } from '../../dist/esm/sync/socket-file.js';

const [storeDirectory, runtimeDirectory, id] = process.argv.slice(2);
const publisher = newSocketEndpoint(runtimeDirectory, 'p', systemRandom);
const messenger = newSocketEndpoint(runtimeDirectory, 't', systemRandom);
const responder = newSocketEndpoint(runtimeDirectory, 'r', systemRandom);
const mailbox = mailboxOf(messenger); // in no roster
for (const endpoint of [publisher, messenger, responder, mailbox]) {
  await new Promise((resolve) => {
    createServer().listen(endpoint.slice('ipc://'.length), resolve);
  });
}
const roster = new FileRoster({ storeDirectory, locks: await loadFileLocks() });
await roster.announce({
  id,
  publisher,
  messenger,
  responder,
  pid: process.pid,
  packageVersion: '1.2.3',
  protocolMin: 1,
  protocolMax: 2,
  canWrite: true,
});
process.on('message', () => void roster.withdraw().then(() => process.exit()));
process.send({ publisher, messenger, responder, mailbox });
