import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { newPeerId } from '../../src/base/ids.js';
import { seededRandom, systemRandom } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { MemoryNetwork } from '../../sync/memory-network.js';
import { MemoryTransport } from '../../sync/memory-transport.js';
import type { PeerAddress } from '../../sync/transport.js';
import { postContract } from './posts.js';
import { bytesOf, Recorder } from './recorder.js';
import { transportContract, type StoppableReader, type TestPeer } from './transport.js';

const shared = new MemoryNetwork({ clock: systemClock, random: systemRandom });
shared.highWaterFrames = 1000;

const contract = {
  create: () => new MemoryTransport(shared),
  createReader: () => MemoryReader.open(shared),
  framesBeyondMark: 3000,
};
transportContract('memory', contract);
postContract('memory', contract);

/** It is stopped by the network, which is where a stopped process leaves its frames too. */
class MemoryReader implements StoppableReader {
  readonly #network: MemoryNetwork;
  readonly #heard: Recorder;
  readonly #transport: MemoryTransport;
  readonly address: PeerAddress;
  #goOn: () => void = () => undefined;

  private constructor(network: MemoryNetwork, transport: MemoryTransport, address: PeerAddress, heard: Recorder) {
    this.#network = network;
    this.#transport = transport;
    this.address = address;
    this.#heard = heard;
  }

  static async open(network: MemoryNetwork): Promise<MemoryReader> {
    const [transport, heard] = [new MemoryTransport(network), new Recorder()];
    return new MemoryReader(network, transport, await transport.open(newPeerId(systemRandom), heard), heard);
  }

  async follow(writer: TestPeer, keys: readonly string[]): Promise<void> {
    this.#transport.connect(writer.address);
    for (const key of keys) this.#transport.subscribe(key);
    await writer.heard.until((heard) => keys.every((key) => heard.keys().includes(key)));
  }

  stop(): void {
    this.#goOn = this.#network.stop(this.address.id);
  }

  async goOn(): Promise<void> {
    await this.#network.quiet();
    this.#goOn();
  }

  async whileBusy(act: () => Promise<void>): Promise<void> {
    this.stop();
    await act();
    await this.goOn();
  }

  heard(): Promise<readonly string[]> {
    return Promise.resolve(this.#heard.all('published').map(({ frame }) => firstWord(frame)));
  }

  posted(): Promise<readonly string[]> {
    return Promise.resolve(this.#heard.all('posted').map(({ frame }) => firstWord(frame)));
  }

  close(): void {
    this.#transport.crash();
  }
}

function firstWord(frame: Uint8Array): string {
  return String(new TextDecoder().decode(frame).split(' ')[0]);
}

describe('the memory network', () => {
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
    two.transport.subscribe('d/');
    await clock.advance(10);
    return { clock, network, one, two };
  }

  it('delivers after the latency and not before, and knows what is in flight', async () => {
    const { clock, network, one, two } = await pair();
    network.latencyMs = 20;
    void one.transport.publish('d/', bytesOf('x'));
    await clock.advance(19);
    expect(two.heard.texts('published')).toEqual([]);
    expect(network.inFlight).toBe(1);
    const quiet = network.quiet();
    await clock.advance(1);
    await quiet;
    expect(two.heard.texts('published')).toEqual(['x']);
    expect(network.inFlight).toBe(0);
  });

  it('keeps the order of a link under jitter and when the latency falls', async () => {
    const { clock, network, one, two } = await pair();
    network.latencyMs = 500;
    network.jitterMs = 400;
    void one.transport.publish('d/', bytesOf('0'));
    network.latencyMs = 1;
    for (let number = 1; number < 50; number++) void one.transport.publish('d/', bytesOf(String(number)));
    await clock.advance(499);
    expect(two.heard.texts('published')).toEqual([]);
    await clock.advance(1500);
    expect(two.heard.texts('published')).toEqual(Array.from({ length: 50 }, (_, number) => String(number)));
  });

  it('loses and doubles published frames as told, the same ones for the same seed, and never a request', async () => {
    const course = async (seed: number) => {
      const { clock, network, one, two } = await pair(seed);
      network.lossRate = 0.3;
      network.duplicateRate = 0.1;
      for (let number = 0; number < 200; number++) {
        void one.transport.publish('d/', bytesOf(String(number)));
        two.transport.request(one.id, bytesOf('ask'));
      }
      await clock.advance(10);
      expect(one.heard.texts('requested')).toHaveLength(200);
      return two.heard.texts('published');
    };
    const first = await course(7);
    expect(new Set(first).size).toBeGreaterThan(100);
    expect(new Set(first).size).toBeLessThan(180);
    expect(first.length).toBeGreaterThan(new Set(first).size);
    expect(await course(7)).toEqual(first);
    expect(await course(8)).not.toEqual(first);
  });

  it('swallows frames over a partition, keeps subscriptions for later, and heals', async () => {
    const { clock, network, one, two } = await pair();
    const heal = network.partition(one.id, two.id);
    void one.transport.publish('d/', bytesOf('lost'));
    two.transport.request(one.id, bytesOf('lost'));
    two.transport.subscribe('r/new');
    await clock.advance(100);
    expect(one.heard.keys()).toEqual(['d/']);
    heal();
    heal();
    void one.transport.publish('r/new', bytesOf('found'));
    await clock.advance(10);
    expect(one.heard.keys()).toEqual(['d/', 'r/new']);
    expect(one.heard.texts('requested')).toEqual([]);
    expect(two.heard.texts('published')).toEqual(['found']);
  });

  it('isolates a peer from all others', async () => {
    const { clock, network, one, two } = await pair();
    const heal = network.isolate(two.id);
    void one.transport.publish('d/', bytesOf('lost'));
    await clock.advance(10);
    heal();
    void one.transport.publish('d/', bytesOf('found'));
    await clock.advance(10);
    expect(two.heard.texts('published')).toEqual(['found']);
  });

  it('holds everything for a stopped peer and delivers it in order when it goes on', async () => {
    const { clock, network, one, two } = await pair();
    const goOn = network.stop(two.id);
    for (const text of ['1', '2', '3']) void one.transport.publish('d/', bytesOf(text));
    one.transport.crash();
    await clock.advance(1000);
    expect(two.heard.heard).toEqual([]);
    goOn();
    expect(two.heard.heard.map(({ kind }) => kind)).toEqual(['published', 'published', 'published', 'disconnected']);
  });

  it('tells of a crash only when the news has arrived, after what was sent before it', async () => {
    const { clock, one, two } = await pair();
    void one.transport.publish('d/', bytesOf('last words'));
    one.transport.crash();
    expect(two.heard.heard).toEqual([]);
    await clock.advance(1);
    expect(two.heard.heard.map(({ kind }) => kind)).toEqual(['published', 'disconnected']);
    two.transport.request(one.id, bytesOf('anyone?'));
    await clock.advance(1);
    expect(two.heard.all('dropped')[0]?.reason).toBe('unreachable');
  });

  it('refuses a second peer of the same id', async () => {
    const { network, one } = await pair();
    const twin = new MemoryTransport(network);
    expect(() => twin.open(one.id, new Recorder())).toThrow(TypeError);
  });
});
