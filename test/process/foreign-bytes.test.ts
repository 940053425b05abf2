/** Bytes from anybody, on every socket of a living peer: counted, dropped, never thrown; and the group goes on. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { CJS, ESM, Place, equalDigests } from './members.js';
import type { Remote } from './members.js';
import { until } from './until.js';

interface Endpoints {
  readonly messenger: string;
  readonly publisher: string;
  readonly responder: string;
}

function endpointsOf(place: Place, { peer }: Remote): Endpoints {
  return JSON.parse(readFileSync(join(place.store, 'peers', `${peer}.json`), 'utf8')) as Endpoints;
}

async function dropped(remote: Remote): Promise<number> {
  return Object.values((await remote.inspect()).dropped).reduce((sum, count) => sum + count, 0);
}

test('an HTTP request and garbage on all sockets of a peer are counted, and the peers go on', async () => {
  const place = new Place();
  const [a, b] = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS)]);
  const before = await dropped(a);
  const { publisher, messenger, responder } = endpointsOf(place, a);
  for (const endpoint of [publisher, messenger, responder]) {
    for (const bytes of ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', Buffer.alloc(65_536, 0xa5), Buffer.alloc(100)]) {
      await say(endpoint, bytes);
    }
  }
  await until('it is counted', async () => (await dropped(a)) > before);
  await goOn(a, b);
});

test('rubbish over ZeroMQ, even with a right header, is counted by its kind, and the peers go on', async () => {
  const place = new Place();
  const [a, b] = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS)]);
  const { publisher, responder } = endpointsOf(place, a);
  const foreigner = fork(join(import.meta.dirname, 'foreigner.mjs'), [place.store, place.sockets, publisher, responder]);
  onTestFinished(() => void foreigner.kill('SIGKILL'));
  await once(foreigner, 'message');
  for (const reason of ['foreign', 'checksum', 'unknown-kind', 'malformed']) {
    await until(`${reason} is counted`, async () => ((await a.inspect()).dropped[reason] ?? 0) > 0);
  }
  // A newcomer finds it in the roster, and subscribes to what it publishes.
  const c = await place.fork().join('c', ESM);
  await until('what it publishes is counted', async () => ((await c.inspect()).dropped['checksum'] ?? 0) > 0);
  await goOn(a, b, c);
  // Sooner or later it is muted, and nobody else is.
  for (const { code, message } of (await c.inspect()).warnings) {
    expect(code).toBe('sender-muted');
    expect([a, b].filter(({ peer }) => message.includes(peer))).toEqual([]);
  }
});

/** Resolves when the other side has had enough of it. */
function say(endpoint: string, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(endpoint.slice('ipc://'.length));
    socket.on('error', () => undefined); // thrown out, as it should be
    socket.once('close', () => resolve());
    socket.end(bytes);
    socket.resume();
  });
}

async function goOn(...remotes: readonly Remote[]): Promise<void> {
  await Promise.all(remotes.map((remote, at) => remote.set(`after-${at}`, at)));
  await Promise.all(remotes.map((remote) => remote.flush()));
  await equalDigests(remotes);
  for (const remote of remotes) expect(await remote.size()).toBe(remotes.length);
}
