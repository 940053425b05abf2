/** What every transport must do with posts, and with the keys and bodies of what is published. Run beside transport.ts. */

import { afterEach, describe, expect, it } from 'vitest';
import { newPeerId } from '../../src/base/ids.js';
import { systemRandom } from '../../src/base/random.js';
import { turn } from '../../src/base/turn.js';
import type { Transport } from '../../sync/transport.js';
import { bytesOf, Recorder } from './recorder.js';
import type { StoppableReader, TestPeer, TransportContract } from './transport.js';

const MEBIBYTE = 1024 * 1024;
/** Of 64 KiB: more than all queues of one connection take. */
const POSTS_BEYOND_ROOM = 4000;

export function postContract(name: string, { create, createReader }: TransportContract): void {
  const opened: Transport[] = [];
  const readers: StoppableReader[] = [];

  async function openPeer(): Promise<TestPeer> {
    const [transport, id, heard] = [await create(), newPeerId(systemRandom), new Recorder()];
    opened.push(transport);
    return { id, transport, address: await transport.open(id, heard), heard };
  }

  async function openPair(): Promise<readonly [TestPeer, TestPeer]> {
    const [one, two] = [await openPeer(), await openPeer()];
    one.transport.connect(two.address);
    two.transport.connect(one.address);
    return [one, two];
  }

  async function openStopped(poster: TestPeer): Promise<StoppableReader> {
    const reader = await createReader();
    readers.push(reader);
    poster.transport.connect(reader.address);
    await poster.transport.post(reader.address.id, bytesOf('first'));
    await expect.poll(() => reader.posted()).toEqual(['first']);
    reader.stop();
    return reader;
  }

  /** Posts one by one, each when the one before has been taken, until none is taken any more. */
  function postUntilFull(poster: TestPeer, { address }: StoppableReader): { readonly taken: () => number; readonly ended: Promise<void> } {
    let count = 0;
    const weight = '.'.repeat(65_536);
    const post = async (): Promise<void> => {
      for (; count < POSTS_BEYOND_ROOM; count++) await poster.transport.post(address.id, bytesOf(`${count} ${weight}`));
    };
    return { taken: () => count, ended: post() };
  }

  async function untilStill(taken: () => number): Promise<number> {
    for (;;) {
      const before = taken();
      // A network thread may be at work meanwhile: so a good many turns.
      for (let turns = 0; turns < 2000; turns++) await turn();
      if (taken() === before) return before;
    }
  }

  const numbers = (count: number): string[] => Array.from({ length: count }, (_, number) => String(number));

  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await Promise.all(opened.splice(0).map((transport) => transport.close()));
  });

  describe(`${name}: posts`, () => {
    it('arrive in order, both ways at once, from whom they came, with their bodies or without', async () => {
      const pair = await openPair();
      for (const [self, other] of [pair, pair.toReversed()] as [TestPeer, TestPeer][]) {
        for (const number of numbers(1000)) {
          const body = Number(number) % 3 === 0 ? undefined : bytesOf(Number(number) % 3 === 1 ? `body ${number}` : '');
          void self.transport.post(other.id, bytesOf(number), body);
        }
      }
      for (const [self, other] of [pair, pair.toReversed()] as [TestPeer, TestPeer][]) {
        await self.heard.until((heard) => heard.all('posted').length === 1000);
        expect(self.heard.texts('posted')).toEqual(numbers(1000));
        expect(new Set(self.heard.all('posted').map(({ from }) => from))).toEqual(new Set([other.id]));
        const bodies = self.heard.all('posted').map(({ body }) => body && new TextDecoder().decode(body));
        expect(bodies).toEqual(numbers(1000).map((number) => [undefined, `body ${number}`, ''][Number(number) % 3]));
      }
    });

    it('of many peers to one arrive in the order of each', async () => {
      const [mailbox, ...posters] = [await openPeer(), await openPeer(), await openPeer(), await openPeer()];
      for (const { transport } of posters) transport.connect(mailbox.address);
      for (const number of numbers(200)) {
        for (const { transport } of posters) void transport.post(mailbox.id, bytesOf(number), bytesOf(`body of ${number}`));
      }
      await mailbox.heard.until((heard) => heard.all('posted').length === 600);
      for (const { id } of posters) {
        const posted = mailbox.heard.all('posted').filter(({ from }) => from === id);
        expect(posted.map(({ text }) => text)).toEqual(numbers(200));
        expect(posted.map(({ body }) => new TextDecoder().decode(body))).toEqual(numbers(200).map((number) => `body of ${number}`));
      }
    });

    it('carry a body of 32 mebibytes, and what is posted behind it comes behind it', async () => {
      const [one, two] = await openPair();
      const body = new Uint8Array(32 * MEBIBYTE).fill(7);
      body[body.length - 1] = 9;
      void one.transport.post(two.id, bytesOf('large'), body);
      void one.transport.post(two.id, bytesOf('small'));
      await two.heard.until((heard) => heard.all('posted').length === 2);
      expect(two.heard.texts('posted')).toEqual(['large', 'small']);
      const arrived = two.heard.all('posted')[0]?.body;
      expect([arrived?.byteLength, arrived?.[0], arrived?.at(-2), arrived?.at(-1)]).toEqual([32 * MEBIBYTE, 7, 7, 9]);
    });

    it('are none of them lost or doubled where a burst is handed over without waiting', async () => {
      const [one, two] = await openPair();
      const handedOver = numbers(5000).map((number) => one.transport.post(two.id, bytesOf(number)));
      await Promise.all(handedOver);
      await one.transport.post(two.id, bytesOf('end'));
      await two.heard.until((heard) => heard.texts('posted').includes('end'));
      expect(two.heard.texts('posted')).toEqual([...numbers(5000), 'end']);
    });

    it('leave the loop its turns, however fast they are taken', async () => {
      const [one, two] = await openPair();
      const over = new AbortController();
      let turns = 0;
      const count = async (): Promise<void> => {
        for (; !over.signal.aborted; turns++) await turn();
      };
      const counted = count();
      for (let number = 0; number < 20_000; number++) await one.transport.post(two.id, bytesOf('x'));
      over.abort();
      await counted;
      expect(turns).toBeGreaterThan(20);
    });

    it('are counted with their bodies', async () => {
      const [one, two] = await openPair();
      await one.transport.post(two.id, bytesOf('12345'), bytesOf('1234567'));
      await two.heard.until((heard) => heard.all('posted').length === 1);
      expect(one.transport.traffic).toMatchObject({ framesOut: 1, bytesOut: 12 });
      expect(two.transport.traffic).toMatchObject({ framesIn: 1, bytesIn: 12 });
    });

    it('are no posts without a frame', async () => {
      const [one, two] = await openPair();
      expect(() => one.transport.post(two.id, new Uint8Array(), bytesOf('body'))).toThrow(TypeError);
    });

    it('to a peer without a connection are dropped and told, also after its end', async () => {
      const [one, two] = [await openPeer(), await openPeer()];
      await one.transport.post(two.id, bytesOf('before'));
      await one.heard.until((heard) => heard.all('dropped').length === 1);
      one.transport.connect(two.address);
      one.transport.disconnect(two.id);
      await one.transport.post(two.id, bytesOf('between'));
      await one.heard.until((heard) => heard.all('dropped').length === 2);
      one.transport.connect(two.address);
      await one.transport.post(two.id, bytesOf('now'));
      await two.heard.until((heard) => heard.all('posted').length > 0);
      await two.transport.close();
      await one.heard.until((heard) => heard.all('disconnected').length > 0);
      await one.transport.post(two.id, bytesOf('after'));
      await one.heard.until((heard) => heard.all('dropped').length === 3);
      expect(new Set(one.heard.all('dropped').map(({ reason }) => reason))).toEqual(new Set(['unreachable']));
      expect(two.heard.texts('posted')).toEqual(['now']);
    });

    it('of an earlier connection never come behind those of a later one', async () => {
      const [one, two] = await openPair();
      for (let connection = 0; connection < 20; connection++) {
        for (let number = 0; number < 50; number++) {
          void one.transport.post(two.id, bytesOf(String(connection * 50 + number)), number % 2 === 0 ? undefined : bytesOf('body'));
        }
        one.transport.disconnect(two.id);
        one.transport.connect(two.address);
      }
      await one.transport.post(two.id, bytesOf('1000'));
      await two.heard.until((heard) => heard.texts('posted').includes('1000'));
      const posted = two.heard.texts('posted').map(Number);
      expect(posted.every((number, index) => index === 0 || number > Number(posted[index - 1]))).toBe(true);
      expect(two.heard.all('posted').every(({ text, body }) => (Number(text) % 2 === 0) === (body === undefined))).toBe(true);
    });
  });

  describe(`${name}: posts to a peer that does not read`, () => {
    it('wait, hold up nobody else, and all arrive when it goes on', { timeout: 60_000 }, async () => {
      const [poster, other] = await openPair();
      const stopped = await openStopped(poster);
      const { taken, ended } = postUntilFull(poster, stopped);
      const takenAtFirst = await untilStill(taken);
      expect(takenAtFirst).toBeLessThan(POSTS_BEYOND_ROOM);
      for (const number of numbers(2000)) await poster.transport.post(other.id, bytesOf(number));
      await other.heard.until((heard) => heard.all('posted').length === 2000);
      expect(other.heard.texts('posted')).toEqual(numbers(2000));
      expect(taken()).toBe(takenAtFirst);
      await stopped.goOn();
      await ended;
      await expect.poll(async () => (await stopped.posted()).length, { timeout: 30_000 }).toBe(POSTS_BEYOND_ROOM + 1);
      expect(await stopped.posted()).toEqual(['first', ...numbers(POSTS_BEYOND_ROOM)]);
      expect(poster.heard.heard.filter(({ kind }) => kind === 'dropped' || kind === 'disconnected')).toEqual([]);
    });

    it('do not wait any longer once we end the connection, or close', async () => {
      for (const end of ['disconnect', 'close'] as const) {
        const poster = await openPeer();
        const stopped = await openStopped(poster);
        const posts = numbers(POSTS_BEYOND_ROOM).map(() => poster.transport.post(stopped.address.id, new Uint8Array(65_536)));
        if (end === 'close') await poster.transport.close();
        else poster.transport.disconnect(stopped.address.id);
        await Promise.all(posts);
        stopped.close();
      }
    });

    it('do not wait any longer once it has gone, and that is told once', async () => {
      const poster = await openPeer();
      const stopped = await openStopped(poster);
      const { ended } = postUntilFull(poster, stopped);
      stopped.close();
      await ended;
      await poster.heard.until((heard) => heard.all('disconnected').length > 0);
      for (let turns = 0; turns < 1000; turns++) await turn();
      expect(poster.heard.all('disconnected')).toEqual([{ kind: 'disconnected', peer: stopped.address.id }]);
    });
  });

  describe(`${name}: the end of a peer that was posted to`, () => {
    it('comes behind what it had posted and published before it closed', async () => {
      const [leaving, staying] = await openPair();
      staying.transport.subscribe('d/');
      await leaving.heard.until((heard) => heard.keys().includes('d/'));
      await staying.transport.post(leaving.id, bytesOf('hello'));
      await leaving.heard.until((heard) => heard.all('posted').length === 1);
      staying.transport.request(leaving.id, bytesOf('hello'));
      await leaving.heard.until((heard) => heard.all('requested').length === 1);
      const weight = '.'.repeat(1000);
      for (const number of numbers(2000)) void leaving.transport.publish('d/', bytesOf(number + weight));
      for (const number of numbers(50)) await leaving.transport.post(staying.id, bytesOf(number));
      // These do not wait: what takes no waiting is handed over nevertheless.
      for (const number of numbers(50)) void leaving.transport.post(staying.id, bytesOf(number), bytesOf('body'));
      await leaving.transport.close();
      await staying.heard.until((heard) => heard.all('disconnected').length > 0);
      expect(staying.heard.heard.at(-1)?.kind).toBe('disconnected');
      expect(staying.heard.texts('posted')).toEqual([...numbers(50), ...numbers(50)]);
      expect(staying.heard.all('published')).toHaveLength(2000);
    });

    it('is not the end of a poster that nobody posted to: nobody else hears of it', async () => {
      const [leaving, staying] = [await openPeer(), await openPeer()];
      leaving.transport.connect(staying.address);
      await leaving.transport.post(staying.id, bytesOf('goodbye'));
      await leaving.transport.close();
      await staying.heard.until((heard) => heard.all('posted').length === 1);
      for (let turns = 0; turns < 1000; turns++) await turn();
      expect(staying.heard.heard.map(({ kind }) => kind)).toEqual(['posted']);
    });
  });

  describe(`${name}: what is published`, () => {
    it('comes with its key, and with its body if it has one', async () => {
      const [writer, reader] = await openPair();
      const keys = ['d/0123', 't/meters', 'g/', 't/meters/left', 'd/'];
      for (const key of ['d/', 't/', 'g/']) reader.transport.subscribe(key);
      await writer.heard.until((heard) => heard.keys().length === 3);
      for (const key of keys) {
        for (const body of [undefined, '', key]) {
          await writer.transport.publish(key, bytesOf(String(body)), body === undefined ? undefined : bytesOf(body));
        }
      }
      await reader.heard.until((heard) => heard.all('published').length === 3 * keys.length);
      for (const key of keys) {
        const heard = reader.heard.all('published').filter((each) => each.key === key);
        expect(heard.map(({ body }) => body && new TextDecoder().decode(body))).toEqual([undefined, '', key]);
        expect(heard.map(({ text }) => text)).toEqual(['undefined', '', key]);
      }
    });

    it('comes with a body of eight mebibytes, beginning where numbers can be read', async () => {
      const [writer, reader] = await openPair();
      reader.transport.subscribe('t/');
      await writer.heard.until((heard) => heard.keys().includes('t/'));
      await writer.transport.publish('t/x', bytesOf('frame'), new Uint8Array(8 * MEBIBYTE).fill(7));
      await reader.heard.until((heard) => heard.all('published').length === 1);
      const body = reader.heard.all('published')[0]?.body;
      expect([body?.byteLength, body?.at(-1), (body?.byteOffset ?? 1) % 8]).toEqual([8 * MEBIBYTE, 7, 0]);
      expect(writer.transport.traffic.bytesOut).toBe(5 + 8 * MEBIBYTE);
    });
  });
}
