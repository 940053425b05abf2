/** Streams between real processes, over ZeroMQ. 1 GiB goes in test/long/gigabyte-stream.test.ts. */

import { describe, expect, it } from 'vitest';
import { met, TalkPlace } from './talk-processes.js';

const MIB = 1024 * 1024;
const AT_ONCE_MS = 1000;
const CARRIED_BYTES = 128 * MIB;
/** Window, sockets, and what waits to be collected: about 40 MiB, however much is carried. */
const GROWTH_BYTES_MAX = 80 * MIB;

describe('a stream to another process', () => {
  it('carries 128 MiB whole, without holding them', async () => {
    const place = new TalkPlace();
    const [here, there] = [await place.here(), await place.there()];
    await met(here, there.id);
    const stream = await here.openStream(there.id, 'sink');
    for (let sent = 0; sent < CARRIED_BYTES; sent += MIB) await stream.write(new Uint8Array(MIB).fill(sent / MIB));
    await stream.end();
    const told: Uint8Array[] = [];
    for await (const piece of stream) told.push(piece);
    await stream.closed;
    const { bytes, peak } = JSON.parse(Buffer.concat(told).toString()) as { bytes: number; peak: number };
    expect(bytes).toBe(CARRIED_BYTES);
    expect(peak - there.rssAtStart).toBeLessThan(GROWTH_BYTES_MAX);
  });

  it('fails at once at both ends when the other is killed, also in the midst of writing', async () => {
    const place = new TalkPlace();
    const [here, there] = [await place.here(), await place.there()];
    await met(here, there.id);
    const stream = await here.openStream(there.id, 'stall');
    const idle = await here.openStream(there.id, 'stall');
    const writing = stream.write(new Uint8Array(8 * MIB));
    const reading = idle.readable.getReader().read();
    const ends = Promise.allSettled([writing, reading, stream.closed, idle.closed]);
    const begun = performance.now();
    there.signal('SIGKILL');
    const wrong = { status: 'rejected', reason: { code: 'SOCOMM_PEER_LOST' } };
    expect(await ends).toMatchObject([wrong, wrong, wrong, wrong]);
    expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
  });

  it('that is aborted here ends there with the reason', async () => {
    const place = new TalkPlace();
    const [here, there] = [await place.here(), await place.there()];
    await met(here, there.id);
    const stream = await here.openStream(there.id, 'stall');
    stream.abort(new Error('never mind'));
    expect(await there.until(({ heard }) => heard === 'stall ended')).toMatchObject({ code: 'SOCOMM_STREAM_ABORTED' });
  });
});
