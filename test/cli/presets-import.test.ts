import { isDeepStrictEqual } from 'node:util';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';

import { toJson } from '../../src/cli/document-json.js';
import type { JsonValue } from '../../src/library/exchange/json-text.js';
import { SLICE_PRESETS_MAX } from '../../src/cli/limits.js';
import { exportLines } from '../../src/cli/presets/export.js';
import { importPresets } from '../../src/cli/presets/import.js';
import type { ImportTarget } from '../../src/cli/presets/import.js';
import type { PresetReading } from '../../src/cli/presets/read.js';
import { folderOf } from './files.js';

interface Target extends ImportTarget {
  transactions: number;
}

function newTarget(): Target {
  const doc = new Y.Doc();
  const target: Target = {
    doc,
    transactions: 0,
    transact: (change) => {
      target.transactions++;
      return doc.transact(change);
    },
  };
  return target;
}

function presetsOf({ doc }: ImportTarget, name = 'presets'): JsonValue {
  return toJson(doc.getMap(name));
}

function exported({ doc }: ImportTarget): string {
  return [
    ...exportLines({
      value: doc.getMap('presets'),
      path: ['presets'],
      onLoss: ({ path, what }) => expect.unreachable(`${path} lost ${what}`),
    }),
  ].join('');
}

async function* many(count: number): AsyncGenerator<PresetReading> {
  for (let n = 0; n < count; n++) yield await Promise.resolve({ kind: 'preset', id: `p${n}`, value: { n }, file: 'made up', bytes: 10 });
}

describe('importing presets', () => {
  test('puts them under their ids, and tells what it did', async () => {
    const target = newTarget();
    const folder = folderOf({ 'a.jsonl': '{"id":"x","v":1}\n{"id":"y","v":2}\noops', 'b.helm': '{"v":3}', 'c.txt': 'hello' });
    const report = await importPresets(target, [folder]);
    expect(presetsOf(target)).toEqual({ x: { v: 1 }, y: { v: 2 }, b: { v: 3 } });
    expect(report).toEqual({
      ...{ read: 3, added: 3, changed: 0, unchanged: 0 },
      problems: [{ file: `${folder}/a.jsonl`, line: 3, column: 1, cause: 'not a value: "o"' }],
      skipped: [{ file: `${folder}/c.txt`, cause: 'not JSON: not a value: "h"' }],
    });
  });

  test('changes nothing the second time, and only what changed the third', async () => {
    const target = newTarget();
    await importPresets(target, [folderOf({ 'a.jsonl': '{"id":"x","v":{"a":1,"b":[2]}}\n{"id":"y"}' })]);
    const before = Y.encodeStateAsUpdate(target.doc);
    const again = await importPresets(target, [folderOf({ 'a.jsonl': '{"id":"x","v":{"b":[2],"a":1}}\n{"id":"y"}' })]);
    expect(again).toMatchObject({ read: 2, added: 0, changed: 0, unchanged: 2 });
    expect(Y.encodeStateAsUpdate(target.doc)).toEqual(before);
    const third = await importPresets(target, [folderOf({ 'a.jsonl': '{"id":"x","v":-0}\n{"id":"y"}\n{"id":"z"}' })]);
    expect(third).toMatchObject({ read: 3, added: 1, changed: 1, unchanged: 1 });
  });

  test('leaves a shared type alone that already says the same', async () => {
    const target = newTarget();
    const shared = new Y.Map([['v', 1]]);
    target.doc.getMap('presets').set('x', shared);
    expect(await importPresets(target, [folderOf({ 'a.jsonl': '{"id":"x","v":1}' })])).toMatchObject({ unchanged: 1 });
    expect(target.doc.getMap('presets').get('x')).toBe(shared);
  });

  test('tells a second preset with the same id, and keeps the first; equal ones are fine', async () => {
    const target = newTarget();
    const folder = folderOf({ 'a.jsonl': '{"id":"x","v":1}\n{"id":"x","v":2}\n{"id":"x","v":1}', 'b.helm': '{}', 'b.json': '{"v":1}' });
    const report = await importPresets(target, [folder]);
    expect(presetsOf(target)).toEqual({ x: { v: 1 }, b: {} });
    expect(report).toMatchObject({ read: 3, added: 2, unchanged: 1 });
    expect(report.problems).toEqual([
      { file: `${folder}/a.jsonl`, line: 2, cause: `the id "x" was given to another preset before, in ${folder}/a.jsonl:1` },
      { file: `${folder}/b.json`, cause: `the id "b" was given to another preset before, in ${folder}/b.helm` },
    ]);
  });

  test('writes nothing in a dry run, and counts as if it had', async () => {
    const target = newTarget();
    const files = [folderOf({ 'a.jsonl': '{"id":"x"}\n{"id":"y"}\n{"id":"x"}' })];
    expect(await importPresets(target, files, { isDryRun: true })).toMatchObject({ read: 3, added: 2, unchanged: 1 });
    expect(target.transactions).toBe(0);
    expect(target.doc.share.size).toBe(0);
  });

  test('goes to another map when told, made on the way', async () => {
    const target = newTarget();
    await importPresets(target, [folderOf({ 'a.json': '{"v":1}' })], { path: ['banks', 'one'] });
    expect(presetsOf(target, 'banks')).toEqual({ one: { a: { v: 1 } } });
  });

  test('works in slices, and gives the loop back between them', async () => {
    const target = newTarget();
    let ticks = 0;
    let isOver = false;
    const tick = (): void => {
      ticks++;
      if (!isOver) setImmediate(tick);
    };
    tick();
    const reads: number[] = [];
    const report = await importPresets(target, many(SLICE_PRESETS_MAX * 5 + 1), { onProgress: ({ read }) => reads.push(read) });
    isOver = true;
    expect(report).toMatchObject({ read: SLICE_PRESETS_MAX * 5 + 1, added: SLICE_PRESETS_MAX * 5 + 1 });
    expect(target.transactions).toBeGreaterThanOrEqual(6);
    expect(ticks).toBeGreaterThanOrEqual(5);
    expect(reads).toEqual([...reads].sort((a, b) => a - b));
    expect(reads.at(-1)).toBe(report.read);
  });

  test('stops between slices when it is told to, and keeps what was written', async () => {
    const target = newTarget();
    const ending = new AbortController();
    const work = importPresets(target, many(10_000), {
      signal: ending.signal,
      onProgress: ({ read }) => read > 200 && ending.abort(new Error('enough')),
    });
    await expect(work).rejects.toThrow('enough');
    expect(target.doc.getMap('presets').size).toBeGreaterThan(200);
    expect(target.doc.getMap('presets').size).toBeLessThan(1000);
  });
});

