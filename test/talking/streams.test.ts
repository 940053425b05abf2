import { describe, expect, it } from 'vitest';
import { lib0 } from '../../src/talk/codecs/lib0.js';
import { defineStream } from '../../src/talk/definitions.js';
import type { TalkStream } from '../../src/talk/streams.js';
import { WINDOW_BYTES } from '../../talk/limits.js';
import { Party } from '../talk/party.js';
import type { PartyInstance } from '../talk/party.js';

interface Pair {
  readonly party: Party;
  readonly opener: PartyInstance;
  readonly taker: PartyInstance;
}

async function pair(): Promise<Pair> {
  const party = new Party();
  const [opener, taker] = [(await party.peer()).instance(), (await party.peer()).instance()];
  await party.pass(20);
  return { party, opener, taker };
}

/** A stream of bytes between the two, as each end has it. */
async function open({ party, opener, taker }: Pair): Promise<readonly [TalkStream<Uint8Array>, TalkStream<Uint8Array>]> {
  const taken = new Promise<TalkStream<Uint8Array>>((resolve) => void taker.streams.onStream<Uint8Array>('bytes', resolve));
  const opened = await party.until(opener.streams.openStream<Uint8Array>(taker.id, 'bytes'));
  return [opened, await party.until(taken)];
}

async function all<Value>(stream: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

const pattern = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, index) => (index * 31) % 253);
const leftOf = ({ opener, taker }: Pair): number => opener.peer.channels.openCount + taker.peer.channels.openCount;

