/** What only real processes show: kills, stops, ends. */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { newPeerId } from '../../src/base/ids.js';
import { systemRandom } from '../../src/base/random.js';
import { turn } from '../../src/base/turn.js';
import type { PeerAddress } from '../../sync/transport.js';
import { ZeromqTransport } from '../../sync/zeromq-transport.js';
import { PUBLISHED_HIGH_WATER_FRAMES, REQUESTS_HIGH_WATER_FRAMES } from '../../sync/zeromq/sockets.js';
import { bytesOf, Recorder } from './recorder.js';
import type { TestPeer } from './transport.js';

interface Told {
  readonly kind: string;
  readonly text?: string;
  readonly key?: string;
}

let runtimeDirectory: string;
const children: ChildProcess[] = [];
const opened: ZeromqTransport[] = [];

beforeEach(() => {
  runtimeDirectory = mkdtempSync(join(tmpdir(), 'socomm-processes-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
  rmSync(runtimeDirectory, { recursive: true, force: true });
});

async function openHere(): Promise<TestPeer> {
  const transport = new ZeromqTransport({ runtimeDirectory, random: systemRandom, clock: systemClock });
  opened.push(transport);
  const [id, heard] = [newPeerId(systemRandom), new Recorder()];
  return { transport, id, heard, address: await transport.open(id, heard) };
}

class PeerThere {
  readonly told: Told[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(
    readonly child: ChildProcess,
    readonly address: PeerAddress,
  ) {
    child.on('message', (message) => {
      this.told.push(message as Told);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  async until(condition: (told: readonly Told[]) => boolean): Promise<void> {
    while (!condition(this.told)) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }
}

async function openThere(): Promise<PeerThere> {
  const child = fork(new URL('zeromq-process.mjs', import.meta.url), [runtimeDirectory]);
  children.push(child);
  const [{ address }] = (await once(child, 'message')) as [{ address: PeerAddress }];
  return new PeerThere(child, address);
}

/** Each subscribes to the other's `d/`. */
async function meet(here: TestPeer, there: PeerThere): Promise<void> {
  there.child.send({ kind: 'follow', peer: here.address, key: 'd/' });
  here.transport.connect(there.address);
  here.transport.subscribe('d/');
  await here.heard.until((heard) => heard.keys().includes('d/'));
  await there.until((told) => told.some(({ key }) => key === 'd/'));
}

describe('ZeroMQ between processes', () => {
  it('tells of a killed peer within a second, once', async () => {
    const [here, there] = [await openHere(), await openThere()];
    await meet(here, there);
    here.transport.request(there.address.id, bytesOf('hello'));
    await here.heard.until((heard) => heard.texts('responded').includes('hello'));
    const killedAtMs = systemClock.now();
    there.child.kill('SIGKILL');
    await here.heard.until((heard) => heard.all('disconnected').length > 0);
    expect(systemClock.now() - killedAtMs).toBeLessThan(1000);
    const another = await openThere();
    await meet(here, another);
    expect(here.heard.all('disconnected')).toEqual([{ kind: 'disconnected', peer: there.address.id }]);
  });

  it('delivers the goodbye of a peer that closes, and of one that exits at once after it, before telling of the end', async () => {
    for (const thenExit of [false, true]) {
      const [here, there] = [await openHere(), await openThere()];
      await meet(here, there);
      there.child.send({ kind: 'leave', key: 'd/', message: 'goodbye', thenExit });
      await here.heard.until((heard) => heard.all('disconnected').length > 0);
      expect(here.heard.heard.slice(-2).map(({ kind }) => kind)).toEqual(['published', 'disconnected']);
      expect(here.heard.texts('published')).toEqual(['goodbye']);
    }
  });

  it('lets a process end by itself once it is closed, and leaves no socket file', async () => {
    const [here, there] = [await openHere(), await openThere()];
    await meet(here, there);
    here.transport.request(there.address.id, bytesOf('hello'));
    await here.heard.until((heard) => heard.texts('responded').includes('hello'));
    there.child.send({ kind: 'leave', key: 'd/', message: 'goodbye', thenExit: false });
    const [code, signal] = (await once(there.child, 'exit')) as [number | null, string | null];
    expect([code, signal]).toEqual([0, null]);
    expect(readdirSync(runtimeDirectory)).toHaveLength(4);
    await here.transport.close();
    expect(readdirSync(runtimeDirectory)).toEqual([]);
  });

  it('drops published frames at a stopped peer, and reaches it again when it goes on', async () => {
    const [here, there] = [await openHere(), await openThere()];
    await meet(here, there);
    there.child.kill('SIGSTOP');
    const frame = new Uint8Array(10_000);
    const count = PUBLISHED_HIGH_WATER_FRAMES * 4;
    for (let number = 0; number < count; number++) await here.transport.publish('d/', frame);
    expect(here.heard.all('disconnected')).toEqual([]);
    there.child.kill('SIGCONT');
    const isBack = (told: readonly Told[]): boolean => told.some(({ text }) => text === 'end');
    // Its queue must run dry before one gets through: so this one repeats itself.
    void (async () => {
      while (!isBack(there.told)) {
        await here.transport.publish('d/', bytesOf('end'));
        await turn();
      }
    })();
    await there.until(isBack);
    const received = there.told.filter(({ text }) => text === '10000 bytes').length;
    expect(received).toBeGreaterThan(PUBLISHED_HIGH_WATER_FRAMES / 2);
    expect(received).toBeLessThan(count);
  });

  it('refuses requests to a stopped peer once its queue is full, and goes on when it does', async () => {
    const [here, there] = [await openHere(), await openThere()];
    await meet(here, there);
    here.transport.request(there.address.id, bytesOf('first'));
    await here.heard.until((heard) => heard.texts('responded').includes('first'));
    there.child.kill('SIGSTOP');
    const frame = new Uint8Array(100_000);
    for (let number = 0; number < REQUESTS_HIGH_WATER_FRAMES * 4; number++) here.transport.request(there.address.id, frame);
    await here.heard.until((heard) => heard.all('dropped').some(({ reason }) => reason === 'queue-full'));
    there.child.kill('SIGCONT');
    const accepted = REQUESTS_HIGH_WATER_FRAMES * 4 - here.heard.all('dropped').length;
    await here.heard.until((heard) => heard.texts('responded').length === accepted + 1);
    expect(accepted).toBeGreaterThan(REQUESTS_HIGH_WATER_FRAMES / 2);
    here.transport.request(there.address.id, bytesOf('last'));
    await here.heard.until((heard) => heard.texts('responded').includes('last'));
  });
});