describe('export, then import into a new group', () => {
  const json = fc.letrec<{ readonly value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((it) => it + 0),
      fc.maxSafeInteger(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value')),
      fc.dictionary(fc.oneof(keys(), fc.constantFrom('id', '$value', 'constructor')), tie('value'), { noNullPrototype: true }),
    ),
  })).value;

  test('gives an equal map, whatever JSON its values are', async () => {
    const map = fc.dictionary(
      keys().filter((key) => key !== ''),
      json,
      { maxKeys: 6, noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(map, async (entries) => {
        const from = newTarget();
        // What Yjs itself does not take is no matter of the export.
        const taken = Object.entries(entries).filter(([, value]) => !(isObject(value) && Object.hasOwn(value, 'constructor')));
        for (const [key, value] of taken) from.doc.getMap('presets').set(key, value);
        const to = newTarget();
        const report = await importPresets(to, ['-'], { stdin: inPieces(exported(from)) });
        expect(report).toMatchObject({ added: taken.length, problems: [] });
        expect(isDeepStrictEqual(presetsOf(to), presetsOf(from))).toBe(true);
        expect(exported(to)).toBe(exported(from));
      }),
      { numRuns: 300 },
    );
  });

  test('gives back a file of presets line by line, in the order of their ids', async () => {
    const text = '{"id":"a","v":1,"name":"x"}\n{"id":"b","$value":[1]}\n{"id":"c","$value":{"id":7}}\n';
    const target = newTarget();
    await importPresets(target, ['-'], { stdin: inPieces(text) });
    expect(exported(target)).toBe(text);
  });

  function keys(): fc.Arbitrary<string> {
    return fc.string({ maxLength: 12 }).filter((key) => key !== '__proto__');
  }

  function isObject(value: unknown): value is object {
    return typeof value === 'object' && value !== null;
  }

  async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 7) yield await Promise.resolve(bytes.subarray(at, at + 7));
  }
});
