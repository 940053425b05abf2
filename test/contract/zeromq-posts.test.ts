/** Posts over ZeroMQ: the mailbox, what comes into it from others, and how a connection to one ends. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { Dealer, Router, XPublisher } from 'zeromq';
import { systemClock } from '../../src/base/clock.js';
import { newPeerId } from '../../src/base/ids.js';
import { systemRandom } from '../../src/base/random.js';
import { turn } from '../../src/base/turn.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { mailboxOf, newSocketEndpoint } from '../../sync/socket-file.js';
import { LINGER_AT_CLOSE_MS, ZeromqTransport } from '../../sync/zeromq-transport.js';
import { Mailbox, MAILBOX_SENDERS_MAX } from '../../sync/zeromq/mailbox.js';
import { POSTED_FRAMES_PER_TURN_MAX, Poster } from '../../sync/zeromq/poster.js';
import { REQUESTER_IDLE_MS } from '../../sync/zeromq/requester.js';
import { POSTS_HIGH_WATER_FRAMES } from '../../sync/zeromq/sockets.js';
import { bytesOf, Recorder } from './recorder.js';
import type { TestPeer } from './transport.js';

const runtimeDirectory = mkdtempSync(join(tmpdir(), 'socomm-posts-'));
const opened: ZeromqTransport[] = [];
const sockets: (Dealer | Router | XPublisher)[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});
afterAll(() => rmSync(runtimeDirectory, { recursive: true, force: true }));

async function openPeer(clock = systemClock): Promise<TestPeer> {
  const transport = new ZeromqTransport({ runtimeDirectory, random: systemRandom, clock });
  opened.push(transport);
  const [id, heard] = [newPeerId(systemRandom), new Recorder()];
  return { transport, id, heard, address: await transport.open(id, heard) };
}

/** Somebody who speaks to the mailbox by hand. */
function openDealer(mailbox: TestPeer, routingId?: string): Dealer {
  const dealer = new Dealer({ linger: 0, ...(routingId === undefined ? {} : { routingId }) });
  sockets.push(dealer);
  dealer.connect(mailboxOf(mailbox.address.messenger));
  return dealer;
}

/** Its connection has been seen to. */
async function untilHeard(dealer: Dealer, mailbox: TestPeer, text: string): Promise<void> {
  await dealer.send(text);
  await mailbox.heard.until((heard) => heard.texts('posted').includes(text));
}

/** A peer made of bare sockets: those by which the end of a connection is noticed. */
async function openBare() {
  const [publisher, mailbox] = [new XPublisher({ linger: 0 }), new Router({ linger: 0 })];
  const [id, ends] = [newPeerId(systemRandom), { publisher: newSocketEndpoint(runtimeDirectory, 'p', systemRandom) }];
  const messenger = newSocketEndpoint(runtimeDirectory, 't', systemRandom);
  await publisher.bind(ends.publisher);
  await mailbox.bind(mailboxOf(messenger));
  sockets.push(publisher, mailbox);
  return { publisher, mailbox, address: { id, publisher: ends.publisher, messenger, responder: ends.publisher } };
}

async function textsOf(router: Router): Promise<string[]> {
  return (await router.receive()).map(String);
}

it('a post is a message of one part, one with a body three of them; each connection has a routing id of its own', async () => {
  const [peer, { mailbox, address }] = [await openPeer(), await openBare()];
  peer.transport.connect(address);
  await peer.transport.post(address.id, bytesOf('frame'));
  await peer.transport.post(address.id, bytesOf('frame'), bytesOf('body'));
  for (const message of ['frame', '', 'frame', 'body']) expect(await textsOf(mailbox)).toEqual([`${peer.id}/1`, message]);
  peer.transport.disconnect(address.id);
  peer.transport.connect(address);
  await peer.transport.post(address.id, bytesOf('again'));
  expect(await textsOf(mailbox)).toEqual([`${peer.id}/2`, 'again']);
});

it('what is no post of ours is dropped and told, and disturbs nobody', async () => {
  const [peer, id] = [await openPeer(), newPeerId(systemRandom)];
  const good = openDealer(peer, `${id}/1`);
  await untilHeard(good, peer, 'good');
  const routingIds = [
    undefined,
    id,
    `${id}/`,
    `${id}/x`,
    `${id}/-1`,
    `${id}/1e3`,
    `${id.toUpperCase()}/1`,
    `${id}/${'1'.repeat(16)}`,
    'x'.repeat(200),
  ];
  for (const routingId of routingIds) await openDealer(peer, routingId).send('bad');
  await openDealer(peer, `${newPeerId(systemRandom)}/1`).send(['two', 'parts']);
  await openDealer(peer, `${newPeerId(systemRandom)}/1`).send(['', 'two', 'parts']);
  await peer.heard.until((heard) => heard.all('dropped').length === routingIds.length + 2);
  expect(new Set(peer.heard.all('dropped').map(({ reason }) => reason))).toEqual(new Set(['foreign']));
  await untilHeard(good, peer, 'still good');
  expect(peer.heard.texts('posted')).toEqual(['good', 'still good']);
});

