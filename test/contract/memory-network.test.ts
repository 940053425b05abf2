/** The faults of the memory network, each by itself: what it hits, what it spares, and that a seed repeats it. */

import { describe, expect, it } from 'vitest';
import { newPeerId } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { MemoryNetwork } from '../../sync/memory-network.js';
import { MemoryTransport } from '../../sync/memory-transport.js';
import { bytesOf, Recorder } from './recorder.js';

async function pair(seed = 1) {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const network = new MemoryNetwork({ clock, random });
  const open = async () => {
    const [id, heard, transport] = [newPeerId(random), new Recorder(), new MemoryTransport(network)];
    return { id, heard, transport, address: await transport.open(id, heard) };
  };
  const [one, two] = [await open(), await open()];
  two.transport.connect(one.address);
  for (const key of ['d/', 't/']) two.transport.subscribe(key);
  await clock.advance(10);
  return { clock, network, one, two };
}

type Pair = Awaited<ReturnType<typeof pair>>;

const numbers = (count: number): string[] => Array.from({ length: count }, (_, number) => String(number));

function publish({ one }: Pair, count: number, key = 'd/'): void {
  for (const number of numbers(count)) void one.transport.publish(key, bytesOf(number));
}

describe('a pipe of the memory network', () => {
  it('is not held up by another: state, messages, requests and subscriptions overtake each other', async () => {
    const all = await pair();
    const { clock, network, one, two } = all;
    network.latencyMs = 1000;
    publish(all, 1);
    network.latencyMs = 1;
    publish(all, 1, 't/');
    two.transport.request(one.id, bytesOf('ask'));
    two.transport.subscribe('d/new');
    await clock.advance(10);
    expect(two.heard.texts('published')).toEqual(['0']);
    expect(one.heard.texts('requested')).toEqual(['ask']);
    expect(one.heard.keys().at(-1)).toBe('d/new');
    publish(all, 1);
    await clock.advance(980);
    expect(two.heard.texts('published')).toEqual(['0']);
    await clock.advance(10);
    expect(two.heard.texts('published')).toEqual(['0', '0', '0']);
  });

  it('ends after all that was sent, on whichever pipe and however late', async () => {
    const all = await pair();
    const { clock, network, one, two } = all;
    two.transport.request(one.id, bytesOf('ask'));
    await clock.advance(10);
    network.latencyMs = 300;
    network.reorderRate = 0.5;
    publish(all, 20);
    network.reorderRate = 0;
    network.latencyMs = 1;
    publish(all, 1, 't/');
    one.transport.respond(two.id, bytesOf('answer'));
    one.transport.crash();
    await clock.advance(3000);
    expect(two.heard.heard).toHaveLength(23);
    expect(two.heard.heard.at(-1)?.kind).toBe('disconnected');
  });

  it('stands still as a whole when one of its parcels is delayed for long', async () => {
    const all = await pair();
    const { clock, network, one, two } = all;
    network.longDelayRate = 1;
    publish(all, 1);
    network.longDelayRate = 0;
    publish(all, 10);
    two.transport.request(one.id, bytesOf('ask'));
    await clock.advance(10);
    expect(two.heard.texts('published')).toEqual([]);
    expect(one.heard.texts('requested')).toEqual(['ask']);
    await clock.advance(network.longDelayMs);
    expect(two.heard.texts('published')).toEqual(['0', ...numbers(10)]);
  });
});

describe('chance in the memory network', () => {
  it('lets published frames be overtaken, loses none of them, and spares requests', async () => {
    const course = async (seed: number): Promise<string[]> => {
      const all = await pair(seed);
      const { clock, network, one, two } = all;
      network.reorderRate = 0.2;
      for (const number of numbers(100)) {
        void one.transport.publish('d/', bytesOf(number));
        two.transport.request(one.id, bytesOf(number));
        await clock.advance(0.2);
      }
      await clock.advance(100);
      expect(one.heard.texts('requested')).toEqual(numbers(100));
      return two.heard.texts('published');
    };
    const first = await course(3);
    expect(first).not.toEqual(numbers(100));
    expect(first.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(100));
    expect(await course(3)).toEqual(first);
  });

  it('loses requests and responses at their own rate, and no published frame', async () => {
    const all = await pair();
    const { clock, network, one, two } = all;
    network.requestLossRate = 0.3;
    one.heard.onHeard = (heard) => {
      if (heard.kind === 'requested') one.transport.respond(heard.from, heard.frame);
    };
    for (const number of numbers(200)) two.transport.request(one.id, bytesOf(number));
    publish(all, 200);
    await clock.advance(10);
    const [asked, answered] = [one.heard.texts('requested').length, two.heard.texts('responded').length];
    expect(asked).toBeLessThan(180);
    expect(asked).toBeGreaterThan(100);
    expect(answered).toBeLessThan(asked);
    expect(two.heard.texts('published')).toEqual(numbers(200));
  });

  it('hits the same parcels whatever other rates are', async () => {
    const lost = async (duplicateRate: number): Promise<string[]> => {
      const all = await pair(5);
      all.network.lossRate = 0.3;
      all.network.longDelayRate = duplicateRate;
      publish(all, 100);
      await all.clock.advance(10_000);
      return all.two.heard.texts('published');
    };
    expect(await lost(0.5)).toEqual(await lost(0));
  });
});

