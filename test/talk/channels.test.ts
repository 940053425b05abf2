/**
 * Requests and streams under chance: peers that stop, crash, close, and lose each other, sometimes without the other noticing. One
 * seed decides all of it. At rest nothing may wait, nothing may be left, and whatever arrived is what was sent.
 */

import { describe, expect, it } from 'vitest';
import type { PeerId } from '../../src/base/ids.js';
import { turn } from '../../src/base/turn.js';
import { raw } from '../../src/talk/codecs/raw.js';
import type { TalkStream } from '../../src/talk/streams.js';
import { POSTED_VALUE_BYTES_MAX, WINDOW_BYTES } from '../../talk/limits.js';
import { PostedWriter } from '../../talk/wire/posted-writer.js';
import { Party } from './party.js';
import type { PartyInstance, PartyPeer } from './party.js';

const SEEDS = 12;
const STEPS = 120;

/** What is known to end a request or a stream when peers go. */
const HONEST_ENDS = new Set([
  'SOCOMM_PEER_LOST',
  'SOCOMM_PEER_UNKNOWN',
  'SOCOMM_CLOSED',
  'SOCOMM_NO_HANDLER',
  'SOCOMM_STREAM_ABORTED',
  'SOCOMM_REQUEST_TIMEOUT',
  'E_OWN',
]);

class Drill {
  readonly party: Party;
  readonly peers: PartyPeer[] = [];
  readonly instances: PartyInstance[] = [];
  readonly unsettled = new Set<string>();
  readonly wrong: string[] = [];
  readonly outcomes = { answered: 0, failed: 0, streamed: 0, broken: 0 };
  #count = 0;

  constructor(seed: number) {
    this.party = new Party(seed);
    this.party.network.latencyMs = 1;
    this.party.network.jitterMs = 8;
  }

