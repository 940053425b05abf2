import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Dealer, XPublisher, XSubscriber } from 'zeromq';
import { systemClock, type Clock } from '../../src/base/clock.js';
import { isSocommError } from '../../src/base/errors.js';
import { newPeerId } from '../../src/base/ids.js';
import { systemRandom } from '../../src/base/random.js';
import { turn } from '../../src/base/turn.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { mailboxOf, SOCKET_PATH_BYTES_MAX } from '../../sync/socket-file.js';
import { ZeromqTransport } from '../../sync/zeromq-transport.js';
import { PUBLISHED_QUEUE_FRAMES_MAX } from '../../sync/zeromq/publisher.js';
import { REQUESTER_IDLE_MS } from '../../sync/zeromq/requester.js';
import {
  CARRIED_BYTES_MAX,
  makeSockets,
  PUBLISHED_HIGH_WATER_FRAMES,
  RECEIVED_HIGH_WATER_FRAMES,
  REQUESTS_HIGH_WATER_FRAMES,
} from '../../sync/zeromq/sockets.js';
import { LoadProcess } from './load-process.js';
import { postContract } from './posts.js';
import { bytesOf, Recorder } from './recorder.js';
import { transportContract, type TestPeer } from './transport.js';

const runtimeDirectory = mkdtempSync(join(tmpdir(), 'socomm-contract-'));
const opened: ZeromqTransport[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});

afterAll(() => rmSync(runtimeDirectory, { recursive: true, force: true }));

function create(directory = runtimeDirectory, clock: Clock = systemClock): ZeromqTransport {
  const transport = new ZeromqTransport({ runtimeDirectory: directory, random: systemRandom, clock });
  opened.push(transport);
  return transport;
}

async function openPeer(directory?: string, clock?: Clock): Promise<TestPeer> {
  const [transport, id, heard] = [create(directory, clock), newPeerId(systemRandom), new Recorder()];
  return { transport, id, heard, address: await transport.open(id, heard) };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing went wrong',
    (error: unknown) => (isSocommError(error) ? error.code : String(error)),
  );
}

/** Two peers that hear each other, to show that all still works. */
async function expectConversation(one: TestPeer, two: TestPeer): Promise<void> {
  const key = `d/${newPeerId(systemRandom)}`;
  one.transport.connect(two.address);
  one.transport.subscribe(key);
  await two.heard.until((heard) => heard.keys().includes(key));
  await two.transport.publish(key, bytesOf(key));
  await one.heard.until((heard) => heard.texts('published').includes(key));
  one.transport.request(two.id, bytesOf(key));
  await two.heard.until((heard) => heard.texts('requested').includes(key));
}

const contract = {
  create,
  createReader: () => LoadProcess.start(runtimeDirectory),
  framesBeyondMark: 4 * (PUBLISHED_HIGH_WATER_FRAMES + RECEIVED_HIGH_WATER_FRAMES),
};
transportContract('ZeroMQ', contract);
postContract('ZeroMQ', contract);