describe('the marks of the memory network', () => {
  it('drop the newest frames for a stopped reader, on each pipe for itself, and count them', async () => {
    const all = await pair();
    const { clock, network, one, two } = all;
    network.highWaterFrames = 10;
    network.requestsHighWaterFrames = 5;
    const goOn = [network.stop(one.id), network.stop(two.id)];
    publish(all, 30);
    publish(all, 8, 't/');
    for (const number of numbers(30)) two.transport.request(one.id, bytesOf(number));
    two.transport.subscribe('r/');
    await clock.advance(10);
    for (const each of goOn) each();
    expect(two.heard.texts('published').toSorted()).toEqual([...numbers(10), ...numbers(8)].toSorted());
    expect(one.heard.texts('requested')).toEqual(numbers(5));
    expect(one.heard.keys()).toContain('r/');
    expect(network.overflowed).toEqual({ published: 20, requests: 25 });
    expect(network.mostWaiting).toEqual({ published: 10, requests: 5 });
  });

  it('are reached at a slow reader too, who takes one after the other and counts as in flight meanwhile', async () => {
    const all = await pair();
    const { clock, network, two } = all;
    network.highWaterFrames = 10;
    const end = network.slow(two.id, 20);
    publish(all, 30);
    const quiet = network.quiet();
    await clock.advance(41);
    expect(two.heard.texts('published')).toEqual(['0', '1', '2']);
    expect(network.overflowed.published).toBe(20);
    expect(network.inFlight).toBe(7);
    await clock.advance(140);
    await quiet;
    expect(two.heard.texts('published')).toEqual(numbers(10));
    publish(all, 5);
    await clock.advance(2);
    end();
    end();
    expect(two.heard.texts('published')).toHaveLength(15);
    publish(all, 30);
    await clock.advance(1);
    expect(two.heard.texts('published')).toHaveLength(45);
  });

  it('keep nothing for a reader that has gone', async () => {
    const all = await pair();
    const { clock, network, two } = all;
    network.slow(two.id, 1000);
    publish(all, 30);
    await clock.advance(5);
    expect(network.inFlight).toBeGreaterThan(0);
    two.transport.crash();
    await clock.advance(5);
    expect(network.inFlight).toBe(0);
    await network.quiet();
  });
});

describe('posts in the memory network', () => {
  /** `two` posts to `one`, to which it is connected. */
  function posts({ one, two }: Pair, count: number): Promise<void>[] {
    return numbers(count).map((number) => two.transport.post(one.id, bytesOf(number)));
  }

  const post = (all: Pair, count: number): void => void Promise.all(posts(all, count));

  it('are neither lost nor doubled nor overtaken, whatever the rates are', async () => {
    const all = await pair();
    const { clock, network, one } = all;
    Object.assign(network, { lossRate: 0.5, duplicateRate: 0.5, reorderRate: 0.5, requestLossRate: 0.5, longDelayRate: 0.1, jitterMs: 50 });
    Object.assign(network, { highWaterFrames: 1, requestsHighWaterFrames: 1 });
    const goOn = network.stop(one.id);
    post(all, 200);
    await clock.advance(10_000);
    expect(one.heard.texts('posted')).toEqual([]);
    goOn();
    expect(one.heard.texts('posted')).toEqual(numbers(200));
  });

  it('wait at a cut until it heals, and are gone where the peer goes first', async () => {
    const all = await pair();
    const { clock, network, one, two } = all;
    const heal = network.partition(one.id, two.id);
    post(all, 3);
    await clock.advance(1000);
    expect(one.heard.texts('posted')).toEqual([]);
    heal();
    expect(one.heard.texts('posted')).toEqual(numbers(3));
    network.partition(one.id, two.id);
    post(all, 3);
    one.transport.crash();
    await clock.advance(1000);
    await network.quiet();
    expect(one.heard.texts('posted')).toEqual(numbers(3));
  });

  it('make the poster wait above the mark, until the reader takes some', async () => {
    const all = await pair();
    const { clock, network, one } = all;
    network.postsUnderwayMax = 10;
    const goOn = network.stop(one.id);
    let taken = 0;
    const waiting = posts(all, 15).map(async (each) => {
      await each;
      taken++;
    });
    await clock.advance(1000);
    expect(taken).toBe(9);
    goOn();
    await Promise.all(waiting);
    expect(one.heard.texts('posted')).toEqual(numbers(15));
  });

  it('of a connection that its peer has ended do not arrive once it has asked on a newer one', async () => {
    const all = await pair();
    const { clock, network, one, two } = all;
    network.latencyMs = 500;
    post(all, 3);
    network.latencyMs = 1;
    two.transport.disconnect(one.id);
    two.transport.connect(one.address);
    two.transport.request(one.id, bytesOf('hello again'));
    await clock.advance(10);
    expect(one.heard.texts('requested')).toEqual(['hello again']);
    await clock.advance(1000);
    expect(one.heard.texts('posted')).toEqual([]);
    post(all, 2);
    await clock.advance(1000);
    expect(one.heard.texts('posted')).toEqual(numbers(2));
  });
});