  chance(share: number): boolean {
    return this.party.random.fraction() < share;
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.party.random.fraction() * items.length)];
  }

  async open(): Promise<void> {
    for (let count = 0; count < 4; count++) this.peers.push(await this.party.peer());
    for (const peer of this.peers) for (let count = 0; count < 2; count++) this.settle(peer);
    await this.party.pass(30);
  }

  settle(peer: PartyPeer): void {
    const instance = peer.instance();
    this.instances.push(instance);
    instance.requests.handle('echo', async (input: unknown) => {
      await new Promise<void>((resolve) => this.party.clock.after(this.party.random.fraction() * 30, resolve));
      if (this.chance(0.1)) throw Object.assign(new Error('by chance'), { code: 'E_OWN' });
      return input;
    });
    instance.requests.handle('many', async function* many(input: unknown) {
      for (let index = 0; index < 40; index++) yield { input, index, pad: new Uint8Array(index * 1000) };
    });
    instance.streams.onStream<Uint8Array>('bytes', (stream) => void this.#read(stream));
  }

  step(): void {
    const from = this.pick(this.instances);
    const to = this.pick(this.instances);
    if (from === undefined || to === undefined) return;
    const kind = this.party.random.fraction();
    if (kind < 0.4) return this.#watch('request', this.#ask(from, this.pick([to.id, to.peer.id, 'any'] as const) as never));
    if (kind < 0.55) return this.#watch('answers', this.#askMany(from, to));
    if (kind < 0.65) return this.#watch('stream', this.#stream(from, to));
    if (kind < 0.75) return this.#stop(to.peer);
    if (kind < 0.9) return this.#cutOff(from.peer, to.peer);
    if (kind < 0.93) return this.#close(to);
    if (kind < 0.985) return this.settle(to.peer);
    if (this.peers.filter(({ isGone }) => !isGone).length > 2) this.#crash(to.peer);
  }

  #watch(what: string, outcome: Promise<void>): void {
    const name = `${what} ${++this.#count}`;
    this.unsettled.add(name);
    void outcome
      .catch((error: unknown) => {
        this.outcomes.failed++;
        const { code } = error as { code?: string };
        if (code === undefined || !HONEST_ENDS.has(code)) this.wrong.push(`${name}: ${code}: ${String(error)}`);
      })
      .finally(() => this.unsettled.delete(name));
  }

  async #ask(from: PartyInstance, to: PartyInstance['id'] | PeerId | 'any'): Promise<void> {
    const input = { number: this.#count, pad: new Uint8Array(this.chance(0.2) ? 300_000 : 10) };
    const answer = await from.requests.request<unknown, unknown>('echo', input, { to, ...(this.chance(0.2) && { timeoutMs: 20 }) });
    this.outcomes.answered++;
    if ((answer as { number: number }).number !== input.number) this.wrong.push(`an answer of another request: ${JSON.stringify(answer)}`);
  }

  async #askMany(from: PartyInstance, to: PartyInstance): Promise<void> {
    let next = 0;
    const endsAt = this.chance(0.3) ? 10 : 40;
    for await (const answer of from.requests.requestStream('many', this.#count, { to: to.id })) {
      if ((answer as { index: number }).index !== next++) this.wrong.push(`answers out of order: ${JSON.stringify(answer)}`);
      if (next === endsAt) break;
    }
    if (next !== endsAt) this.wrong.push(`${next} answers of ${endsAt}`);
    this.outcomes.streamed++;
  }

  async #stream(from: PartyInstance, to: PartyInstance): Promise<void> {
    const stream = await from.streams.openStream<Uint8Array>(to.id, 'bytes');
    const size = Math.floor(this.party.random.fraction() * 3_000_000);
    const told = this.#total(stream);
    told.catch(() => undefined);
    for (let at = 0; at < size;) {
      const piece = numbered(at, Math.min(size - at, 1 + Math.floor(this.party.random.fraction() * 400_000)));
      at += piece.length;
      await stream.write(piece);
    }
    await stream.end();
    if ((await told) !== size) this.wrong.push(`${await told} bytes arrived of ${size}`);
    await stream.closed;
    this.outcomes.streamed++;
  }

  async #total(stream: TalkStream<Uint8Array>): Promise<number> {
    const pieces: Uint8Array[] = [];
    for await (const piece of stream) pieces.push(piece);
    return Number(Buffer.concat(pieces).toString());
  }

  /** The other end: what comes must be what was sent, up to wherever it breaks. */
  async #read(stream: TalkStream<Uint8Array>): Promise<void> {
    let at = 0;
    try {
      for await (const piece of stream) {
        if (Buffer.compare(piece, numbered(at, piece.length)) !== 0) this.wrong.push(`other bytes at ${at} of ${stream.name}`);
        at += piece.length;
      }
      await stream.write(Buffer.from(String(at)));
      await stream.end();
    } catch {
      this.outcomes.broken++; // whoever wrote hears why, and is looked at
    }
  }

  #stop(peer: PartyPeer): void {
    const goOn = this.party.network.stop(peer.id);
    this.party.clock.after(this.party.random.fraction() * 100, goOn);
  }

  /** Mostly only one side notices. */
  #cutOff(one: PartyPeer, other: PartyPeer): void {
    if (one === other || one.isGone || other.isGone) return;
    one.cutOff(other);
    if (this.chance(0.3)) other.cutOff(one);
    this.party.clock.after(this.party.random.fraction() * 30, () => this.party.join(one, other));
  }

  #close(instance: PartyInstance): void {
    if (this.instances.length < 4) return;
    this.instances.splice(this.instances.indexOf(instance), 1);
    instance.close();
  }

  #crash(peer: PartyPeer): void {
    for (const instance of this.instances.filter(({ peer: of }) => of === peer)) this.instances.splice(this.instances.indexOf(instance), 1);
    peer.crash();
  }
}

/** Bytes that tell where they belong. */
function numbered(at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = ((at + index) * 2_654_435_761) >>> 13;
  return bytes;
}

describe('requests and streams under chance', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    'seed %i: everything settles, in order and whole or with a code, and nothing is left',
    async (seed) => {
      const drill = new Drill(seed);
      await drill.open();
      for (let count = 0; count < STEPS; count++) {
        drill.step();
        if (drill.chance(0.7)) await drill.party.pass(Math.floor(drill.party.random.fraction() * 10));
      }
      for (let count = 0; count < 400 && drill.unsettled.size > 0; count++) await drill.party.pass(25);
      await drill.party.pass(200);
      expect(drill.wrong).toEqual([]);
      expect([...drill.unsettled]).toEqual([]);
      const left = drill.peers.filter(({ isGone }) => !isGone).map(({ channels }) => channels.openCount);
      expect(left).toEqual(left.map(() => 0));
      expect(drill.party.clock.pendingCount, 'no timer is left').toBe(0);
      expect(drill.outcomes.answered + drill.outcomes.streamed).toBeGreaterThan(10);
    },
  );
});