describe('ZeroMQ: sockets', () => {
  it('have random names in the runtime directory, and no file once they are closed', async () => {
    const directory = join(runtimeDirectory, 'own');
    mkdirSync(directory);
    const peer = await openPeer(directory);
    expect(readdirSync(directory).toSorted()).toEqual(
      [peer.address.publisher, peer.address.messenger, mailboxOf(peer.address.messenger), peer.address.responder]
        .map((each) => each.slice(-14))
        .toSorted(),
    );
    expect(readdirSync(directory).every((name) => /^[a-z2-7]{12}\.[ptmr]$/.test(name))).toBe(true);
    await peer.transport.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('can be told to be out of reach', async () => {
    const [here, there] = [await openPeer(), await openPeer()];
    expect(here.transport.canReach(there.address)).toBe(true);
    await there.transport.close();
    expect(here.transport.canReach(there.address)).toBe(false);
    expect(here.transport.canReach({ ...here.address, responder: 'tcp://127.0.0.1:1' })).toBe(false);
  });

  it('are refused with advice where their paths would be too long, or the directory is missing', async () => {
    const long = `/${'x'.repeat(SOCKET_PATH_BYTES_MAX - 15)}`;
    const error: unknown = await create(long)
      .open(newPeerId(systemRandom), new Recorder())
      .catch((thrown: unknown) => thrown);
    expect(isSocommError(error, 'SOCOMM_DIRECTORY_INVALID')).toBe(true);
    expect(String(error)).toContain(`at most ${SOCKET_PATH_BYTES_MAX - 15} bytes`);
    const missing = join(runtimeDirectory, 'missing');
    expect(await codeOf(create(missing).open(newPeerId(systemRandom), new Recorder()))).toBe('SOCOMM_IO');
    await expect(create('relative').open(newPeerId(systemRandom), new Recorder())).rejects.toThrow(TypeError);
  });

  it('leave no file when they are closed while they are being opened', async () => {
    const directory = join(runtimeDirectory, 'closed');
    mkdirSync(directory);
    const transport = create(directory);
    const opening = codeOf(transport.open(newPeerId(systemRandom), new Recorder()));
    await transport.close();
    expect(await opening).toBe('SOCOMM_CLOSED');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('are not to be had without the native part or without ipc, and that is told', async () => {
    const zeromq = await import('zeromq');
    expect(await codeOf(makeSockets(() => Promise.reject(new Error('No native build was found'))))).toBe('SOCOMM_NATIVE_MISSING');
    expect(await codeOf(makeSockets(() => Promise.resolve({ ...zeromq, capability: { curve: true } })))).toBe('SOCOMM_NO_IPC');
  });

  it('make five thousand subscriptions known ahead of the one that proves them', async () => {
    const [writer, reader] = [await openPeer(), await openPeer()];
    for (let number = 0; number < 5000; number++) reader.transport.subscribe(`d/${number}`);
    reader.transport.connect(writer.address);
    reader.transport.subscribe('a/proof');
    await writer.heard.until((heard) => heard.heard.length > 5000);
    expect(new Set(writer.heard.keys()).size).toBe(5001);
    expect(writer.heard.keys().at(-1)).toBe('a/proof');
  });
});

describe('ZeroMQ: the lane of messages', () => {
  it('is connected only with the first subscription to a topic, then for every peer', async () => {
    const peer = await openPeer();
    const bound = await Promise.all(
      ['ddddddddddd2', 'ddddddddddd3'].map(async (name) => {
        const [publisher, messenger] = [new XPublisher({ linger: 0 }), new XPublisher({ linger: 0 })];
        const path = `ipc://${runtimeDirectory}/${name}`;
        const accepted: string[] = [];
        for (const [socket, role] of [[publisher, 'p'] as const, [messenger, 't'] as const]) {
          socket.events.on('accept', () => accepted.push(role));
          await socket.bind(`${path}.${role}`);
        }
        const address = { id: newPeerId(systemRandom), publisher: `${path}.p`, messenger: `${path}.t`, responder: `${path}.r` };
        return { publisher, messenger, accepted, address };
      }),
    );
    const [one, two] = bound as [(typeof bound)[0], (typeof bound)[0]];
    peer.transport.unsubscribe('t/never');
    peer.transport.subscribe('d/');
    peer.transport.connect(one.address);
    await one.publisher.receive();
    await one.publisher.send('d/\0state');
    await peer.heard.until((heard) => heard.texts('published').includes('state'));
    await expect.poll(() => one.accepted).toEqual(['p']);
    peer.transport.subscribe('t/knobs');
    peer.transport.connect(two.address);
    for (const { messenger, accepted } of bound) {
      const [subscription] = await messenger.receive();
      expect(subscription?.toString('latin1', 1)).toBe('t/knobs');
      // Events of a socket come by a way of their own.
      await expect.poll(() => accepted.toSorted()).toEqual(['p', 't']);
      await messenger.send('t/knobs\0message');
    }
    await peer.heard.until((heard) => heard.texts('published').length === 3);
    for (const { publisher, messenger } of bound) for (const socket of [publisher, messenger]) socket.close();
  });
});

describe('ZeroMQ: the end of a connection', () => {
  /** A publisher that can be ended behind our back, and whose address can be taken over. */
  const endpoint = `ipc://${runtimeDirectory}/cccccccccccc.p`;
  const address = {
    id: newPeerId(systemRandom),
    publisher: endpoint,
    messenger: `ipc://${runtimeDirectory}/cccccccccccc.t`,
    responder: `ipc://${runtimeDirectory}/cccccccccccc.r`,
  };

  async function connectedPeer(): Promise<{ peer: TestPeer; publisher: XPublisher }> {
    const [peer, publisher] = [await openPeer(), new XPublisher({ linger: 0 })];
    await publisher.bind(endpoint);
    peer.transport.connect(address);
    peer.transport.subscribe('d/');
    await publisher.receive();
    // That the connection came about was told ahead of the subscription, on a way of its own: it is read now, not taken for the next one's.
    for (let each = 0; each < 10; each++) await turn();
    return { peer, publisher };
  }

  /** Stands still until libzmq's thread has noticed the end: the news waits, unread. */
  function endUnnoticed(publisher: XPublisher): void {
    publisher.close();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }

  it('is not told for a newer connection to the same address', async () => {
    const { peer, publisher } = await connectedPeer();
    endUnnoticed(publisher);
    // ZeroMQ may have made the old connection anew before we end it. What is sent at its subscription is lost with it, so there is an
    // answer to each subscription, also to a second one of the same key.
    const successor = new XPublisher({ linger: 0, verbosity: 'allSubs' });
    successor.bindSync(endpoint);
    peer.transport.disconnect(address.id);
    peer.transport.connect(address);
    const answering = (async () => {
      for await (const [subscription] of successor) if (subscription?.[0] === 1) await successor.send('d/\0still here');
    })();
    await peer.heard.until((heard) => heard.texts('published').includes('still here'));
    expect(peer.heard.all('disconnected')).toEqual([]);
    successor.close();
    await answering;
  });

  it('is not told when we end the connection before what had arrived is read', async () => {
    for (let turns = 0; turns < 4; turns++) {
      const { peer, publisher } = await connectedPeer();
      endUnnoticed(publisher);
      for (let each = 0; each < turns; each++) await turn();
      const wasTold = peer.heard.all('disconnected').length;
      peer.transport.disconnect(address.id);
      for (let each = 0; each < 10; each++) await turn();
      expect(peer.heard.all('disconnected')).toHaveLength(wasTold);
    }
  });
});

describe('ZeroMQ: limits', () => {
  it('tells of frames that are published faster than they can be sent, and sends the others in order', async () => {
    const [writer, reader] = [await openPeer(), await openPeer()];
    reader.transport.connect(writer.address);
    reader.transport.subscribe('d/');
    await writer.heard.until((heard) => heard.keys().length === 1);
    const count = PUBLISHED_QUEUE_FRAMES_MAX * 2;
    const sent = Array.from({ length: count }, (_, number) => writer.transport.publish('d/', bytesOf(String(number))));
    await Promise.all(sent);
    const dropped = writer.heard.all('dropped');
    expect(dropped.length).toBeGreaterThan(count / 4);
    expect(new Set(dropped.map(({ reason }) => reason))).toEqual(new Set(['queue-full']));
    const isOver = (): boolean => reader.heard.heard.some((heard) => heard.kind === 'published' && heard.text === 'end');
    // Its own queue may be full by now: so this one repeats itself.
    while (!isOver()) {
      await writer.transport.publish('d/', bytesOf('end'));
      await turn();
    }
    const numbers = reader.heard
      .texts('published')
      .filter((text) => text !== 'end')
      .map(Number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers.length).toBeLessThanOrEqual(count - dropped.length);
  });

  it('tells of requests to a peer that was never there, as soon as no more can wait', async () => {
    const peer = await openPeer();
    const nobody = newPeerId(systemRandom);
    peer.transport.connect({
      id: nobody,
      publisher: `ipc://${runtimeDirectory}/aaaaaaaaaaaa.p`,
      messenger: `ipc://${runtimeDirectory}/aaaaaaaaaaaa.t`,
      responder: `ipc://${runtimeDirectory}/aaaaaaaaaaaa.r`,
    });
    for (let number = 0; number < REQUESTS_HIGH_WATER_FRAMES + 10; number++) peer.transport.request(nobody, bytesOf('anyone?'));
    await peer.heard.until((heard) => heard.all('dropped').length === 10);
    expect(new Set(peer.heard.all('dropped').map(({ reason }) => reason))).toEqual(new Set(['queue-full']));
  });

  it('takes a frame that is too large for a mistake', async () => {
    const peer = await openPeer();
    const frame = new Uint8Array(CARRIED_BYTES_MAX + 1);
    expect(() => peer.transport.publish('d/', frame)).toThrow(TypeError);
    expect(() => peer.transport.request(peer.id, frame)).toThrow(TypeError);
    expect(() => peer.transport.respond(peer.id, frame)).toThrow(TypeError);
  });

  it('gives the way to a peer back after half a minute without use, and finds it again', async () => {
    const clock = new VirtualClock();
    const [asking, answering] = [await openPeer(runtimeDirectory, clock), await openPeer()];
    asking.transport.connect(answering.address);
    asking.transport.request(answering.id, bytesOf('1'));
    await answering.heard.until((heard) => heard.texts('requested').includes('1'));
    await clock.advance(REQUESTER_IDLE_MS - 1);
    answering.transport.respond(asking.id, bytesOf('in time'));
    await asking.heard.until((heard) => heard.texts('responded').includes('in time'));
    await clock.advance(REQUESTER_IDLE_MS - 1);
    await clock.advance(1);
    // Its end travels through threads of ZeroMQ: until it has come, what is said fills the way.
    while (!answering.heard.all('dropped').some(({ reason }) => reason === 'unreachable')) {
      answering.transport.respond(asking.id, bytesOf('too late'));
      await turn();
    }
    asking.transport.request(answering.id, bytesOf('2'));
    await answering.heard.until((heard) => heard.texts('requested').includes('2'));
    answering.transport.respond(asking.id, bytesOf('again'));
    await asking.heard.until((heard) => heard.texts('responded').includes('again'));
    expect(asking.heard.all('disconnected')).toEqual([]);
  });
});

describe('ZeroMQ: strangers', () => {
  const greetings: readonly (readonly [string, Uint8Array])[] = [
    ['HTTP', bytesOf('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello')],
    ['zeros', new Uint8Array(500)],
    ['ones', new Uint8Array(500).fill(255)],
    ['an old version of the protocol', Uint8Array.from([1, 0, 5, 0, 1, 2, 3, 4, 9, 0, 65, 66, 67, 68, 69, 70, 71, 72])],
    ['half a greeting', Uint8Array.from([255, 0, 0, 0, 0, 0, 0, 0, 1, 127, 3])],
    ...Array.from({ length: 20 }, (_, number) => [`noise ${number}`, systemRandom.bytes(400)] as const),
  ];

  async function greet(endpoint: string, greeting: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      const socket = connectSocket(endpoint.slice('ipc://'.length));
      socket.on('close', () => resolve());
      socket.on('error', () => socket.destroy());
      socket.on('data', () => undefined);
      socket.end(greeting);
    });
  }

  it('who speak something else are dropped, and nothing is disturbed', { timeout: 60_000 }, async () => {
    const [one, two] = [await openPeer(), await openPeer()];
    await expectConversation(one, two);
    for (const [, greeting] of greetings) {
      const endpoints = [one.address.publisher, one.address.responder, mailboxOf(one.address.messenger)];
      await Promise.all(endpoints.map((endpoint) => greet(endpoint, greeting)));
    }
    await expectConversation(two, one);
    await expectConversation(one, two);
    expect(one.heard.all('requested').every(({ from }) => from === two.id)).toBe(true);
    expect(new Set(one.heard.all('dropped').map(({ reason }) => reason))).toEqual(new Set(['foreign']));
  });

  it('who hang up before they have said anything are none: so ends a connection of ours that is closed while it is being made', async () => {
    const peer = await openPeer();
    const endpoints = [peer.address.publisher, peer.address.responder, mailboxOf(peer.address.messenger)];
    for (const endpoint of endpoints) for (let count = 0; count < 5; count++) await greet(endpoint, new Uint8Array());
    // ZeroMQ has one thread for all of them: what comes last is seen last.
    for (const endpoint of endpoints) await greet(endpoint, new Uint8Array(500).fill(255));
    await peer.heard.until((heard) => heard.all('dropped').length >= endpoints.length);
    expect(new Set(peer.heard.all('dropped').map(({ detail }) => detail))).toEqual(
      new Set(['a connection was refused: ZMTP protocol error']),
    );
  });

  it('who speak ZeroMQ but send no message of ours are dropped and told', async () => {
    const peer = await openPeer();
    const [named, nameless, subscriber] = [
      new Dealer({ linger: 0, routingId: newPeerId(systemRandom) }),
      new Dealer({ linger: 0 }),
      new XSubscriber({ linger: 0 }),
    ];
    named.connect(peer.address.responder);
    nameless.connect(peer.address.responder);
    subscriber.connect(peer.address.publisher);
    const messages: readonly (readonly [Dealer | XSubscriber, Uint8Array[]])[] = [
      [named, [bytesOf('too'), bytesOf('many')]],
      [nameless, [bytesOf('from whom?')]],
      [subscriber, [Uint8Array.from([7, 7, 7])]],
      [subscriber, [Uint8Array.from([1])]],
      [subscriber, [Uint8Array.from([1, 0xc3, 0xbc])]],
      [subscriber, [Uint8Array.from([1, ...new Uint8Array(300).fill(65)])]],
    ];
    for (const [socket, parts] of messages) await socket.send(parts);
    await peer.heard.until((heard) => heard.all('dropped').length === messages.length);
    expect(new Set(peer.heard.heard.map(({ kind }) => kind))).toEqual(new Set(['dropped']));
    expect(new Set(peer.heard.all('dropped').map(({ reason }) => reason))).toEqual(new Set(['foreign']));
    for (const socket of [named, nameless, subscriber]) socket.close();
  });

  it('who publish in our name something of other parts are dropped and told', async () => {
    const { Publisher } = await import('zeromq');
    const [reader, publisher] = [await openPeer(), new Publisher({ linger: 0 })];
    const endpoint = `ipc://${runtimeDirectory}/bbbbbbbbbbbb.p`;
    await publisher.bind(endpoint);
    reader.transport.connect({ id: newPeerId(systemRandom), publisher: endpoint, messenger: endpoint, responder: endpoint });
    reader.transport.subscribe('d/');
    const isHeard = (): boolean => reader.heard.all('dropped').length >= 2;
    // A plain PUB cannot say when a subscription has reached it: so it repeats itself.
    while (!isHeard()) {
      await publisher.send(['d/\0one', 'too many']);
      await publisher.send('d/alone');
      await turn();
    }
    expect(new Set(reader.heard.heard.map(({ kind }) => kind))).toEqual(new Set(['dropped']));
    publisher.close();
    expect(existsSync(endpoint.slice('ipc://'.length))).toBe(true); // it was not ours to remove
  });
});
