/** Mapped values in plain memory: what a reader sees, whenever it looks, however far the writer has come, and whatever lies there. */

import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { InstanceId } from '../../src/base/ids.js';
import { MAPPED_BYTES_MAX } from '../../talk/limits.js';
import { COPY, SLOT, WORD_BYTES, bytesOf, copyAt, geometryOf, slotAt } from '../../talk/mapped/layout.js';
import type { Geometry } from '../../talk/mapped/layout.js';
import { TableReader } from '../../talk/mapped/table-reader.js';
import { TableWriter } from '../../talk/mapped/table-writer.js';

const OWNER = `${'a'.repeat(16)}.1` as InstanceId;
const STAMP = [1, 2] as const;
const BYTES = 12;

afterEach(() => void vi.restoreAllMocks());

function geometry(slots = 4, valueBytes = 16): Geometry {
  const found = geometryOf(slots, valueBytes);
  if (found === undefined) throw new Error('too large');
  return found;
}

class Memory {
  readonly words: Int32Array;
  readonly writer: TableWriter;
  readonly #geometry: Geometry;

  constructor({ slots, valueBytes }: { readonly slots?: number; readonly valueBytes?: number } = {}) {
    this.#geometry = geometry(slots, valueBytes);
    this.words = new Int32Array(bytesOf(this.#geometry) / WORD_BYTES);
    this.writer = new TableWriter(this.words, this.#geometry, OWNER);
  }

  reader(): TableReader {
    const reader = TableReader.open(this.words, OWNER);
    if (reader === undefined) throw new Error('no table');
    return reader;
  }

  set(number: number, key = 'k'): boolean {
    return this.writer.set({ name: 'n', key, codec: 'raw', bytes: whole(number) }, STAMP);
  }

  /** As one would who does not look whether it was overwritten meanwhile: the planted bug. */
  carelessly(): Uint8Array {
    const slot = slotAt(this.#geometry, 0);
    const copy = copyAt(this.#geometry, slot, Atomics.load(this.words, slot + SLOT.sequence));
    return bytesAt(this.words, copy + COPY.value);
  }
}

function bytesAt(words: Int32Array, at: number): Uint8Array {
  return new Uint8Array(Int32Array.from({ length: BYTES / WORD_BYTES }, (_, each) => Atomics.load(words, at + each)).buffer);
}

/** All of its bytes say the same number. */
const whole = (number: number): Uint8Array => new Uint8Array(BYTES).fill(number);
const isWhole = (bytes: Uint8Array): boolean => bytes.length === BYTES && bytes.every((byte) => byte === bytes[0]);
const read = (reader: TableReader, key = 'k'): Uint8Array | undefined => reader.slot('n', key)?.read()?.bytes;

/** Calls `then` before the atomic operation with that number, from 1; returns how many there were when `work` was through. */
function interrupted(operation: 'load' | 'store', at: number, then: () => void, work: () => void): number {
  let count = 0;
  const original = Atomics[operation] as (...given: unknown[]) => number;
  const spy = vi.spyOn(Atomics, operation).mockImplementation(((...given: unknown[]) => {
    if (++count === at) then();
    return original(...given);
  }) as never);
  try {
    work();
  } finally {
    spy.mockRestore();
  }
  return count;
}

describe('a table', () => {
  it('gives what was set, with its time, the latest of each key', () => {
    const memory = new Memory();
    const reader = memory.reader();
    expect(reader.slot('n', 'k')).toBeUndefined();
    memory.set(1);
    memory.set(7, 'other');
    memory.set(2);
    expect(read(reader)).toEqual(whole(2));
    expect(read(reader, 'other')).toEqual(whole(7));
    expect(reader.slot('n', 'k')).toMatchObject({ name: 'n', key: 'k', codec: 'raw', owner: OWNER, stamp: STAMP });
    expect(reader.slot('k', 'n')).toBeUndefined();
  });

  it('forgets what was deleted, at once, and gives its slot to another key', () => {
    const memory = new Memory({ slots: 1 });
    const reader = memory.reader();
    memory.set(1);
    const slot = reader.slot('n', 'k');
    expect(memory.set(2, 'other')).toBe(false);
    memory.writer.delete('n', 'k');
    expect([slot?.isCurrent, slot?.read(), reader.slot('n', 'k')]).toEqual([false, undefined, undefined]);
    expect(memory.set(2, 'other')).toBe(true);
    expect([slot?.read(), read(reader), read(reader, 'other')]).toEqual([undefined, undefined, whole(2)]);
  });

  it('holds nothing, not even an older value, of a key whose value is too long, and says how many it left out', () => {
    const memory = new Memory({ slots: 2 });
    const reader = memory.reader();
    memory.set(1);
    expect(memory.writer.set({ name: 'n', key: 'k', codec: 'raw', bytes: new Uint8Array(17) }, STAMP)).toBe(false);
    expect(read(reader)).toBeUndefined();
    expect(memory.writer.set({ name: 'n', key: 'x'.repeat(120), codec: 'raw', bytes: whole(1) }, STAMP)).toBe(false);
    expect([memory.writer.count, memory.writer.leftOut]).toEqual([0, 2]);
    expect(memory.set(3)).toBe(true);
    expect([memory.writer.count, memory.writer.leftOut]).toEqual([1, 1]);
    expect(read(reader)).toEqual(whole(3));
  });

  it('is over for everybody when its writer says so', () => {
    const memory = new Memory();
    const reader = memory.reader();
    memory.set(1);
    const slot = reader.slot('n', 'k');
    memory.writer.end();
    expect([reader.isLive, slot?.read(), reader.slot('n', 'k')]).toEqual([false, undefined, undefined]);
  });

  it('is not read as another instance, nor with another version, nor larger than its memory', () => {
    const { words } = new Memory();
    expect(TableReader.open(words, `${'b'.repeat(16)}.1` as InstanceId)).toBeUndefined();
    expect(TableReader.open(words.slice(0, words.length - 1), OWNER)).toBeUndefined();
    expect(
      TableReader.open(
        words.map((word, at) => (at === 1 ? word + 1 : word)),
        OWNER,
      ),
    ).toBeUndefined();
    expect(TableReader.open(new Int32Array(0), OWNER)).toBeUndefined();
    expect(geometryOf(4096, MAPPED_BYTES_MAX / 4096)).toBeUndefined();
  });
});

describe('a writer that ends in the middle of it', () => {
  it('leaves the last whole value, whichever store was its last', () => {
    const stores =
      interrupted(
        'store',
        0,
        () => undefined,
        () => new Memory().set(9),
      ) + 0;
    expect(stores).toBeGreaterThan(20);
    let [before, after] = [0, 0];
    for (let last = 1; ; last++) {
      const memory = new Memory();
      memory.set(1);
      memory.set(2);
      const killed = new Error('killed');
      let isOver = false;
      try {
        interrupted(
          'store',
          last,
          () => {
            throw killed;
          },
          () => memory.set(3),
        );
        isOver = true;
      } catch (error) {
        if (error !== killed) throw error;
      }
      const seen = read(memory.reader())?.[0];
      expect([2, 3]).toContain(seen);
      if (seen === 2) before++;
      else after++;
      if (isOver) break;
    }
    expect(before).toBeGreaterThan(5);
    expect(after).toBeGreaterThan(0);
  });

  it('shows a new key with its first whole value, or not at all', () => {
    for (let last = 1; ; last++) {
      const memory = new Memory();
      const killed = new Error('killed');
      let isOver = false;
      try {
        interrupted(
          'store',
          last,
          () => {
            throw killed;
          },
          () => memory.set(3),
        );
        isOver = true;
      } catch (error) {
        if (error !== killed) throw error;
      }
      const seen = read(memory.reader());
      expect(seen === undefined || seen[0] === 3).toBe(true);
      if (isOver) break;
    }
  });
});

describe('a reader whose writer goes on meanwhile', () => {
  /** Each place at which the writer may come in between, and as often as it takes to come around. */
  function tornReads(look: (memory: Memory, reader: TableReader) => Uint8Array | undefined): number {
    let torn = 0;
    for (const values of [1, 2, 3]) {
      for (let at = 1; ; at++) {
        const memory = new Memory();
        const reader = memory.reader();
        memory.set(100);
        read(reader);
        const write = (): void => {
          for (let each = 1; each <= values; each++) memory.set(100 + each);
        };
        let seen: Uint8Array | undefined;
        const loads = interrupted('load', at, write, () => {
          seen = look(memory, reader);
        });
        if (seen !== undefined && !isWhole(seen)) torn++;
        if (loads < at) break;
      }
    }
    return torn;
  }

  it('never reads parts of two values, wherever it is overtaken', () => {
    expect(tornReads((_, reader) => read(reader))).toBe(0);
  });

  it('would, if it did not look whether it was', () => {
    expect(tornReads((memory) => memory.carelessly())).toBeGreaterThan(0);
  });

  it('never takes the value of one key for that of another, wherever the slot changes hands', () => {
    for (let at = 1; ; at++) {
      const memory = new Memory({ slots: 1 });
      const reader = memory.reader();
      memory.set(1);
      const handOver = (): void => {
        memory.writer.delete('n', 'k');
        memory.set(2, 'other');
      };
      let seen: (Uint8Array | undefined)[] = [];
      const loads = interrupted('load', at, handOver, () => {
        seen = [read(reader), read(reader, 'other')];
      });
      expect([undefined, 1]).toContain(seen[0]?.[0]);
      expect([undefined, 2]).toContain(seen[1]?.[0]);
      if (loads < at) break;
      expect(read(reader, 'other')).toEqual(whole(2));
    }
  });

  it('gives up, and does not wait, where the writer is always quicker', () => {
    const memory = new Memory();
    const reader = memory.reader();
    memory.set(0);
    const slot = reader.slot('n', 'k');
    const load = Atomics.load.bind(Atomics) as (...given: unknown[]) => number;
    vi.spyOn(Atomics, 'load').mockImplementation(((...given: unknown[]) => {
      memory.set(1);
      return load(...given);
    }) as never);
    expect(slot?.read()).toBeUndefined();
  });
});

it('whatever lies in the memory, a reader throws nothing, and reads nothing outside of it', () => {
  const sound = new Memory();
  sound.set(1);
  const word = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: -5, max: 5 }));
  const edits = fc.array(fc.tuple(fc.nat({ max: sound.words.length - 1 }), word), { maxLength: 12 });
  const early = fc.array(fc.tuple(fc.nat({ max: 60 }), word), { maxLength: 12 });
  fc.assert(
    fc.property(edits, early, (some, others) => {
      const words = Int32Array.from(sound.words);
      const reader = TableReader.open(words, OWNER);
      for (const [at, value] of [...some, ...others]) words[at] = value;
      for (const each of [reader, TableReader.open(words, OWNER)]) {
        const slot = each?.slot('n', 'k');
        void slot?.stamp;
        expect(slot?.read()?.bytes.length ?? 0).toBeLessThanOrEqual(words.length * WORD_BYTES);
      }
    }),
    { numRuns: 2000 },
  );
});