describe('what no honest peer posts', () => {
  it('is dropped or answered, never thrown, and harms nobody', async () => {
    const party = new Party(7);
    const [honest, hostile] = [await party.peer(), await party.peer()];
    const [taker, stranger] = [honest.instance(), hostile.instance()];
    await party.pass(20);
    taker.requests.handle('echo', (input: unknown) => input, { codec: raw() });
    const writer = new PostedWriter(hostile.id);
    const say = (frame: Parameters<PostedWriter['encode']>[0]): void => {
      const posted = writer.encode(frame);
      void hostile.transport.post(honest.id, posted.frame, posted.body);
    };
    const ask = { kind: 'ask', name: 'echo', from: 1, to: 1, inputCodec: 'raw', outputCodec: 'raw', isStreamWanted: false } as const;
    const payload = new Uint8Array(256 * 1024);
    // Channels that never were, an id that is used twice, an input without an end, an asker that is none.
    for (const kind of ['data', 'finish', 'credit'] as const)
      say({ kind, id: 9, ofOpener: true, continues: false, isLast: true, payload: new Uint8Array(1), bytes: 5 });
    say({ ...ask, id: 10, continues: true, payload });
    say({ ...ask, id: 10, continues: false, payload: new Uint8Array(1) });
    say({ ...ask, id: 11, from: 0, continues: false, payload: new Uint8Array(1) });
    for (let sent = payload.length; sent <= POSTED_VALUE_BYTES_MAX; sent += payload.length)
      say({ kind: 'data', id: 10, ofOpener: true, continues: true, isLast: false, payload });
    void hostile.transport.post(honest.id, new Uint8Array(40).fill(0x73));
    const forged = new PostedWriter(honest.id).encode({ kind: 'reset', incarnation: 5 });
    void hostile.transport.post(honest.id, forged.frame);
    say({ kind: 'reset', incarnation: 1 });
    await party.pass(50);
    expect(honest.channels.dropped).toEqual({ unreadable: 2, unlinked: 0, absurd: 1 });
    expect(honest.channels.openCount).toBe(0);
    expect(await party.until(stranger.requests.request('echo', Uint8Array.of(5), { to: taker.id, codec: raw() }))).toEqual(
      Uint8Array.of(5),
    );
  });

  it('beyond its window ends the stream', async () => {
    const party = new Party(8);
    const [honest, hostile] = [await party.peer(), await party.peer()];
    const [taker] = [honest.instance(), hostile.instance()];
    await party.pass(20);
    const streams: TalkStream<Uint8Array>[] = [];
    taker.streams.onStream<Uint8Array>('bytes', (stream) => void streams.push(stream));
    const writer = new PostedWriter(hostile.id);
    const say = (frame: Parameters<PostedWriter['encode']>[0]): void => {
      const posted = writer.encode(frame);
      void hostile.transport.post(honest.id, posted.frame, posted.body);
    };
    say({ kind: 'open', id: 1, name: 'bytes', from: 1, to: 1, codec: 'raw' });
    for (let sent = 0; sent <= WINDOW_BYTES; sent += 64 * 1024)
      say({ kind: 'data', id: 1, ofOpener: true, continues: false, isLast: false, payload: new Uint8Array(64 * 1024) });
    await party.pass(20);
    expect(await party.codeOf((streams[0] as TalkStream<Uint8Array>).closed)).toBe('SOCOMM_OVERFLOW');
    expect(honest.channels.openCount).toBe(0);
  });

  it('by one who is not linked yet waits until he is; of too much nothing is kept, and he hears so', async () => {
    for (const count of [1, 300]) await early(count);
  });

  async function early(count: number): Promise<void> {
    const party = new Party(9);
    const [early, late] = [await party.peer(), await party.peer()];
    const [asker, taker] = [early.instance(), late.instance()];
    taker.requests.handle('echo', (input: unknown) => input);
    early.channels.peerMet(late.id);
    early.transport.connect(late.address);
    const asked = Array.from({ length: count }, () => asker.requests.request('echo', 1, { to: taker.id }));
    const outcomes = Promise.all(asked.map((request) => party.codeOf(request)));
    await party.clock.advance(1);
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(late.channels.openCount).toBe(0);
    // What came after it was too much is kept again, and answered.
    const codes = await outcomes;
    expect(codes.filter((code) => code === 'SOCOMM_PEER_LOST')).toHaveLength(count === 1 ? 0 : 257);
    expect(codes.filter((code) => code === 'nothing')).toHaveLength(count === 1 ? 1 : 300 - 257);
    expect(late.channels.dropped.unlinked).toBe(count === 1 ? 0 : 257);
    expect(await party.until(asker.requests.request('echo', 2, { to: taker.id }))).toBe(2);
  }
});
