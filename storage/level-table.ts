/**
 * Whether a table of LevelDB (a `.ldb` file) is as LevelDB wrote it, found out without LevelDB: it does not look at the
 * checksums of the blocks that it reads, returns wrong values, and on some flipped bits stops the whole process at an
 * assertion of its own. So no table is shown to it that was not looked at here.
 *
 *   data blocks … • filter block • metaindex block • index block • footer:48 bytes
 *   a block:  content • compression:u8 • crc32c(content, compression), masked:u32
 *
 * The format is described in LevelDB's doc/table_format.md, that of a block's entries in table/block_builder.cc, that of a
 * compressed one in Snappy's format_description.txt.
 */

import { crc32c, unmask } from './crc32c.js';
import { Cursor } from './cursor.js';

/** Why the table is not to be believed; undefined where it is sound. Never throws. */
export function findTableFault(table: Uint8Array): string | undefined {
  try {
    return checkTable(table);
  } catch (error) {
    if (error instanceof RangeError) return 'it cannot be read';
    throw error;
  }
}

/** Where a block lies. */
interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

function checkTable(table: Uint8Array): string | undefined {
  if (table.length < FOOTER_BYTES) return 'it is too short';
  const footer = new Cursor(table.subarray(-FOOTER_BYTES));
  const metaindex = readHandle(footer);
  const index = readHandle(footer);
  if (MAGIC.some((byte, at) => table[table.length - MAGIC.length + at] !== byte)) return 'it does not end like a table';
  const roots = [metaindex, index];
  for (const handle of roots) if (!isSound(table, handle)) return `the block at ${handle.offset} does not verify`;
  const leaves = roots.flatMap((handle) => readEntries(unpackBlock(table, handle)));
  for (const handle of leaves) if (!isSound(table, handle)) return `the block at ${handle.offset} does not verify`;
  const covered = [...roots, ...leaves].reduce((sum, { size }) => sum + size + TRAILER_BYTES, FOOTER_BYTES);
  return covered === table.length ? undefined : 'its blocks do not cover it';
}

function isSound(table: Uint8Array, { offset, size }: BlockHandle): boolean {
  const end = offset + size + 1;
  if (end + 4 > table.length - FOOTER_BYTES) return false;
  return unmask(table, end) === crc32c(table.subarray(offset, end));
}

function unpackBlock(table: Uint8Array, { offset, size }: BlockHandle): Uint8Array {
  const content = table.subarray(offset, offset + size);
  return table[offset + size] === SNAPPY ? unpackSnappy(content) : content;
}

/** The values of an index: handles of other blocks. Keys are skipped. */
function readEntries(block: Uint8Array): BlockHandle[] {
  const restarts = new DataView(block.buffer, block.byteOffset, block.length).getUint32(block.length - 4, true);
  const entries = new Cursor(block.subarray(0, block.length - 4 - 4 * restarts));
  const handles: BlockHandle[] = [];
  while (!entries.isAtEnd) {
    entries.readVarint();
    const keyBytes = entries.readVarint();
    const valueBytes = entries.readVarint();
    entries.take(keyBytes);
    handles.push(readHandle(new Cursor(entries.take(valueBytes))));
  }
  return handles;
}

function readHandle(cursor: Cursor): BlockHandle {
  return { offset: cursor.readVarint(), size: cursor.readVarint() };
}

function unpackSnappy(packed: Uint8Array): Uint8Array {
  const cursor = new Cursor(packed);
  const whole = new Uint8Array(cursor.readVarint());
  let at = 0;
  while (!cursor.isAtEnd) {
    const tag = cursor.readNumber(1);
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const literal = cursor.take(1 + (short < 60 ? short : cursor.readNumber(short - 59)));
      whole.set(literal, at);
      at += literal.length;
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const distance = kind === 1 ? ((tag >> 5) << 8) | cursor.readNumber(1) : cursor.readNumber(kind === 2 ? 2 : 4);
    if (distance === 0 || distance > at || at + length > whole.length) throw new RangeError('a copy from nowhere');
    // Byte by byte: what is copied may overlap what it is copied to.
    for (const end = at + length; at < end; at++) whole[at] = whole[at - distance] as number;
  }
  if (at !== whole.length) throw new RangeError('shorter than it says');
  return whole;
}

const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
const SNAPPY = 1;
