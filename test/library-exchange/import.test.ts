/** How an import goes about it: in slices, with progress, given up at any moment, and with whole presets only. */

import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { importPresets } from '../../src/library/exchange/import-presets.js';
import type { ImportProgress } from '../../src/library/exchange/import-presets.js';
import type { PresetReading } from '../../src/library/exchange/read-presets.js';
import { folderOf } from '../cli/files.js';
import { boxOfBlobs } from '../library/replicas.js';
import { openHere } from './scene.js';

function presets(count: number, parameters = 60): readonly object[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `p${at}`,
    name: `Preset ${at}`,
    body: Object.fromEntries(Array.from({ length: parameters }, (__, index) => [`parameter_${index}`, (at * index) / 997])),
  }));
}

function linesOf(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

describe('an import', () => {
  test('goes in slices of a few presets, gives the loop back after each, and tells how far it is', async () => {
    const folder = folderOf({ 'a.jsonl': linesOf(presets(300)) });
    const { library, replica } = await openHere();
    const told: ImportProgress[] = [];
    let turns = 0;
    const turned: number[] = [];
    const count = (): void => {
      turns++;
      if (told.length === 0 || told.at(-1)?.read !== 300) setImmediate(count);
    };
    setImmediate(count);
    const transactions: number[] = [];
    replica.doc.on('update', (update: Uint8Array) => transactions.push(update.length));
    const report = await importPresets(library, [join(folder, 'a.jsonl')], {
      onProgress: (progress) => {
        told.push(progress);
        turned.push(turns);
      },
    });
    expect(report).toMatchObject({ read: 300, added: 300 });
    expect(told.at(-1)).toMatchObject({ read: 300, added: 300, problems: 0 });
    expect(transactions.length).toBeGreaterThanOrEqual(300 / 32);
    expect(new Set(turned).size).toBe(turned.length);
  });

  test('makes its slices smaller where the work takes longer, by its own clock, and says how long the longest was', async () => {
    const folder = folderOf({ 'a.jsonl': linesOf(presets(100)) });
    // Each look at the clock takes two milliseconds more than the one before would have: presets are slow here.
    let nowMs = 0;
    const sizes: number[] = [];
    const { library } = await openHere();
    const slow = Object.assign(Object.create(library) as typeof library, {
      addMany: (entries: Parameters<typeof library.addMany>[0], options: Parameters<typeof library.addMany>[1]) => {
        nowMs += entries.length * 2;
        sizes.push(entries.length);
        return library.addMany(entries, options);
      },
      ready: () => library.ready(),
    });
    const { longestSliceMs, added } = await importPresets(slow, [join(folder, 'a.jsonl')], { clock: { now: () => nowMs } });
    expect(added).toBe(100);
    expect(sizes[0]).toBe(8);
    expect(Math.max(...sizes.slice(1))).toBe(2);
    expect(longestSliceMs).toBe(16);
  });

  test('ends a slice when reading has taken its time, and does not count what it waited for', async () => {
    const lines = presets(40).map((preset) => JSON.stringify(preset));
    let nowMs = 0;
    // Each piece lets the loop have a turn, in which others work for long; reading a preset takes 2 ms.
    async function* pieces(): AsyncGenerator<PresetReading> {
      for (const [at, text] of lines.entries()) {
        if (at % 4 === 0) {
          await new Promise((resolve) => setImmediate(resolve));
          nowMs += 100;
        }
        nowMs += 2;
        const entry = JSON.parse(text) as { id: string; name: string };
        yield { kind: 'preset', file: 'a', line: at + 1, entry, text: Buffer.from(text) };
      }
    }
    const { library } = await openHere();
    const { longestSliceMs, added } = await importPresets(library, pieces(), { clock: { now: () => nowMs } });
    expect(added).toBe(40);
    expect(longestSliceMs).toBeGreaterThan(0);
    expect(longestSliceMs).toBeLessThan(10);
  });

  test('that is given up keeps what it has imported, and nothing half', async () => {
    const folder = folderOf({ 'a.jsonl': linesOf(presets(200)) });
    const { library } = await openHere();
    const stop = new AbortController();
    const reason = new Error('enough');
    const importing = importPresets(library, [join(folder, 'a.jsonl')], {
      signal: stop.signal,
      onProgress: ({ read }) => read > 50 && stop.abort(reason),
    });
    await expect(importing).rejects.toBe(reason);
    expect(library.size).toBeGreaterThan(50);
    expect(library.size).toBeLessThan(200);
    for (const { id, isComplete } of library.list()) {
      expect(isComplete).toBe(true);
      expect(await library.body(id)).toHaveProperty('parameter_0');
    }
    // And goes on where it was.
    const { added, unchanged } = await importPresets(library, [join(folder, 'a.jsonl')]);
    expect(added + unchanged).toBe(200);
    expect(unchanged).toBeGreaterThan(50);
  });

  test('killed at any moment leaves no preset whose body is not durable', async () => {
    const folder = folderOf({ 'a.jsonl': linesOf(presets(100)) });
    const blobs = boxOfBlobs();
    const { library, replica } = await openHere(blobs);
    const named = new Set<string>();
    let isChecked = 0;
    // Whatever the document ever says must have been durable before it was said.
    replica.doc.on('update', () => {
      for (const { body } of library.list()) {
        expect(body === undefined || blobs.contents.has(body.hash)).toBe(true);
        if (body !== undefined) named.add(body.hash);
      }
      isChecked++;
    });
    await importPresets(library, [join(folder, 'a.jsonl')]);
    expect(isChecked).toBeGreaterThan(2);
    expect(named.size).toBe(100);
  });

  test('of the same again writes nothing, and of what has changed only that', async () => {
    const folder = folderOf({
      'a.json': JSON.stringify(presets(40)),
      'b.json': JSON.stringify([{ id: 'p3', name: 'Another', body: { parameter_0: 1 } }]),
    });
    const { library, replica } = await openHere();
    await importPresets(library, [join(folder, 'a.json')]);
    replica.outbox.length = 0;
    expect(await importPresets(library, [join(folder, 'a.json')])).toMatchObject({ read: 40, added: 0, changed: 0, unchanged: 40 });
    expect(replica.outbox).toEqual([]);
    expect(await importPresets(library, [join(folder, 'b.json')])).toMatchObject({ read: 1, changed: 1 });
    expect(library.get('p3')?.name).toBe('Another');
    expect(library.undo()).toBe(true);
    expect(library.get('p3')?.name).toBe('Preset 3');
  });

  test('takes the first of two presets that claim one id, and one that comes twice for one', async () => {
    const folder = folderOf({
      'a.jsonl': linesOf([
        { id: 'x', name: 'X' },
        { id: 'x', name: 'Other' },
        { id: 'x', name: 'X' },
      ]),
    });
    const file = join(folder, 'a.jsonl');
    const { library } = await openHere();
    const { problems, ...counts } = await importPresets(library, [file]);
    expect(counts).toMatchObject({ read: 2, added: 1, unchanged: 1 });
    expect(problems).toEqual([{ file, line: 2, cause: `the id "x" was given to another preset before, in ${file}:1` }]);
    expect(library.get('x')?.name).toBe('X');
  });

  test('tells what is wrong with a preset, by file and line, and imports all others', async () => {
    const folder = folderOf({
      'lines.jsonl': ['{"id":"ok","name":"Ok"}', '', 'no', '7', '{"id":"long","name":"x","body":1,"tags":["'].join('\n'),
      'array.json':
        '[{"id":"a1","name":"One"}, {"id":"","name":"x"}, {"id":"a3","name":"Three","rating":9,"body":1},{"id":"a4","name":"Four"}]',
      'cut.json': '[{"id":"c1","name":"Cut"},{"id":',
      'more.json': '[{"id":"m1","name":"More"}] {',
      'twice.json': '{"id":"t","name":"x","name":"y"}',
      'half.json.gz': 'not packed',
      'picture.png': 'PNG',
      'own.synth': '{"title":"By its extension nobody knows"}',
      '.hidden.json': '{}',
      'empty.json': '',
    });
    const { library } = await openHere();
    const { problems, skipped, ...counts } = await importPresets(library, [folder]);
    expect(counts).toMatchObject({ read: 6, added: 6 });
    expect(
      library
        .list()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['a1', 'a4', 'c1', 'm1', 'ok', 'own']);
    expect(
      problems.map(({ file, line, cause }) => `${file.slice(folder.length + 1)}${line === undefined ? '' : `:${line}`} ${cause}`),
    ).toEqual([
      'array.json entry 2: its id is empty',
      'array.json entry 3: rating is a whole number from 0 to 5; got 9',
      'cut.json cannot be read further: the text ends inside of the array',
      'empty.json:1 a value is missing: the text ends here',
      'half.json.gz cannot be read further: incorrect header check',
      'lines.jsonl:3 not a value: "n"',
      'lines.jsonl:4 expected an object, found a number',
      'lines.jsonl:5 the text ends inside a string that begins here',
      'more.json cannot be read further: something comes after the end of the array',
      'twice.json:1 the key "name" is given twice',
    ]);
    expect(skipped.map(({ file, cause }) => `${file.slice(folder.length + 1)} ${cause}`)).toEqual([
      '.hidden.json hidden',
      'picture.png not JSON',
    ]);
  });
});
