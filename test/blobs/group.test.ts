/** Blobs as their users meet them: several peers, the memory network, one writer who collects. */

import { expect, onTestFinished, test } from 'vitest';

import { BLOB_FIRST_LOOK_MS, BLOB_GRACE_MS } from '../../src/blobs/limits.js';
import { createTestGroup } from '../../src/testing.js';
import type { Instance, TestGroup } from '../../src/testing.js';
import { collect, inPieces, noise, sha256 } from '../contract/blob-store.js';

/** From the first look to the end of a grace that begins with it. */
const TWO_LOOKS_MS = 2 * BLOB_FIRST_LOOK_MS + BLOB_GRACE_MS;

async function groupOf(count: number): Promise<{ group: TestGroup; instances: Instance[] }> {
  const group = createTestGroup({ seed: 3 });
  onTestFinished(() => group.close());
  const instances: Instance[] = [];
  for (let index = 0; index < count; index++) instances.push(await group.join());
  return { group, instances };
}

test('what one puts, all can get, as bytes, from a source, and as a stream', async () => {
  const { instances } = await groupOf(2);
  const [a, b] = instances as [Instance, Instance];
  const content = noise(300_000, 1);
  const hash = await a.blobs.put(content);
  expect(hash).toBe(sha256(content));
  expect(await a.blobs.put(inPieces(content, 10_000))).toBe(hash);
  expect(await b.blobs.put(new Blob([Uint8Array.from(content)]).stream())).toBe(hash);
  expect(await b.blobs.has(hash)).toBe(true);
  expect(sha256(await b.blobs.get(hash))).toBe(hash);
  expect(sha256(await collect(b.blobs.stream(hash)))).toBe(hash);
});

test('wrong names and contents are refused at once, and no name leads anywhere else', async () => {
  const { instances } = await groupOf(1);
  const [a] = instances as [Instance];
  for (const name of ['../../etc/passwd', 'A'.repeat(64), `${'0'.repeat(63)}/`, '', `${'0'.repeat(64)}\n`, 7 as unknown as string]) {
    await expect(a.blobs.get(name)).rejects.toThrow(TypeError);
    await expect(a.blobs.has(name)).rejects.toThrow(TypeError);
    expect(() => a.blobs.stream(name)).toThrow(TypeError);
  }
  for (const content of ['text', [1, 2], undefined, new ArrayBuffer(4), {}])
    await expect(a.blobs.put(content as never)).rejects.toThrow(TypeError);
  await expect(a.blobs.put(texts())).rejects.toThrow(TypeError);
});

test('an option that there is not is refused, and so is a signal that is none', async () => {
  const { instances } = await groupOf(1);
  const [a] = instances as [Instance];
  const hash = await a.blobs.put(noise(10, 1));
  await expect(a.blobs.put(noise(10, 2), { sginal: undefined } as never)).rejects.toThrow("blobs.put() has no option 'sginal'");
  await expect(a.blobs.get(hash, { signal: 5 } as never)).rejects.toThrow('signal is an AbortSignal; got number');
  expect(() => a.blobs.stream(hash, null as never)).toThrow('the options of blobs.stream() are an object; got null');
});

async function* texts(): AsyncGenerator<never> {
  yield 'text' as never;
}

test('a signal ends the wait, and the source hears of it', async () => {
  const { instances } = await groupOf(1);
  const [a] = instances as [Instance];
  const ending = new AbortController();
  let isReturned = false;
  const endless = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => undefined),
      return: async () => {
        isReturned = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const put = a.blobs.put(endless, { signal: ending.signal });
  ending.abort(new Error('no longer wanted'));
  await expect(put).rejects.toThrow('no longer wanted');
  expect(isReturned).toBe(true);
  await expect(a.blobs.get(sha256(noise(1, 1)), { signal: AbortSignal.abort(new Error('never wanted')) })).rejects.toThrow('never wanted');
});

test('a closed instance neither puts nor gets', async () => {
  const { group, instances } = await groupOf(1);
  const [a] = instances as [Instance];
  const hash = await a.blobs.put(noise(10, 1));
  const stream = a.blobs.stream(hash);
  await group.run(a.close());
  await expect(a.blobs.get(hash)).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
  await expect(a.blobs.put(noise(10, 1))).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
  await expect(collect(stream)).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
});

test('the writer collects what nobody names, and nothing that one of many does', async () => {
  const { group, instances } = await groupOf(3);
  const [a, b, c] = instances as [Instance, Instance, Instance];
  const [named, dead, undone] = [await b.blobs.put(noise(100, 1)), await b.blobs.put(noise(100, 2)), await c.blobs.put(noise(100, 3))];
  b.doc.getMap('presets').set('warm-pad', { body: named });
  const manager = c.undo(c.doc.getMap('presets'));
  c.transact(() => c.doc.getMap('presets').set('gone', { body: undone }));
  manager.stopCapturing();
  c.transact(() => c.doc.getMap('presets').delete('gone'));
  await group.settled();
  await group.advance(TWO_LOOKS_MS);
  expect(await a.blobs.has(named)).toBe(true);
  expect(await a.blobs.has(dead)).toBe(false);
  // It can be brought back by an undo, of which only its own replica knows.
  expect(await a.blobs.has(undone)).toBe(true);
  manager.undo();
  await group.settled();
  expect(a.doc.getMap('presets').get('gone')).toEqual({ body: undone });
});

test('while a peer is cut off nothing is removed', async () => {
  const { group, instances } = await groupOf(3);
  const [a, b, c] = instances as [Instance, Instance, Instance];
  const dead = await b.blobs.put(noise(100, 2));
  const heals = [group.partition(a, c), group.partition(b, c)];
  await group.advance(TWO_LOOKS_MS);
  expect(await a.blobs.has(dead)).toBe(true);
  for (const heal of heals) heal();
  await group.advance(TWO_LOOKS_MS);
  expect(await a.blobs.has(dead)).toBe(false);
});
