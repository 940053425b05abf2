/**
 * Everything goes through our sockets in one part. libzmq cannot end a connection while a socket stands between two parts of a
 * message: it mixes the parts of two senders, or aborts the process (docs/decisions/0014).
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, onTestFinished } from 'vitest';
import { Dealer, Router, XSubscriber } from 'zeromq';
import { systemClock } from '../../src/base/clock.js';
import { newPeerId, type PeerId } from '../../src/base/ids.js';
import { systemRandom } from '../../src/base/random.js';
import type { PeerAddress } from '../../sync/transport.js';
import { ZeromqTransport } from '../../sync/zeromq-transport.js';
import { KEY_BYTES_MAX, Opener, sealed } from '../../sync/zeromq/envelope.js';
import { bytesOf, Recorder } from './recorder.js';

const runtimeDirectory = mkdtempSync(join(tmpdir(), 'socomm-parts-'));
const opened: ZeromqTransport[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});
afterAll(() => rmSync(runtimeDirectory, { recursive: true, force: true }));

interface Peer {
  readonly transport: ZeromqTransport;
  readonly id: PeerId;
  readonly heard: Recorder;
  readonly address: PeerAddress;
}

async function openPeer(): Promise<Peer> {
  const transport = new ZeromqTransport({ runtimeDirectory, random: systemRandom, clock: systemClock });
  opened.push(transport);
  const [id, heard] = [newPeerId(systemRandom), new Recorder()];
  return { transport, id, heard, address: await transport.open(id, heard) };
}

it.each([['d/one'], ['t/one']])('what is published under %s is a message of one part', async (key) => {
  const [peer, subscriber] = [await openPeer(), new XSubscriber({ linger: 0 })];
  subscriber.connect(key.startsWith('t/') ? peer.address.messenger : peer.address.publisher);
  await subscriber.send(Buffer.from(`\u0001${key}`));
  await peer.heard.until((heard) => heard.keys().includes(key));
  await peer.transport.publish(key, bytesOf('frame'));
  expect((await subscriber.receive()).map(String)).toEqual([`${key}\0frame`]);
  subscriber.close();
});

it('requests and responses are messages of one part, beside the routing id that the ROUTER itself puts before', async () => {
  const [peer, router, dealer] = [
    await openPeer(),
    new Router({ linger: 0 }),
    new Dealer({ linger: 0, routingId: newPeerId(systemRandom) }),
  ];
  const [id, responder] = [newPeerId(systemRandom), `ipc://${runtimeDirectory}/aaaaaaaaaaaa.r`];
  await router.bind(responder);
  peer.transport.connect({ ...peer.address, id, responder });
  peer.transport.request(id, bytesOf('request'));
  expect((await router.receive()).map(String)).toEqual([peer.id, 'request']);
  dealer.connect(peer.address.responder);
  await dealer.send('asked');
  await peer.heard.until((heard) => heard.texts('requested').includes('asked'));
  peer.transport.respond(dealer.routingId as PeerId, bytesOf('response'));
  expect((await dealer.receive()).map(String)).toEqual(['response']);
  for (const socket of [router, dealer]) socket.close();
});

it('an envelope gives back key, frame and body, whatever they are, and nothing where it is none of ours', () => {
  const opener = new Opener();
  const contents = ['', 'frame', '\0\0', '\u0001', 'x'.repeat(100_000)];
  for (const key of ['d/key', 'd/kez', 'k'.repeat(KEY_BYTES_MAX)]) {
    for (const frame of contents) {
      for (const body of [undefined, ...contents]) {
        const opened = opener.open(sealed(key, bytesOf(frame), body === undefined ? undefined : bytesOf(body)));
        expect([opened?.key, opened?.frame.toString(), opened?.body?.toString()]).toEqual([key, frame, body]);
      }
    }
  }
  const none = ['', '\0', '\0frame', 'd/key', `${'k'.repeat(KEY_BYTES_MAX + 1)}\0frame`, 'd/key\u0001', 'd/key\u0001\u0009\0\0\0frame'];
  for (const message of none) expect(opener.open(Buffer.from(message))).toBeUndefined();
});

it.each([['d/one'], ['t/one']])(
  'a process that has looked at what is published under %s, and cuts the connection, reads it whole',
  async (key) => {
    const peer = await openPeer();
    const endpoint = key.startsWith('t/') ? peer.address.messenger : peer.address.publisher;
    const reader = fork(new URL('zeromq-cut.mjs', import.meta.url), [endpoint, key]);
    onTestFinished(() => void reader.kill('SIGKILL'));
    let read: unknown;
    reader.on('message', (message) => (read = message));
    await peer.heard.until((heard) => heard.keys().includes(key));
    await peer.transport.publish(key, bytesOf('frame'));
    // Of a message in two parts it had read the first one ahead: libzmq aborted it.
    expect(await once(reader, 'exit')).toEqual([0, null]);
    expect(read).toEqual([`${key}\0frame`]);
  },
);
