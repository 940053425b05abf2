import { mkdirSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { FILE_BYTES_MAX, VALUE_BYTES_MAX } from '../../src/cli/limits.js';
import { splitLines } from '../../src/library/exchange/lines.js';
import { readPresets } from '../../src/cli/presets/read.js';
import { folderOf } from './files.js';

/** One line per reading, with paths as seen from the folder. */
async function told(folder: string, names: readonly string[] = [''], stdin?: string): Promise<readonly string[]> {
  const lines: string[] = [];
  const paths = names.map((name) => (name === '-' ? name : join(folder, name)));
  for await (const it of readPresets(paths, stdin === undefined ? {} : { stdin: Readable.from([Buffer.from(stdin)]) })) {
    const file = it.file === '-' ? '-' : relative(folder, it.file);
    if (it.kind === 'preset') lines.push(`${it.id} = ${JSON.stringify(it.value)}`);
    else if (it.kind === 'skipped') lines.push(`skipped ${file}: ${it.cause}`);
    else lines.push(`problem ${[file, it.line, it.column].filter((part) => part !== undefined).join(':')} ${it.cause}`);
  }
  return lines;
}

describe('reading presets', () => {
  test('takes JSON of any extension from a folder, by path, in a stable order', async () => {
    const folder = folderOf({
      'Bass/Deep One.helm': '{"a":1}',
      'Bass/Lead v1.2.helm': '{"a":2}',
      'Lead v2.5': '{"a":3}',
      'x.tar.helm.gz': gzipSync('{"a":4}'),
      '.hidden/y.json': '{}',
      '.z.json': '{',
    });
    expect(await told(folder)).toEqual([
      'skipped .hidden: hidden',
      'skipped .z.json: hidden',
      'Bass/Deep One = {"a":1}',
      'Bass/Lead v1.2 = {"a":2}',
      'Lead v2.5 = {"a":3}',
      'x.tar = {"a":4}',
    ]);
  });

  test('takes one preset from an object, many from an array or lines, packed or not', async () => {
    const folder = folderOf({
      'a.json': '\ufeff{"id":"given","x":1}',
      'b.json.gz': gzipSync('[{"id":"one"},{"x":2},{"id":7}]'),
      'c.jsonl': '{"id":"l1"}\r\n\n  \n{"x":4}',
      'd.NDJSON.gz': gzipSync('{"x":5}\n'),
    });
    expect(await told(folder)).toEqual([
      'given = {"x":1}',
      'one = {}',
      'b#2 = {"x":2}',
      'b#3 = {"id":7}',
      'l1 = {}',
      'c#4 = {"x":4}',
      'd#1 = {"x":5}',
    ]);
  });

  test('takes any value under any key in the form that exports use', async () => {
    const folder = folderOf({ 'a.jsonl': '{"id":"n","$value":5}\n{"id":"o","$value":{"id":1}}\n{"id":"p","$value":1,"x":2}' });
    expect(await told(folder)).toEqual(['n = 5', 'o = {"id":1}', 'p = {"$value":1,"x":2}']);
  });

  test('takes lines from standard input', async () => {
    expect(await told(folderOf(), ['-'], '{"id":"a"}\n{"x":1}\nnope')).toEqual([
      'a = {}',
      'stdin#2 = {"x":1}',
      'problem -:3:1 not a value: "n"',
    ]);
  });

  test('gives the same keys whichever way a system composes letters', async () => {
    expect(await told(folderOf({ 'Cafe\u0301.helm': '{}' }))).toEqual(['Caf\u00e9 = {}']);
  });

  test('skips what is no JSON, but not a broken file among its like', async () => {
    const folder = folderOf({
      LICENSE: 'free',
      'readme.txt': '[x]',
      'empty.bin': '',
      'wave.wav': new Uint8Array([0xff, 0xfe, 1]),
      'a.helm': '{}',
      'b.helm': 'oops',
      'c.helm': '',
      'd.json': '',
      'scalar.num': '5',
    });
    expect(await told(folder)).toEqual([
      'a = {}',
      'problem d.json:1:1 a value is missing: the text ends here',
      'skipped LICENSE: not JSON: not a value: "f"',
      'problem b.helm:1:1 not a value: "o"',
      'problem c.helm empty',
      'skipped empty.bin: not JSON: empty',
      'skipped readme.txt: not JSON: not a value: "x"',
      'skipped scalar.num: not JSON: not an object',
      'skipped wave.wav: not JSON: not UTF-8 text',
    ]);
  });

  test('names the line, the column and the cause of every mistake, and goes on', async () => {
    const deep = '['.repeat(200);
    const folder = folderOf({
      'a.helm': '{\n  "name": "x",\n  "v": 1e999\n}',
      'b.json': '{"a": 1,}',
      'c.json': '"text"',
      'd.json': '[{"id":""},{"id":"ok"},5]',
      'e.jsonl': [
        '{"id":"1"}',
        '{"id":"2"',
        'null',
        '{"__proto__":1}',
        '{"id":"\\ud800"}',
        `{"a":${deep}`,
        '{"constructor":1}',
        `{"id":"${'x'.repeat(1025)}"}`,
        '{"id":"last"}',
      ].join('\n'),
      'f.json': new Uint8Array([0x7b, 0xff, 0x7d]),
      'g.json.gz': 'no gzip',
      'h.jsonl.gz': gzipSync('{"id":"h1"}\n').subarray(0, 24),
    });
    expect(await told(folder)).toEqual([
      'problem a.helm:3:8 the number 1e999 is too large',
      'problem b.json:1:9 expected a key in double quotes, found "}"',
      'problem c.json expected an object, found a string',
      'problem d.json entry 1: its id is empty',
      'ok = {}',
      'problem d.json entry 3: expected an object, found a number',
      '1 = {}',
      'problem e.jsonl:2:10 expected "," or "}", found the end of the text',
      'problem e.jsonl:3 expected an object, found null',
      'problem e.jsonl:4:2 the key "__proto__" cannot be stored',
      'problem e.jsonl:5:7 a string holds half a surrogate pair, which is no character',
      'problem e.jsonl:6:133 nested deeper than 128 levels',
      'problem e.jsonl:7 Yjs cannot store an object with a key "constructor" at its top level',
      'problem e.jsonl:8 its id is longer than 1024 characters',
      'last = {}',
      'problem f.json not UTF-8 text',
      'problem g.json.gz cannot be read: incorrect header check',
      'h1 = {}',
      'problem h.jsonl.gz:2 cannot be read further: unexpected end of file',
    ]);
  });

  test('refuses texts beyond the limits without holding them', async () => {
    const long = `{"a":"${'x'.repeat(VALUE_BYTES_MAX)}"}`;
    const folder = folderOf({ 'a.jsonl': `${long}\n{"id":"next"}`, 'b.json.gz': gzipSync(' '.repeat(FILE_BYTES_MAX + 1)), 'c.json': long });
    expect(await told(folder)).toEqual([
      `problem a.jsonl:1 longer than ${VALUE_BYTES_MAX} bytes`,
      'next = {}',
      expect.stringMatching(/^problem b\.json\.gz cannot be read: Cannot create a Buffer larger than/),
      `problem c.json longer than ${VALUE_BYTES_MAX} bytes`,
    ]);
  });

  test('does not follow a link back into the folder', async () => {
    const folder = folderOf({ 'a.json': '{}' });
    mkdirSync(join(folder, 'sub'));
    symlinkSync(folder, join(folder, 'sub', 'up'));
    symlinkSync(join(folder, 'a.json'), join(folder, 'sub', 'b.json'));
    symlinkSync(join(folder, 'gone'), join(folder, 'sub', 'c.json'));
    expect(await told(folder)).toEqual([
      expect.stringMatching(/^problem sub\/c\.json no such file/),
      'skipped sub/up: a link to a folder',
      'a = {}',
      'sub/b = {}',
    ]);
  });

  test('rejects a name that is not there before it reads anything', async () => {
    const folder = folderOf({ 'a.json': '{}' });
    await expect(told(folder, ['a.json', 'b.json'])).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('ends at once when it is told to', async () => {
    const folder = folderOf({ 'a.json': '{}', 'b.json': '{}' });
    const readings = readPresets([folder], { signal: AbortSignal.abort(new Error('enough')) });
    await expect(readings.next()).rejects.toThrow('enough');
  });

  test('counts the bytes of the files as they lie on disk', async () => {
    const folder = folderOf({ 'a.json': '{"x":1}', 'b.jsonl.gz': gzipSync('{"x":1}\n') });
    let last: readonly (number | undefined)[] = [];
    for await (const _ of readPresets([folder], { onBytes: (...bytes) => (last = bytes) })) void _;
    expect(last[0]).toBe(last[1]);
    expect(last[0]).toBe(7 + gzipSync('{"x":1}\n').length);
  });
});

describe('lines of a stream', () => {
  test('are the same however the stream is cut', async () => {
    const cuts = fc.array(fc.uint8Array({ maxLength: 6 }).map((bytes) => bytes.map((byte) => (byte % 3 === 0 ? 0x0a : 0x61))));
    await fc.assert(
      fc.asyncProperty(cuts, async (chunks) => {
        const lines: string[] = [];
        for await (const { number, bytes } of splitLines(Readable.from(chunks.filter((chunk) => chunk.length > 0)), 100)) {
          expect(number).toBe(lines.length + 1);
          lines.push(Buffer.from(bytes ?? []).toString());
        }
        const whole = Buffer.concat(chunks).toString().split('\n');
        if (whole.at(-1) === '') whole.pop();
        expect(lines).toEqual(whole);
      }),
    );
  });
});