describe('a stream', () => {
  it('carries bytes in order both ways, large writes in pieces, and is over when both ends have ended', async () => {
    const two = await pair();
    const { party, taker, opener } = two;
    const [here, there] = await open(two);
    expect([here.with, there.with, here.name]).toEqual([taker.id, opener.id, 'bytes']);
    const [sent, back] = [pattern(3_000_000), pattern(70_001)];
    const got = Promise.all([all(there), all(here)]);
    void here.write(sent).then(() => here.end());
    void there
      .write(back.subarray(0, 1))
      .then(() => there.write(back.subarray(1)))
      .then(() => there.end());
    const [forth, home] = await party.until(got);
    expect(forth.every(({ length }) => length <= 256 * 1024)).toBe(true);
    expect(Buffer.compare(Buffer.concat(forth), sent)).toBe(0);
    expect(Buffer.compare(Buffer.concat(home), back)).toBe(0);
    await party.until(Promise.all([here.closed, there.closed]));
    expect(leftOf(two)).toBe(0);
  });

  it('of values hands over each as it was written', async () => {
    const two = await pair();
    const { party, opener, taker } = two;
    const events = defineStream('events', lib0<{ at: number; pad: Uint8Array }>());
    const got: number[] = [];
    taker.streams.onStream(events, async (stream) => {
      for await (const { at, pad } of stream) got.push(at + pad.length);
      await stream.write({ at: -1, pad: new Uint8Array(0) });
    });
    const stream = await party.until(opener.streams.openStream(taker.peer.id, events));
    const sizes = [0, 1, 20_000, 300_000, 1_500_000, 5];
    void (async () => {
      for (const [at, size] of sizes.entries()) await stream.write({ at, pad: new Uint8Array(size) });
      await stream.end();
    })();
    // Half-closed: what the listener wrote afterwards still came, and its own end with the end of the listener.
    expect(await party.until(all(stream))).toMatchObject([{ at: -1 }]);
    expect(got).toEqual(sizes.map((size, at) => size + at));
    await party.until(stream.closed);
  });

  it('as Web Streams can be piped', async () => {
    const two = await pair();
    const { party } = two;
    const [here, there] = await open(two);
    void there.readable
      .pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ transform: (chunk, to) => to.enqueue(chunk.map((byte) => byte ^ 1)) }))
      .pipeTo(there.writable);
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let count = 0; count < 50; count++) controller.enqueue(new Uint8Array(50_000).fill(count));
        controller.close();
      },
    });
    void source.pipeTo(here.writable);
    const home = Buffer.concat(await party.until(all(here.readable)));
    expect(home.length).toBe(2_500_000);
    expect(home[0]).toBe(1);
    expect(home[2_499_999]).toBe(48);
    await party.until(here.closed);
    expect(leftOf(two)).toBe(0);
  });

  it('makes its writer wait for a reader that does not read, within a window', async () => {
    const two = await pair();
    const { party } = two;
    const [here, there] = await open(two);
    let written = 0;
    void (async () => {
      for (;;) {
        await here.write(new Uint8Array(100_000));
        written += 100_000;
      }
    })().catch(() => undefined);
    await party.pass(500);
    expect(written).toBeGreaterThanOrEqual(WINDOW_BYTES - 200_000);
    expect(written).toBeLessThanOrEqual(WINDOW_BYTES + 200_000);
    const reader = there.readable.getReader();
    for (let count = 0; count < 20; count++) await party.until(reader.read());
    await party.pass(100);
    expect(written).toBeLessThanOrEqual(WINDOW_BYTES + 2_200_000);
    expect(written).toBeGreaterThanOrEqual(2_200_000);
    here.abort();
  });

  it('refuses more when too much was written without waiting', async () => {
    const two = await pair();
    const [here] = await open(two);
    void here.write(new Uint8Array(70 * 1024 * 1024)).catch(() => undefined);
    await expect(here.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'SOCOMM_QUEUE_FULL' });
    here.abort();
    await expect(here.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'SOCOMM_STREAM_ABORTED' });
  });

  it('that is aborted fails at both ends, with the reason of who did it', async () => {
    const two = await pair();
    const { party } = two;
    const [here, there] = await open(two);
    const reading = there.readable.getReader().read();
    const writing = there.write(pattern(5_000_000));
    const reason = new Error('enough of this');
    here.abort(reason);
    const wrong = { code: 'SOCOMM_STREAM_ABORTED', message: 'enough of this' };
    const told = await party.until(Promise.allSettled([reading, writing, there.closed]));
    expect(told).toMatchObject([wrong, wrong, wrong].map((error) => ({ status: 'rejected', reason: error })));
    await expect(here.closed).rejects.toMatchObject({ ...wrong, cause: reason });
    await expect(party.until(all(here))).rejects.toMatchObject(wrong);
    expect(leftOf(two)).toBe(0);
  });

  it('is aborted by leaving the loop over it', async () => {
    const two = await pair();
    const { party } = two;
    const [here, there] = await open(two);
    void there.write(pattern(3_000_000)).catch(() => undefined);
    const loop = (async () => {
      for await (const piece of here) return piece.length;
      return 0;
    })();
    expect(await party.until(loop)).toBeGreaterThan(0);
    expect(await party.codeOf(there.closed)).toBe('SOCOMM_STREAM_ABORTED');
    expect(leftOf(two)).toBe(0);
  });

  it('fails at once when its other end dies, or closes', async () => {
    const two = await pair();
    const { party, taker } = two;
    const [here] = await open(two);
    const second = await party.until(two.opener.streams.openStream<Uint8Array>(taker.id, 'bytes'));
    const reading = here.readable.getReader().read();
    const neighbour = two.opener.peer.instance();
    neighbour.streams.onStream('local', () => undefined);
    const local = await party.until(two.opener.streams.openStream(neighbour.id, 'local'));
    neighbour.close();
    expect(await party.codeOf(local.closed, 10)).toBe('SOCOMM_PEER_LOST');
    taker.peer.crash();
    expect(await party.codeOf(reading, 10)).toBe('SOCOMM_PEER_LOST');
    expect(await party.codeOf(here.closed, 10)).toBe('SOCOMM_PEER_LOST');
    two.opener.close();
    expect(await party.codeOf(second.closed, 10)).toBe('SOCOMM_PEER_LOST');
    expect(two.opener.peer.channels.openCount).toBe(0);
  });

  it('is refused where nobody listens, nobody is, or the codecs differ; and opening can be given up', async () => {
    const two = await pair();
    const { party, opener, taker } = two;
    taker.streams.onStream('bytes', () => undefined);
    expect(await party.codeOf(opener.streams.openStream(taker.id, 'other'))).toBe('SOCOMM_NO_HANDLER');
    expect(await party.codeOf(opener.streams.openStream(taker.peer.id, 'other'))).toBe('SOCOMM_NO_HANDLER');
    expect(await party.codeOf(opener.streams.openStream(`${'0'.repeat(16)}.1` as never, 'bytes'))).toBe('SOCOMM_PEER_UNKNOWN');
    expect(await party.codeOf(opener.streams.openStream(taker.id, 'bytes', { codec: lib0() }))).toBe('SOCOMM_CODEC_MISMATCH');
    const controller = new AbortController();
    const given = opener.streams.openStream(taker.id, 'bytes', { signal: controller.signal });
    controller.abort(new Error('never mind'));
    await expect(party.until(given)).rejects.toThrow('never mind');
    await party.pass(20);
    expect(leftOf(two)).toBe(0);
  });

  it('whose listener throws is aborted, and that is told; what the listener did not end ends with it', async () => {
    const two = await pair();
    const { party, opener, taker } = two;
    taker.streams.onStream('throws', () => {
      throw new Error('not today');
    });
    const end = taker.streams.onStream('short', async () => undefined);
    const stream = await party.until(opener.streams.openStream(taker.id, 'throws'));
    await expect(party.until(stream.closed)).rejects.toMatchObject({ code: 'SOCOMM_STREAM_ABORTED', message: 'not today' });
    expect(taker.peer.warnings).toEqual([expect.stringContaining('not today')]);
    const short = await party.until(opener.streams.openStream(taker.id, 'short'));
    expect(await party.until(all(short))).toEqual([]);
    await short.end();
    await party.until(short.closed);
    end();
    expect(await party.codeOf(opener.streams.openStream(taker.id, 'short'))).toBe('SOCOMM_NO_HANDLER');
    expect(leftOf(two)).toBe(0);
  });

  it('whose values do not decode fails at both ends', async () => {
    const two = await pair();
    const { party, opener, taker } = two;
    const broken = {
      ...lib0(),
      decode: () => {
        throw new RangeError('nonsense');
      },
    };
    let there: TalkStream<unknown> | undefined;
    taker.streams.onStream('values', (stream) => void (there = stream), { codec: broken });
    const here = await party.until(opener.streams.openStream(taker.id, 'values', { codec: lib0() }));
    await here.write(1);
    expect(await party.codeOf(all(there as TalkStream<unknown>))).toBe('SOCOMM_VALUE_INVALID');
    expect(await party.codeOf(here.closed)).toBe('SOCOMM_VALUE_INVALID');
  });

  it('does not hold up the others of its peer', async () => {
    const two = await pair();
    const { party, opener, taker } = two;
    const [here, there] = await open(two);
    taker.requests.handle('quick', () => 'answer');
    void all(there).catch(() => undefined);
    void here.write(new Uint8Array(50_000_000)).catch(() => undefined);
    await party.pass(5);
    expect(await party.until(opener.requests.request('quick', 1, { to: taker.id }), 20)).toBe('answer');
    here.abort();
    await party.pass(10);
  });

  it('copies what is small, and what stays in the process, of Buffers too', async () => {
    const two = await pair();
    const { party, opener } = two;
    const [here, there] = await open(two);
    void here.write(new Uint8Array(WINDOW_BYTES));
    const small = Buffer.alloc(100, 1);
    void here.write(small).then(() => here.end());
    small.fill(2);
    expect(Buffer.concat(await party.until(all(there))).subarray(-100)).toEqual(Buffer.alloc(100, 1));
    const neighbour = opener.peer.instance();
    const taken = new Promise<TalkStream<Uint8Array>>((resolve) => void neighbour.streams.onStream<Uint8Array>('near', resolve));
    const near = await party.until(opener.streams.openStream<Uint8Array>(neighbour.id, 'near'));
    const large = Buffer.alloc(100_000, 1);
    void near.write(large);
    void near.end();
    const [got] = await party.until(all(await party.until(taken)));
    large.fill(2);
    expect(got?.[99_999]).toBe(1);
  });

  it('lets no bytes be written after its end', async () => {
    const two = await pair();
    const { party } = two;
    const [here] = await open(two);
    await party.until(here.end());
    await expect(here.write(new Uint8Array(1))).rejects.toThrow(TypeError);
    await party.until(here.end());
  });
});
