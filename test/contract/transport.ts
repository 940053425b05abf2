/**
 * What every transport must do. A third-party implementation can run it too: hand over a function that makes
 * transports which reach each other, and one that makes readers which can be stopped (a process, if need be).
 */

import { afterEach, describe, expect, it } from 'vitest';
import { newPeerId, type PeerId } from '../../src/base/ids.js';
import { systemRandom } from '../../src/base/random.js';
import { turn } from '../../src/base/turn.js';
import type { PeerAddress, Transport } from '../../sync/transport.js';
import { bytesOf, Recorder } from './recorder.js';

export interface TestPeer {
  readonly id: PeerId;
  readonly transport: Transport;
  readonly address: PeerAddress;
  readonly heard: Recorder;
}

/** A peer that only reads; it may live in a process of its own. */
export interface StoppableReader {
  readonly address: PeerAddress;
  /** Connects, subscribes, and resolves when the writer knows. */
  follow(writer: TestPeer, keys: readonly string[]): Promise<void>;
  /** From now on it reads nothing, as a stopped process. */
  stop(): void;
  /** Whatever was sent until now counts as sent to a stopped reader. */
  goOn(): void | Promise<void>;
  /** Runs `act` while the reader's loop has more to do than it can do. */
  whileBusy(act: () => Promise<void>): Promise<void>;
  /** Of all frames so far, in order, the text up to the first blank. */
  heard(): Promise<readonly string[]>;
  /** The same of what was posted to it. */
  posted(): Promise<readonly string[]>;
  close(): void;
}

export interface TransportContract {
  readonly create: () => Transport | Promise<Transport>;
  readonly createReader: () => Promise<StoppableReader>;
  /** So many frames of a kilobyte are far more than wait for a stopped reader. */
  readonly framesBeyondMark: number;
}

const MEBIBYTE = 1024 * 1024;