it('what a connection left unfinished does not reach into the next one of the same peer, nor into that of another', async () => {
  const [peer, id, other] = [await openPeer(), newPeerId(systemRandom), newPeerId(systemRandom)];
  const [first, second] = [openDealer(peer, `${id}/1`), openDealer(peer, `${id}/2`)];
  await untilHeard(first, peer, 'one');
  for (const message of ['', 'half of it']) await first.send(message);
  await untilHeard(openDealer(peer, `${other}/1`), peer, 'another');
  await untilHeard(second, peer, 'two');
  await first.send('too late');
  for (const message of ['', 'whole', 'body']) await second.send(message);
  await untilHeard(second, peer, 'end');
  expect(peer.heard.texts('posted')).toEqual(['one', 'another', 'two', 'whole', 'end']);
  expect(peer.heard.all('posted').map(({ body }) => body?.toString())).toEqual([undefined, undefined, undefined, 'body', undefined]);
});

it('empty frames and bodies are what they are', async () => {
  const [peer, id] = [await openPeer(), newPeerId(systemRandom)];
  const dealer = openDealer(peer, `${id}/1`);
  for (const message of ['', '', '', '', 'frame', '', 'end']) await dealer.send(message);
  await peer.heard.until((heard) => heard.texts('posted').includes('end'));
  expect(peer.heard.all('posted').map(({ text, body }) => [text, body?.toString()])).toEqual([
    ['', ''],
    ['frame', ''],
    ['end', undefined],
  ]);
});

it('of too many peers the eldest are forgotten, but nobody whose post is unfinished', async () => {
  const [heard, unfinished, first] = [new Recorder(), newPeerId(systemRandom), newPeerId(systemRandom)];
  const messages = [
    ...['', 'frame'].map((message) => [`${unfinished}/1`, message]),
    [`${first}/7`, 'first'],
    ...Array.from({ length: MAILBOX_SENDERS_MAX }, () => [`${newPeerId(systemRandom)}/1`, 'passing']),
    [`${unfinished}/1`, 'body'],
    // Its number was higher before: it is not known any more.
    [`${first}/1`, 'forgotten'],
  ].map((parts) => parts.map((part) => Buffer.from(part)));
  const receive = async (): Promise<Buffer[]> => messages.shift() ?? new Promise<Buffer[]>(() => undefined);
  const socket = { closed: false, readable: false, receiveTimeout: -1, events: { on: () => undefined }, receive };
  void new Mailbox(socket as unknown as Router, heard);
  await heard.until(({ heard: all }) => all.length === MAILBOX_SENDERS_MAX + 3);
  expect(heard.all('posted').filter(({ text }) => text !== 'passing')).toMatchObject([
    { from: first, text: 'first' },
    { from: unfinished, text: 'frame', body: Buffer.from('body') },
    { from: first, text: 'forgotten' },
  ]);
});

it('posts wait for a mailbox that is not there yet, or hangs up before a word was said', async () => {
  const [peer, router, messenger] = [await openPeer(), new Router({ linger: 0 }), newSocketEndpoint(runtimeDirectory, 't', systemRandom)];
  sockets.push(router);
  const [id, path] = [newPeerId(systemRandom), mailboxOf(messenger).slice('ipc://'.length)];
  const mute = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    mute.listen(path, resolve);
  });
  const hungUp = once(mute, 'connection');
  peer.transport.connect({ ...peer.address, id, messenger });
  const posts = Array.from({ length: 4 * POSTS_HIGH_WATER_FRAMES }, (_, number) => peer.transport.post(id, bytesOf(String(number))));
  await hungUp;
  mute.close();
  await router.bind(mailboxOf(messenger));
  for (let number = 0; number < posts.length; number++) expect(await textsOf(router)).toEqual([`${peer.id}/1`, String(number)]);
  await Promise.all(posts);
  expect(peer.heard.all('disconnected')).toEqual([]);
});

