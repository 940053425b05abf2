/** A transport that the main thread carries means the same as one that has its sockets itself. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { systemClock } from '../../src/base/clock.js';
import { isSocommError } from '../../src/base/errors.js';
import { newPeerId } from '../../src/base/ids.js';
import { systemRandom } from '../../src/base/random.js';
import type { Furnished } from '../../src/worker/carrier.js';
import { UNREAD_PUBLISHED_FRAMES_MAX } from '../../src/worker/carrier.js';
import { CarriedTransport } from '../../src/worker/carried-transport.js';
import { MemoryRoster } from '../../sync/discovery/memory-roster.js';
import { ZeromqTransport } from '../../sync/zeromq-transport.js';
import { CARRIED_BYTES_MAX } from '../../sync/zeromq/sockets.js';
import { postContract } from '../contract/posts.js';
import { bytesOf, Recorder } from '../contract/recorder.js';
import { transportContract } from '../contract/transport.js';
import { carry, openLine } from './line-pair.js';
import { ReaderThread } from './reader-thread.js';

const runtimeDirectory = mkdtempSync(join(tmpdir(), 'socomm-carried-'));
afterAll(() => rmSync(runtimeDirectory, { recursive: true, force: true }));

function furnish(directory = runtimeDirectory): Furnished {
  const transport = new ZeromqTransport({ runtimeDirectory: directory, random: systemRandom, clock: systemClock });
  return { directory, transport, discovery: new MemoryRoster().discovery() };
}

async function create(): Promise<CarriedTransport> {
  return new CarriedTransport(await openLine(carry(furnish()).port));
}

const contract = { create, createReader: () => ReaderThread.start(furnish()), framesBeyondMark: 2 * UNREAD_PUBLISHED_FRAMES_MAX };

transportContract('carried transport', contract);
postContract('carried transport', contract);

describe('a transport that is carried', () => {
  it('leaves what it was given as it was: nothing of it changes hands', async () => {
    const [one, two] = [await create(), await create()];
    const [id, heard] = [newPeerId(systemRandom), new Recorder()];
    const address = await one.open(newPeerId(systemRandom), new Recorder());
    await two.open(id, heard);
    two.connect(address);
    const memory = new Uint8Array(64).fill(7);
    const [frame, body] = [memory.subarray(8, 16), memory.subarray(32, 40)];
    two.request(address.id, frame);
    await two.post(address.id, frame, body);
    await two.publish('d/x', frame, body);
    expect(memory.byteLength).toBe(64);
    expect(frame).toEqual(new Uint8Array(8).fill(7));
    await Promise.all([one.close(), two.close()]);
  });

  it('says at once what cannot be sent', async () => {
    const transport = await create();
    await transport.open(newPeerId(systemRandom), new Recorder());
    expect(() => transport.publish('d/x', new Uint8Array(CARRIED_BYTES_MAX + 1))).toThrow(TypeError);
    expect(() => transport.post(newPeerId(systemRandom), new Uint8Array())).toThrow(TypeError);
    await transport.close();
  });

  it('that is left behind by its thread leaves no socket: the carrier closes what it carried', async () => {
    const directory = join(runtimeDirectory, 'left');
    mkdirSync(directory);
    const reader = await ReaderThread.start(furnish(directory));
    expect(readdirSync(directory)).toHaveLength(4);
    await reader.worker.terminate();
    await reader.ended;
    expect(readdirSync(directory)).toEqual([]);
  });

  it('ends every wait, and goes quiet, when its host has gone', async () => {
    const { port, carrier } = carry(furnish());
    const line = await openLine(port);
    const transport = new CarriedTransport(line);
    await transport.open(newPeerId(systemRandom), new Recorder());
    const ending = new Promise<void>((resolve) => line.whenEnding(resolve));
    const waiting = transport.publish('d/x', bytesOf('on its way'));
    await carrier.end();
    await Promise.all([waiting, ending, transport.publish('d/x', bytesOf('too late'))]);
    const refused: unknown = await line.ask({ kind: 'list' }).catch((error: unknown) => error);
    expect(isSocommError(refused, 'SOCOMM_CLOSED')).toBe(true);
    await transport.close();
  });
});
