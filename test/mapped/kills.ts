/** Kills writers in the middle of it, and says what was read of them: meanwhile, and of what they left. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { InstanceId } from '../../src/base/ids.js';
import { loadMapping } from '../../src/mapped/memory.js';
import { COPY, SLOT, bytesOf, copyAt, geometryOf, slotAt } from '../../talk/mapped/layout.js';
import { TableReader } from '../../talk/mapped/table-reader.js';
import { ESM } from '../process/members.js';

const OWNER = `${'a'.repeat(16)}.1` as InstanceId;
const WRITER = join(import.meta.dirname, 'killed-writer.mjs');
const NUMBERS = 32;
const CARELESS_LOOKS_MAX = 500_000;

export interface Kills {
  readonly count: number;
  /** Planted: a writer that writes over what is shown. */
  readonly way?: 'in-place' | 'sound';
  /** Planted: a reader that does not look whether it was overtaken. */
  readonly isCareless?: boolean;
}

export interface Killed {
  reads: number;
  torn: number;
  /** Of what was left: parts of two values, and nothing at all. */
  tornAfter: number;
  lostAfter: number;
}

export async function killWriters({ count, way = 'sound', isCareless = false }: Kills): Promise<Killed> {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-k-'));
  const killed: Killed = { reads: 0, torn: 0, tornAfter: 0, lostAfter: 0 };
  try {
    for (let round = 0; round < count; round++) await killOne(join(folder, String(round)), { round, way, isCareless }, killed);
    return killed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function killOne(
  path: string,
  { round, way, isCareless }: Required<Omit<Kills, 'count'>> & { readonly round: number },
  killed: Killed,
): Promise<void> {
  const geometry = geometryOf(4, NUMBERS * 8);
  if (geometry === undefined) throw new Error('too large');
  const byteLength = bytesOf(geometry);
  writeFileSync(path, new Uint8Array(byteLength), { mode: 0o600 });
  const descriptor = openSync(path, 'r');
  const memory = (await loadMapping()).map(descriptor, byteLength, 'read');
  closeSync(descriptor);
  const writer = spawn(process.execPath, [WRITER, dirname(dirname(ESM)), path, String(byteLength), way, String(NUMBERS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const ended = once(writer, 'exit');
    await once(writer.stdout, 'data');
    const reader = TableReader.open(memory.words, OWNER);
    const look = (): Uint8Array | undefined => (isCareless ? carelessly(memory.words) : reader?.slot('n', 'k')?.read()?.bytes);
    // Until it is at it; then for another while each time.
    const first = numbersOf(look())[0];
    while (numbersOf(look())[0] === first);
    // Whether a careless one is overtaken within a few looks is chance, and rare where the two take turns on one processor.
    const looks = isCareless ? CARELESS_LOOKS_MAX : 200 + round * 37;
    for (let each = 0; each < looks; each++) {
      if (isCareless && killed.torn > 0) break;
      const seen = look();
      if (seen === undefined) continue;
      killed.reads++;
      if (!isWhole(seen)) killed.torn++;
    }
    writer.kill('SIGKILL');
    await ended;
    const left = reader?.slot('n', 'k')?.read()?.bytes;
    if (left === undefined) killed.lostAfter++;
    else if (!isWhole(left)) killed.tornAfter++;
    reader?.close();
  } finally {
    writer.kill('SIGKILL');
    memory.release();
  }
}

function carelessly(words: Int32Array): Uint8Array {
  const geometry = geometryOf(4, NUMBERS * 8);
  if (geometry === undefined) throw new Error('too large');
  const slot = slotAt(geometry, 0);
  const at = copyAt(geometry, slot, Atomics.load(words, slot + SLOT.sequence)) + COPY.value;
  const copy = new Int32Array(NUMBERS * 2);
  for (let each = 0; each < copy.length; each++) copy[each] = Atomics.load(words, at + each);
  return new Uint8Array(copy.buffer);
}

function numbersOf(bytes: Uint8Array | undefined): Float64Array {
  return bytes === undefined ? new Float64Array(0) : new Float64Array(bytes.slice().buffer);
}

function isWhole(bytes: Uint8Array): boolean {
  const numbers = numbersOf(bytes);
  return numbers.length === NUMBERS && numbers.every((number) => number === numbers[0]);
}