it('where ZeroMQ always has room, the loop gets its turns nevertheless', async () => {
  const socket = { events: { on: () => undefined }, connect: () => undefined, close: () => undefined, send: () => Promise.resolve() };
  const poster = new Poster(socket as unknown as Dealer, { endpoint: 'ipc:///nowhere', lost: () => undefined });
  const over = new AbortController();
  let turns = 0;
  const count = async (): Promise<void> => {
    for (; !over.signal.aborted; turns++) await turn();
  };
  const counted = count();
  for (let number = 0; number < 10 * POSTED_FRAMES_PER_TURN_MAX; number++) await poster.post(bytesOf('x'), undefined);
  over.abort();
  await counted;
  expect(turns).toBeGreaterThanOrEqual(9);
  await poster.close(0);
});

it('so much waits in ZeroMQ for a mailbox that nobody reads, and no more', async () => {
  const [peer, { address }] = [await openPeer(), await openBare()];
  peer.transport.connect(address);
  let [taken, count] = [0, 3000];
  let tellMany: () => void = () => undefined;
  const many = new Promise<void>((resolve) => (tellMany = resolve));
  const post = async (): Promise<void> => {
    for (; taken < count; taken++) {
      if (taken === 1000) tellMany();
      await peer.transport.post(address.id, new Uint8Array(100_000));
    }
  };
  const posting = post();
  // However long ZeroMQ's own thread waits for the processor.
  await many;
  for (let before = -1; taken !== before;) {
    before = taken;
    for (let turns = 0; turns < 5000; turns++) await turn();
  }
  // The mark of this Router is ZeroMQ's own.
  expect(taken).toBeLessThan(1000 + POSTS_HIGH_WATER_FRAMES + 32);
  count = 0;
  peer.transport.disconnect(address.id);
  await posting;
});

it('where a mailbox alone is cut off, the peer counts as lost, once, and nobody waits any longer', async () => {
  const [peer, { publisher, mailbox, address }] = [await openPeer(), await openBare()];
  peer.transport.connect(address);
  peer.transport.subscribe('d/');
  await publisher.receive();
  await peer.transport.post(address.id, bytesOf('hello'));
  await mailbox.receive();
  const posts = Array.from({ length: 5000 }, () => peer.transport.post(address.id, new Uint8Array(10_000)));
  await turn();
  mailbox.close();
  await Promise.all(posts);
  await peer.heard.until((heard) => heard.all('disconnected').length > 0);
  publisher.close();
  for (let turns = 0; turns < 1000; turns++) await turn();
  expect(peer.heard.all('disconnected')).toEqual([{ kind: 'disconnected', peer: address.id }]);
});

it('where a mailbox is cut off first, the publisher of its peer is read for longer than a peer lingers', async () => {
  const clock = new VirtualClock();
  const [peer, { publisher, mailbox, address }] = [await openPeer(clock), await openBare()];
  peer.transport.connect(address);
  peer.transport.subscribe('d/');
  await publisher.receive();
  await peer.transport.post(address.id, bytesOf('hello'));
  await mailbox.receive();
  const pending = clock.pendingCount;
  mailbox.close();
  while (clock.pendingCount === pending) await turn();
  await clock.advance(LINGER_AT_CLOSE_MS + 1);
  for (let turns = 0; turns < 100; turns++) await turn();
  await publisher.send('d/\0last words');
  await peer.heard.until((heard) => heard.heard.length > 0);
  publisher.close();
  await peer.heard.until((heard) => heard.all('disconnected').length > 0);
  expect(peer.heard.heard.map(({ kind }) => kind)).toEqual(['published', 'disconnected']);
});

it('a connection to a mailbox stays when that of requests is given back', async () => {
  const clock = new VirtualClock();
  const [peer, { mailbox, address }] = [await openPeer(clock), await openBare()];
  const responder = new Router({ linger: 0 });
  sockets.push(responder);
  const endpoint = newSocketEndpoint(runtimeDirectory, 'r', systemRandom);
  await responder.bind(endpoint);
  const ended = new Promise((resolve) => {
    responder.events.on('disconnect', resolve);
  });
  peer.transport.connect({ ...address, responder: endpoint });
  peer.transport.request(address.id, bytesOf('request'));
  await peer.transport.post(address.id, bytesOf('before'));
  expect(await textsOf(responder)).toEqual([peer.id, 'request']);
  expect(await textsOf(mailbox)).toEqual([`${peer.id}/1`, 'before']);
  await clock.advance(10 * REQUESTER_IDLE_MS);
  await ended;
  await peer.transport.post(address.id, bytesOf('after'));
  expect(await textsOf(mailbox)).toEqual([`${peer.id}/1`, 'after']);
  expect(peer.heard.all('disconnected')).toEqual([]);
});
