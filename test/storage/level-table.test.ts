import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, expect, test, vi } from 'vitest';

import { seededRandom } from '../../src/base/random.js';
import { crc32c } from '../../storage/crc32c.js';
import { openDatabase } from '../../storage/level-open.js';
import type { Operation } from '../../storage/level-open.js';
import { findTableFault } from '../../storage/level-table.js';
import { makeTemporaryDirectory } from './temporary.js';

/** Tables that LevelDB wrote: with blocks that compress and blocks that do not, large values and many keys. */
async function makeTables(folder: string): Promise<readonly Uint8Array[]> {
  const directory = join(folder, 'level');
  const random = seededRandom(5);
  const database = await openDatabase(directory, 'absent');
  for (let round = 0; round < 3; round++) {
    const operations = Array.from({ length: 600 }, (_, index): Operation => {
      const size = index % 100 === 0 ? 40_000 : Math.floor(random.fraction() * 60);
      const value = index % 2 === 0 ? random.bytes(size) : new Uint8Array(size).fill(7);
      return { type: 'put', key: `some/prefix/that/is/shared/${round}/${index}`, value };
    });
    await database.batch(operations, { sync: true });
    await database.compactRange('a', 'z');
  }
  await database.close();
  const names = (await readdir(directory)).filter((name) => name.endsWith('.ldb'));
  return Promise.all(names.map((name) => readFile(join(directory, name))));
}

let tables: readonly Uint8Array[] = [];
beforeAll(async () => {
  const folder = await makeTemporaryDirectory();
  tables = await makeTables(folder);
  return () => rm(folder, { recursive: true, force: true });
});

test('the checksum is that of the standard', () => {
  // The example of RFC 3720, B.4, and the check value of the catalogue of polynomials.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('the checksum is the same as bit by bit, of any length, from any place on, and where a host has no WebAssembly', async () => {
  vi.stubGlobal('WebAssembly', undefined);
  vi.resetModules();
  const slow = await import('../../storage/crc32c.js');
  vi.unstubAllGlobals();
  expect(slow.crc32c).not.toBe(crc32c);
  const bytes = seededRandom(3).bytes(140_000);
  for (const length of [0, 1, 2, 7, 8, 9, 15, 16, 17, 4096, 57_343, 57_344, 57_345, 114_688, 130_001]) {
    const at = length % 13;
    const part = bytes.subarray(at, at + length);
    expect(crc32c(part), String(length)).toBe(bitByBit(part));
    expect(slow.crc32c(part), String(length)).toBe(bitByBit(part));
  }
});

function bitByBit(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

test('tables of LevelDB are found sound', () => {
  expect(tables.length).toBeGreaterThan(0);
  for (const table of tables) expect(findTableFault(table)).toBeUndefined();
});

test('a table that was cut anywhere is found out', () => {
  const random = seededRandom(1);
  for (const table of tables) {
    for (let count = 0; count < 100; count++)
      expect(findTableFault(table.subarray(0, Math.floor(random.fraction() * table.length)))).toBeDefined();
    expect(findTableFault(table.subarray(0, -1))).toBeDefined();
  }
});

test('a flipped bit is found out, but for the unused bytes of the footer', () => {
  const random = seededRandom(2);
  for (const table of tables) {
    const copy = Uint8Array.from(table);
    const footer = Array.from({ length: 48 }, (_, index) => table.length - 48 + index);
    const places = [...footer, ...Array.from({ length: 100 }, () => Math.floor(random.fraction() * table.length))];
    for (const at of places) {
      copy[at] = (table[at] as number) ^ (1 << Math.floor(random.fraction() * 8));
      const isPadding = at >= table.length - 48 && at < table.length - 8 && table[at] === 0;
      if (!isPadding) expect(findTableFault(copy), `byte ${at} of ${table.length}`).toBeDefined();
      copy[at] = table[at] as number;
    }
  }
});

test('arbitrary bytes are no table, and are not thrown over', () => {
  const random = seededRandom(3);
  for (let count = 0; count < 200; count++) expect(findTableFault(random.bytes(Math.floor(random.fraction() * 300)))).toBeDefined();
});