export function transportContract(name: string, { create, createReader, framesBeyondMark }: TransportContract): void {
  const opened: Transport[] = [];
  const readers: StoppableReader[] = [];
  let ends = 0;

  async function openPeer(heard = new Recorder()): Promise<TestPeer> {
    const transport = await create();
    opened.push(transport);
    const id = newPeerId(systemRandom);
    return { id, transport, address: await transport.open(id, heard), heard };
  }

  /** `reader` hears what `writer` publishes under `key` from now on. */
  async function follow(reader: TestPeer, writer: TestPeer, key: string): Promise<void> {
    reader.transport.connect(writer.address);
    reader.transport.subscribe(key);
    await writer.heard.until((heard) => heard.keys().includes(key));
  }

  async function openReader(): Promise<StoppableReader> {
    const reader = await createReader();
    readers.push(reader);
    return reader;
  }

  /** A frame is dropped in silence while the queue is full: so this one repeats itself, at the reader's pace, until it is heard. */
  async function publishUntilHeard(writer: TestPeer, reader: StoppableReader, key: string): Promise<void> {
    const end = `end-${++ends}`;
    for (let attempts = 0; attempts < 10_000; attempts++) {
      await writer.transport.publish(key, bytesOf(end));
      await turn();
      if ((await reader.heard()).includes(end)) return;
    }
    throw new Error(`nothing published under ${key} is heard any more`);
  }

  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await Promise.all(opened.splice(0).map((transport) => transport.close()));
  });

  describe(`${name}: publishing`, () => {
    it('reaches those who subscribed to a prefix of the key and nobody else', async () => {
      const [writer, near, far] = [await openPeer(), await openPeer(), await openPeer()];
      await follow(near, writer, 'd/near');
      await follow(far, writer, 'd/far');
      await writer.transport.publish('d/nearer', bytesOf('one'));
      await writer.transport.publish('d/far', bytesOf('two'));
      await near.heard.until((heard) => heard.texts('published').includes('one'));
      await far.heard.until((heard) => heard.texts('published').includes('two'));
      await writer.transport.publish('d/nearest', bytesOf('three'));
      await near.heard.until((heard) => heard.texts('published').includes('three'));
      expect(near.heard.texts('published')).toEqual(['one', 'three']);
      expect(far.heard.texts('published')).toEqual(['two']);
    });

    it('keeps the order of one publisher over a thousand frames', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      await follow(reader, writer, 'd/');
      const numbers = Array.from({ length: 1000 }, (_, number) => String(number));
      for (const number of numbers) await writer.transport.publish('d/x', bytesOf(number));
      await reader.heard.until((heard) => heard.heard.length === 1000);
      expect(reader.heard.texts('published')).toEqual(numbers);
    });

    it('keeps order and loses nothing when a burst is handed over without waiting', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      await follow(reader, writer, 'd/');
      const numbers = Array.from({ length: 500 }, (_, number) => String(number));
      await Promise.all(numbers.map((number) => writer.transport.publish('d/x', bytesOf(number))));
      await reader.heard.until((heard) => heard.heard.length === 500);
      expect(reader.heard.texts('published')).toEqual(numbers);
    });

    it('reports subscriptions made before the connection ahead of one that was made after it', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      const early = ['z/', 'd/0123', 'd/4567', 'g/', 'r/self'];
      for (const key of early) reader.transport.subscribe(key);
      reader.transport.connect(writer.address);
      reader.transport.subscribe('a/last');
      await writer.heard.until((heard) => heard.keys().includes('a/last'));
      expect(writer.heard.keys().sort()).toEqual([...early, 'a/last'].sort());
      expect(writer.heard.keys().at(-1)).toBe('a/last');
    });

    it('reports the same key once for each of two subscribers', async () => {
      const [writer, one, two] = [await openPeer(), await openPeer(), await openPeer()];
      await follow(one, writer, 'd/same');
      two.transport.connect(writer.address);
      two.transport.subscribe('d/same');
      await writer.heard.until((heard) => heard.keys().length === 2);
      expect(writer.heard.keys()).toEqual(['d/same', 'd/same']);
    });

    it('delivers what is published by a publisher that answers a subscription at once', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      writer.heard.onHeard = (heard) => {
        if (heard.kind === 'subscribed') void writer.transport.publish(heard.key, bytesOf('ready'));
      };
      reader.transport.connect(writer.address);
      reader.transport.subscribe('r/reader');
      await reader.heard.until((heard) => heard.texts('published').includes('ready'));
    });

    it('stops for a key once it is unsubscribed, however often it was subscribed', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      reader.transport.subscribe('d/x');
      await follow(reader, writer, 'd/x');
      reader.transport.unsubscribe('d/x');
      await follow(reader, writer, 'd/marker');
      await writer.transport.publish('d/x', bytesOf('unwanted'));
      await writer.transport.publish('d/marker', bytesOf('marker'));
      await reader.heard.until((heard) => heard.texts('published').includes('marker'));
      expect(reader.heard.texts('published')).toEqual(['marker']);
    });

    it('does not report the end of a subscription as a subscription', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      await follow(reader, writer, 'd/x');
      reader.transport.unsubscribe('d/x');
      await follow(reader, writer, 'd/marker');
      expect(writer.heard.keys()).toEqual(['d/x', 'd/marker']);
    });

    it('carries a frame of eight mebibytes', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      await follow(reader, writer, 'd/');
      await writer.transport.publish('d/x', new Uint8Array(8 * MEBIBYTE).fill(7));
      await reader.heard.until((heard) => heard.heard.length === 1);
      const [frame] = reader.heard.all('published');
      expect(frame?.frame.byteLength).toBe(8 * MEBIBYTE);
      expect(frame?.frame.at(-1)).toBe(7);
    });

    it('delivers to nobody where nobody subscribed, without waiting', async () => {
      const writer = await openPeer();
      await writer.transport.publish('d/x', bytesOf('unheard'));
      expect(writer.heard.heard).toEqual([]);
    });
  });

  describe(`${name}: lanes`, () => {
    it('carry topics to those who subscribed to a prefix of them, and nothing else', async () => {
      const [writer, near, all] = [await openPeer(), await openPeer(), await openPeer()];
      await follow(near, writer, 't/kn');
      await follow(all, writer, 't/');
      for (const key of ['t/knobs', 'd/knobs', 't/meters', 'g/', 't/kn']) await writer.transport.publish(key, bytesOf(key));
      await near.heard.until((heard) => heard.texts('published').includes('t/kn'));
      await all.heard.until((heard) => heard.texts('published').includes('t/kn'));
      expect(near.heard.texts('published')).toEqual(['t/knobs', 't/kn']);
      expect(all.heard.texts('published')).toEqual(['t/knobs', 't/meters', 't/kn']);
    });

    it('are not crossed by a prefix: a subscription that is shorter than `t/` is one to state', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      await follow(reader, writer, 't');
      await writer.transport.publish('t/knobs', bytesOf('unwanted'));
      await writer.transport.publish('tail', bytesOf('marker'));
      await follow(reader, writer, 't/meters');
      await writer.transport.publish('t/knobs', bytesOf('unwanted'));
      await writer.transport.publish('t/meters', bytesOf('end'));
      await reader.heard.until((heard) => heard.all('published').length === 2);
      expect(reader.heard.texts('published').toSorted()).toEqual(['end', 'marker']);
    });

    it('keep the order of one publisher, each for itself', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      await follow(reader, writer, 'd/');
      await follow(reader, writer, 't/');
      const numbers = Array.from({ length: 500 }, (_, number) => number);
      for (const number of numbers) {
        await writer.transport.publish('d/x', bytesOf(`d${number}`));
        await writer.transport.publish('t/x', bytesOf(`t${number}`));
      }
      await reader.heard.until((heard) => heard.heard.length === 1000);
      const texts = reader.heard.texts('published');
      for (const lane of ['d', 't']) {
        expect(texts.filter((text) => text.startsWith(lane))).toEqual(numbers.map((number) => `${lane}${number}`));
      }
    });

    it('are subscribed to anew with a connection that is made anew, and to a peer that comes later', async () => {
      const [writer, later, reader] = [await openPeer(), await openPeer(), await openPeer()];
      await follow(reader, writer, 't/');
      reader.transport.disconnect(writer.id);
      for (const peer of [writer, later]) {
        const before = peer.heard.keys().length;
        reader.transport.connect(peer.address);
        await peer.heard.until((heard) => heard.keys().length > before);
        await peer.transport.publish('t/x', bytesOf(peer.id));
      }
      await reader.heard.until((heard) => heard.all('published').length === 2);
      expect(reader.heard.texts('published').toSorted()).toEqual([writer.id, later.id].toSorted());
    });

    it('are apart: a flood of messages at a busy reader costs not one frame of state', async () => {
      const [writer, reader] = [await openPeer(), await openReader()];
      await reader.follow(writer, ['t/', 'd/']);
      const [messages, frames] = [40_000, 400];
      await reader.whileBusy(async () => {
        for (let number = 0; number < messages; number++) {
          await writer.transport.publish('t/knob', bytesOf(`t${number} ${'.'.repeat(90)}`));
          if (number % (messages / frames) === 0) await writer.transport.publish('d/x', bytesOf(`d${number}`));
        }
      });
      await publishUntilHeard(writer, reader, 't/end');
      await publishUntilHeard(writer, reader, 'd/end');
      const heard = await reader.heard();
      const state = heard.filter((text) => text.startsWith('d'));
      expect(state).toEqual(Array.from({ length: frames }, (_, index) => `d${(index * messages) / frames}`));
      const lossy = numbersIn(heard, 't');
      expect(lossy.length).toBeGreaterThan(0);
      expect(lossy.length).toBeLessThan(messages);
      expect(lossy).toEqual(lossy.toSorted((a, b) => a - b));
    });
  });

  describe(`${name}: a reader that does not read`, () => {
    for (const lane of ['d', 't']) {
      it(`misses what exceeds the mark on ${lane}/, in order and without an error, and hears all again when it goes on`, async () => {
        const [writer, reader] = [await openPeer(), await openReader()];
        await reader.follow(writer, [`${lane}/`]);
        const weight = '.'.repeat(1000);
        reader.stop();
        for (let number = 0; number < framesBeyondMark; number++) {
          await writer.transport.publish(`${lane}/x`, bytesOf(`${lane}${number} ${weight}`));
        }
        await reader.goOn();
        await publishUntilHeard(writer, reader, `${lane}/x`);
        const missed = numbersIn(await reader.heard(), lane);
        expect(missed.length).toBeLessThan(framesBeyondMark);
        // What waited is a run from the first on: the newest are dropped, and none is doubled or overtaken.
        expect(missed.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, number) => number));
        expect(missed.every((number, index) => index === 0 || number > Number(missed[index - 1]))).toBe(true);
        for (let number = 0; number < 100; number++) await writer.transport.publish(`${lane}/x`, bytesOf(`${lane}${-1 - number}`));
        await publishUntilHeard(writer, reader, `${lane}/x`);
        const later = numbersIn(await reader.heard(), lane).filter((number) => number < 0);
        expect(later).toEqual(Array.from({ length: 100 }, (_, number) => -1 - number));
        expect(writer.heard.heard.filter(({ kind }) => kind === 'dropped' || kind === 'disconnected')).toEqual([]);
      });
    }

    it('holds up nobody else', async () => {
      const [writer, stopped, reader] = [await openPeer(), await openReader(), await openPeer()];
      await stopped.follow(writer, ['d/']);
      await follow(reader, writer, 'd/x');
      stopped.stop();
      for (let number = 0; number < framesBeyondMark; number++) {
        await writer.transport.publish('d/x', bytesOf(String(number)));
        // One loop for both: it reads at its own pace, and is not the one that is behind.
        if (number % 100 === 99) await reader.heard.until((heard) => heard.heard.length === number + 1);
      }
      await reader.heard.until((heard) => heard.heard.length === framesBeyondMark);
      expect(reader.heard.texts('published').map(Number)).toEqual(Array.from({ length: framesBeyondMark }, (_, number) => number));
      await stopped.goOn();
    });
  });

  describe(`${name}: requests`, () => {
    it('go to one peer and come back from it, in order', async () => {
      const [asking, answering] = [await openPeer(), await openPeer()];
      answering.heard.onHeard = (heard) => {
        if (heard.kind === 'requested') answering.transport.respond(heard.from, bytesOf(`re ${heard.text}`));
      };
      asking.transport.connect(answering.address);
      const numbers = Array.from({ length: 200 }, (_, number) => String(number));
      for (const number of numbers) asking.transport.request(answering.id, bytesOf(number));
      await asking.heard.until((heard) => heard.heard.length === 200);
      expect(answering.heard.texts('requested')).toEqual(numbers);
      expect(asking.heard.texts('responded')).toEqual(numbers.map((number) => `re ${number}`));
      expect(new Set(answering.heard.all('requested').map(({ from }) => from))).toEqual(new Set([asking.id]));
      expect(new Set(asking.heard.all('responded').map(({ from }) => from))).toEqual(new Set([answering.id]));
    });

    it('go both ways between two peers at once', async () => {
      const [one, two] = [await openPeer(), await openPeer()];
      for (const [self, other] of [
        [one, two],
        [two, one],
      ] as const) {
        self.heard.onHeard = (heard) => {
          if (heard.kind === 'requested') self.transport.respond(heard.from, bytesOf('answer'));
        };
        self.transport.connect(other.address);
        self.transport.request(other.id, bytesOf('question'));
      }
      await one.heard.until((heard) => heard.texts('responded').includes('answer'));
      await two.heard.until((heard) => heard.texts('responded').includes('answer'));
    });

    it('may be answered several times, and much later', async () => {
      const [asking, answering] = [await openPeer(), await openPeer()];
      asking.transport.connect(answering.address);
      asking.transport.request(answering.id, bytesOf('bulk'));
      await answering.heard.until((heard) => heard.texts('requested').includes('bulk'));
      for (const part of ['1', '2', '3']) answering.transport.respond(asking.id, bytesOf(part));
      await asking.heard.until((heard) => heard.heard.length === 3);
      expect(asking.heard.texts('responded')).toEqual(['1', '2', '3']);
    });

    it('to a peer without a connection are dropped and told', async () => {
      const [asking, stranger] = [await openPeer(), await openPeer()];
      asking.transport.request(stranger.id, bytesOf('hello'));
      await asking.heard.until((heard) => heard.all('dropped').length === 1);
      expect(asking.heard.all('dropped')[0]?.reason).toBe('unreachable');
      expect(stranger.heard.heard).toEqual([]);
    });

    it('can be answered only to a peer that has asked: else dropped and told', async () => {
      const [answering, stranger] = [await openPeer(), await openPeer()];
      answering.transport.respond(stranger.id, bytesOf('hello'));
      await answering.heard.until((heard) => heard.all('dropped').length === 1);
      expect(answering.heard.all('dropped')[0]?.reason).toBe('unreachable');
      expect(stranger.heard.heard).toEqual([]);
    });

    it('carry a frame of eight mebibytes each way', async () => {
      const [asking, answering] = [await openPeer(), await openPeer()];
      answering.heard.onHeard = (heard) => {
        if (heard.kind === 'requested') answering.transport.respond(heard.from, heard.frame);
      };
      asking.transport.connect(answering.address);
      asking.transport.request(answering.id, new Uint8Array(8 * MEBIBYTE).fill(9));
      await asking.heard.until((heard) => heard.heard.length === 1);
      expect(asking.heard.all('responded')[0]?.frame.at(-1)).toBe(9);
    });
  });

  describe(`${name}: connections`, () => {
    it('report the end of a peer that we connected to, once, and to nobody else', async () => {
      const [leaving, watching, stranger] = [await openPeer(), await openPeer(), await openPeer()];
      await follow(watching, leaving, 'd/');
      await follow(stranger, watching, 'd/');
      watching.transport.request(leaving.id, bytesOf('hello')); // a second socket to the same peer
      await leaving.heard.until((heard) => heard.texts('requested').includes('hello'));
      await leaving.transport.close();
      await watching.heard.until((heard) => heard.all('disconnected').length > 0);
      await watching.transport.publish('d/', bytesOf('marker'));
      await stranger.heard.until((heard) => heard.texts('published').includes('marker'));
      expect(watching.heard.all('disconnected')).toEqual([{ kind: 'disconnected', peer: leaving.id }]);
      expect(stranger.heard.all('disconnected')).toEqual([]);
      watching.transport.request(leaving.id, bytesOf('are you there?'));
      await watching.heard.until((heard) => heard.all('dropped').some(({ reason }) => reason === 'unreachable'));
    });

    it('deliver what was published right before close()', async () => {
      const [leaving, watching] = [await openPeer(), await openPeer()];
      await follow(watching, leaving, 'd/');
      void leaving.transport.publish('d/', bytesOf('goodbye'));
      await leaving.transport.close();
      await watching.heard.until((heard) => heard.all('disconnected').length > 0);
      expect(watching.heard.texts('published')).toEqual(['goodbye']);
    });

    it('deliver a whole burst that was published right before close()', async () => {
      const [leaving, watching] = [await openPeer(), await openPeer()];
      await follow(watching, leaving, 'd/');
      const numbers = Array.from({ length: 2000 }, (_, number) => String(number));
      for (const number of numbers) void leaving.transport.publish('d/', bytesOf(number));
      await leaving.transport.close();
      await watching.heard.until((heard) => heard.heard.at(-1)?.kind === 'disconnected');
      expect(watching.heard.texts('published')).toEqual(numbers);
    });

    it('deliver a response that was given right before close()', async () => {
      const [leaving, asking] = [await openPeer(), await openPeer()];
      asking.transport.connect(leaving.address);
      asking.transport.request(leaving.id, bytesOf('last question'));
      await leaving.heard.until((heard) => heard.texts('requested').length === 1);
      leaving.transport.respond(asking.id, bytesOf('last answer'));
      await leaving.transport.close();
      await asking.heard.until((heard) => heard.all('disconnected').length > 0 && heard.texts('responded').length > 0);
      expect(asking.heard.texts('responded')).toEqual(['last answer']);
    });

    it('that we end ourselves are not reported', async () => {
      const [writer, reader, other] = [await openPeer(), await openPeer(), await openPeer()];
      await follow(reader, writer, 'd/');
      reader.transport.disconnect(writer.id);
      await writer.transport.close();
      await follow(reader, other, 'd/');
      await other.transport.publish('d/', bytesOf('marker'));
      await reader.heard.until((heard) => heard.texts('published').includes('marker'));
      expect(reader.heard.all('disconnected')).toEqual([]);
    });

    it('deliver nothing more once they are ended, and all again once they are made anew', async () => {
      const [writer, reader, other] = [await openPeer(), await openPeer(), await openPeer()];
      await follow(reader, writer, 'd/x');
      await follow(reader, other, 'd/y');
      reader.transport.disconnect(writer.id);
      await writer.transport.publish('d/x', bytesOf('missed'));
      await other.transport.publish('d/y', bytesOf('marker'));
      await reader.heard.until((heard) => heard.texts('published').includes('marker'));
      reader.transport.unsubscribe('r/again');
      reader.transport.connect(writer.address);
      reader.transport.subscribe('r/again');
      await writer.heard.until((heard) => heard.keys().includes('r/again'));
      expect(writer.heard.keys().filter((key) => key === 'd/x')).toHaveLength(2);
      await writer.transport.publish('d/x', bytesOf('heard'));
      await reader.heard.until((heard) => heard.texts('published').includes('heard'));
      expect(reader.heard.texts('published')).toEqual(['marker', 'heard']);
    });

    it('carry requests again at once when they are ended and made anew', async () => {
      const [asking, answering] = [await openPeer(), await openPeer()];
      for (let round = 1; round <= 20; round++) {
        asking.transport.connect(answering.address);
        asking.transport.request(answering.id, bytesOf(String(round)));
        await answering.heard.until((heard) => heard.texts('requested').includes(String(round)));
        asking.transport.disconnect(answering.id);
      }
      expect(asking.heard.heard).toEqual([]);
    });

    it('made twice count once', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      reader.transport.connect(writer.address);
      await follow(reader, writer, 'd/');
      reader.transport.connect(writer.address);
      await writer.transport.publish('d/', bytesOf('once'));
      await writer.transport.publish('d/', bytesOf('marker'));
      await reader.heard.until((heard) => heard.texts('published').includes('marker'));
      expect(reader.heard.texts('published')).toEqual(['once', 'marker']);
    });

    it('to a peer that has gone already do no harm', async () => {
      const [gone, living, reader] = [await openPeer(), await openPeer(), await openPeer()];
      await gone.transport.close();
      reader.transport.connect(gone.address);
      reader.transport.request(gone.id, bytesOf('anyone?'));
      await follow(reader, living, 'd/');
      reader.transport.disconnect(gone.id);
      await living.transport.publish('d/', bytesOf('here'));
      await reader.heard.until((heard) => heard.texts('published').includes('here'));
    });
  });

  describe(`${name}: manners`, () => {
    it('never calls the listener from within a call', async () => {
      const [one, two] = [await openPeer(), await openPeer()];
      let isInside = false;
      const calledInside: string[] = [];
      for (const peer of [one, two]) {
        peer.heard.onHeard = (heard) => {
          if (isInside) calledInside.push(heard.kind);
        };
      }
      const inside = (act: () => void): void => {
        isInside = true;
        act();
        isInside = false;
      };
      inside(() => one.transport.connect(two.address));
      inside(() => one.transport.subscribe('d/'));
      await two.heard.until((heard) => heard.keys().includes('d/'));
      inside(() => void two.transport.publish('d/', bytesOf('x')));
      inside(() => one.transport.request(two.id, bytesOf('x')));
      inside(() => one.transport.request('0123456789abcdef' as PeerId, bytesOf('x')));
      inside(() => one.transport.respond('0123456789abcdef' as PeerId, bytesOf('x')));
      await one.heard.until((heard) => heard.all('published').length === 1 && heard.all('dropped').length === 2);
      await two.heard.until((heard) => heard.all('requested').length === 1);
      inside(() => two.transport.respond(one.id, bytesOf('x')));
      await one.heard.until((heard) => heard.all('responded').length === 1);
      expect(calledInside).toEqual([]);
    });

    it('gives bytes that the listener may change', async () => {
      const [writer, one, two] = [await openPeer(), await openPeer(), await openPeer()];
      await follow(one, writer, 'd/');
      two.transport.connect(writer.address);
      two.transport.subscribe('d/');
      await writer.heard.until((heard) => heard.keys().length === 2);
      one.heard.onHeard = (heard) => {
        if (heard.kind === 'published') heard.frame.fill(0);
      };
      await writer.transport.publish('d/', bytesOf('first'));
      await writer.transport.publish('d/', bytesOf('second'));
      await one.heard.until((heard) => heard.texts('published').length === 2);
      await two.heard.until((heard) => heard.texts('published').length === 2);
      expect(one.heard.texts('published')).toEqual(['first', 'second']);
      expect(two.heard.texts('published')).toEqual(['first', 'second']);
    });

    it('counts frames and bytes', async () => {
      const [writer, reader] = [await openPeer(), await openPeer()];
      await follow(reader, writer, 'd/');
      await writer.transport.publish('d/', bytesOf('12345'));
      reader.transport.request(writer.id, bytesOf('123'));
      await reader.heard.until((heard) => heard.all('published').length === 1);
      await writer.heard.until((heard) => heard.all('requested').length === 1);
      expect(writer.transport.traffic).toEqual({ framesIn: 1, bytesIn: 3, framesOut: 1, bytesOut: 5 });
      expect(reader.transport.traffic).toEqual({ framesIn: 1, bytesIn: 5, framesOut: 1, bytesOut: 3 });
    });

    it('closes once for all callers, says nothing afterwards, and takes later calls in silence', async () => {
      const [closing, other] = [await openPeer(), await openPeer()];
      await follow(closing, other, 'd/');
      await other.transport.publish('d/', bytesOf('on its way'));
      const heardAtClose = closing.heard.heard.length;
      closing.transport.request('0123456789abcdef' as PeerId, bytesOf('to nobody'));
      await Promise.all([closing.transport.close(), closing.transport.close()]);
      closing.transport.connect(other.address);
      closing.transport.subscribe('d/late');
      closing.transport.unsubscribe('d/');
      closing.transport.request(other.id, bytesOf('late'));
      closing.transport.respond(other.id, bytesOf('late'));
      closing.transport.disconnect(other.id);
      await closing.transport.publish('d/', bytesOf('late'));
      await closing.transport.close();
      const third = await openPeer();
      await follow(third, other, 'd/third');
      await other.transport.publish('d/third', bytesOf('marker'));
      await third.heard.until((heard) => heard.texts('published').includes('marker'));
      expect(closing.heard.heard).toHaveLength(heardAtClose);
    });
  });
}

function numbersIn(texts: readonly string[], start: string): number[] {
  return texts.filter((text) => text.startsWith(start)).map((text) => Number(text.slice(start.length)));
}
