/** Parameters on their way to blobs and back: what comes back, what is refused, and what older and newer versions make of each other. */

import { type } from 'arktype';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { boxOfBlobs, replicas } from './replicas.js';

const Patch = z.object({ cutoff: z.number().min(0).max(1), mode: z.enum(['low', 'high']).default('low') });

async function open(blobs = boxOfBlobs()) {
  const [replica] = replicas(1, blobs);
  if (replica === undefined) throw new Error('there is one');
  return { replica, blobs };
}

it('plain JSON comes back exactly as it went', async () => {
  const { replica } = await open();
  const library = await replica.open();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      if (JSON.stringify(plain).includes('__proto__')) return;
      const id = await library.add({ name: 'A' }, { body: plain });
      const body = await library.body(id);
      expect(body).toStrictEqual(plain);
      expect(JSON.stringify(body)).toBe(JSON.stringify(plain));
    }),
    { numRuns: 200 },
  );
});

it('bytes and -0 come back too, and equal bodies are one blob', async () => {
  const { replica, blobs } = await open();
  const library = await replica.open();
  const body = { chunk: new Uint8Array([1, 2, 255]), detune: -0 };
  const [first, second] = [await library.add({ name: 'A' }, { body }), await library.add({ name: 'B' }, { body })];
  expect(await library.body(first)).toStrictEqual(body);
  expect(library.get(first)?.body).toEqual(library.get(second)?.body);
  expect(blobs.contents.size).toBe(1);
});

it.each([
  ['zod', Patch],
  ['valibot', v.object({ cutoff: v.pipe(v.number(), v.maxValue(1)), mode: v.optional(v.string()) })],
  ['arktype', type({ cutoff: 'number<=1', 'mode?': 'string' })],
])('a schema of %s refuses at the edge, with the path', async (_, parameters) => {
  const { replica } = await open();
  const [checked, free] = [await replica.open({ parameters: parameters as typeof Patch }), await replica.open()];
  await expect(checked.add({ name: 'A' }, { body: { cutoff: 7 } as never })).rejects.toThrow(/cutoff/);
  expect(checked.size).toBe(0);
  const id = await free.add({ name: 'A' }, { body: { cutoff: 'much' } });
  await expect(checked.body(id)).rejects.toMatchObject({ code: 'SOCOMM_VALUE_INVALID' });
  await expect(checked.body(id)).rejects.toThrow(/cutoff/);
  await checked.saveBody(id, { cutoff: 0.5, mode: 'high' });
  await expect(checked.body(id)).resolves.toEqual({ cutoff: 0.5, mode: 'high' });
});

it('parameters of an older version are brought up to date, those of a newer one are read as they are', async () => {
  const { replica } = await open();
  const first = await replica.open({ version: 1 });
  const second = await replica.open({
    version: 2,
    parameters: Patch,
    migrate: (old, from) => ({ cutoff: (old as { cut: number }).cut / 100, from }),
  });
  const id = await first.add({ name: 'A' }, { body: { cut: 40 } });
  await expect(second.body(id)).resolves.toEqual({ cutoff: 0.4, mode: 'low' });
  await second.saveBody(id, { cutoff: 0.6, mode: 'high' });
  expect(first.get(id)?.body?.version).toBe(2);
  await expect(first.body(id)).resolves.toEqual({ cutoff: 0.6, mode: 'high' });
});

it('a blob that holds no parameters is an error with a code, not a crash', async () => {
  const { replica, blobs } = await open();
  const library = await replica.open();
  const bytes = new Uint8Array([119, 255, 255, 3]);
  const hash = await blobs.put(bytes);
  await library.addMany([{ id: 'A', name: 'A', reference: { hash, bytes: 4, version: 1 } }]);
  await expect(library.body('A')).rejects.toMatchObject({ code: 'SOCOMM_VALUE_INVALID' });
});

it('nothing is added where its body cannot be saved', async () => {
  const { replica } = await open({ ...boxOfBlobs(), put: () => Promise.reject(new Error('no room')) });
  const library = await replica.open();
  await expect(library.addMany([{ name: 'A' }, { name: 'B', body: 1 }])).rejects.toThrow('no room');
  expect(library.size).toBe(0);
  const id = await library.add({ name: 'A' });
  await expect(library.saveBody(id, 1)).rejects.toThrow('no room');
  expect(library.get(id)?.body).toBeUndefined();
  await expect(library.body(id)).rejects.toMatchObject({ code: 'SOCOMM_BODY_MISSING' });
});

it('who gives up before the body is saved has added nothing', async () => {
  const { replica } = await open();
  const library = await replica.open();
  const giving = new AbortController();
  const adding = library.add({ name: 'A' }, { body: 1, signal: giving.signal });
  giving.abort(new Error('enough'));
  await expect(adding).rejects.toThrow('enough');
  expect(library.size).toBe(0);
});
