/**
 * Somebody who speaks ZeroMQ and not our protocol, in a process of its own. It knocks at both sockets of a peer, and has
 * itself found in the roster with a publisher that says nothing but rubbish.
 */

import { crc32 } from 'node:zlib';

import { Dealer, XPublisher, XSubscriber } from 'zeromq';

import { newPeerId } from '../../dist/esm/src/base/ids.js';
import { systemRandom } from '../../dist/esm/src/base/random.js';
import { loadFileLocks } from '../../dist/esm/storage/file-lock.js';
import { FileRoster } from '../../dist/esm/sync/discovery/file-roster.js';
import { newSocketEndpoint } from '../../dist/esm/sync/socket-file.js';

const [storeDirectory, runtimeDirectory, publisher, responder] = process.argv.slice(2);
const id = newPeerId(systemRandom);

/** magic, version, kind, sender, no document, no number: a right header, whatever follows. */
const header = (kind) => Buffer.concat([Buffer.from('so'), Buffer.of(1, kind), Buffer.from(id, 'hex'), Buffer.of(0, 0)]);
const withChecksum = (body, change = 0) => {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE((crc32(body) + change) >>> 0);
  return Buffer.concat([body, checksum]);
};
const RUBBISH = [
  Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  Buffer.alloc(0),
  Buffer.alloc(1000, 0xff),
  Buffer.from('so'),
  withChecksum(header(4), 1), // a wrong checksum
  withChecksum(header(99)), // a kind that nobody knows
  withChecksum(Buffer.concat([header(5), Buffer.alloc(64, 0xff)])), // a right checksum over what is no pulse
  withChecksum(Buffer.concat([header(1), Buffer.of(0xff, 0xff, 0xff, 0xff, 0x0f)])), // a list of four thousand million
];

const knock = new Dealer({ linger: 0, routingId: id });
knock.connect(responder);
const anonymous = new Dealer({ linger: 0 });
anonymous.connect(responder);
const upstream = new XSubscriber({ linger: 0 });
upstream.connect(publisher);
const mouth = new XPublisher({ linger: 0, verbosity: 'allSubs' });
const own = {
  publisher: newSocketEndpoint(runtimeDirectory, 'p', systemRandom),
  messenger: newSocketEndpoint(runtimeDirectory, 't', systemRandom),
  responder: newSocketEndpoint(runtimeDirectory, 'r', systemRandom),
};
await mouth.bind(own.publisher);
const roster = new FileRoster({ storeDirectory, locks: await loadFileLocks() });
await roster.announce({ id, ...own, pid: process.pid, packageVersion: '0.0.0', protocolMin: 1, protocolMax: 1, canWrite: false });

for (const rubbish of RUBBISH) {
  await knock.send(rubbish);
  await knock.send([rubbish, rubbish]);
  await anonymous.send(rubbish);
  // The first byte of an upstream message is its verb: neither 0 nor 1.
  await upstream.send(Buffer.concat([Buffer.of(7), rubbish]));
}
process.send('said');

// Whoever subscribes is told rubbish under the very key.
for (;;) {
  const [subscription] = await mouth.receive();
  if (subscription[0] !== 1) continue;
  const key = subscription.subarray(1);
  for (const rubbish of RUBBISH) await mouth.send(Buffer.concat([key, Buffer.of(0), rubbish]));
  await mouth.send(Buffer.concat([key, Buffer.from('without an end')]));
}
