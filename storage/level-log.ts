/**
 * Whether a log of LevelDB lost something that was synced, found out without LevelDB: at a record that does not verify it
 * leaves out the rest of the block and says nothing, which is right for the last record of a process that was killed, and
 * wrong for any before. What was synced after it shows which it is: a record that verifies behind one that does not.
 *
 *   blocks of 32 KiB of records:  crc32c(type, data), masked:u32 • length:u16 • type:u8 • data
 *
 * The format is described in LevelDB's doc/log_format.md. Never throws.
 */

import { crc32c, unmask } from './crc32c.js';

/** Where the first record lies that does not verify though a later one does; undefined where there is none. */
export function findLogFault(log: Uint8Array): number | undefined {
  let fault: number | undefined;
  for (let block = 0; block < log.length; block += BLOCK_BYTES) {
    const end = Math.min(block + BLOCK_BYTES, log.length);
    // A file system may leave zeros behind what was written last.
    const zeros = beginOfZeros(log, block, end);
    for (let at = block; at < zeros && at + HEADER_BYTES <= end;) {
      const next = endOfRecord(log, at, end);
      if (next !== undefined && fault !== undefined) return fault;
      if (next === undefined) fault ??= at;
      // Where a length is not to be believed, the next record is looked for byte by byte.
      at = next ?? at + 1;
    }
  }
  return undefined;
}

/** What was written, as far as it verifies: a record may lie in several pieces. */
export function* readLogRecords(log: Uint8Array): Generator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  for (let at = 0; at + HEADER_BYTES <= log.length;) {
    const blockEnd = Math.min(at - (at % BLOCK_BYTES) + BLOCK_BYTES, log.length);
    const next = endOfRecord(log, at, blockEnd);
    if (next === undefined && !isTrailer(log, at, blockEnd)) return;
    if (next === undefined) {
      at = blockEnd;
      continue;
    }
    const type = log[at + 6];
    if (type === WHOLE || type === FIRST) pieces = [];
    pieces.push(log.subarray(at + HEADER_BYTES, next));
    if (type === WHOLE || type === LAST) yield Buffer.concat(pieces);
    at = next;
  }
}

/** How far it verifies without a break: the rest is what a killed process left, or damage. */
export function soundBytesOf(log: Uint8Array): number {
  let at = 0;
  while (at + HEADER_BYTES <= log.length) {
    const blockEnd = Math.min(at - (at % BLOCK_BYTES) + BLOCK_BYTES, log.length);
    const next = endOfRecord(log, at, blockEnd) ?? (isTrailer(log, at, blockEnd) ? blockEnd : undefined);
    if (next === undefined) break;
    at = next;
  }
  return at;
}

/** The rest of a block is too short for a record, and zero. */
function isTrailer(log: Uint8Array, at: number, blockEnd: number): boolean {
  return blockEnd - at < HEADER_BYTES && log.subarray(at, blockEnd).every((byte) => byte === 0);
}

/** Undefined where no sound record begins there. */
function endOfRecord(log: Uint8Array, at: number, limit: number): number | undefined {
  const end = at + HEADER_BYTES + (log[at + 4] as number) + 256 * (log[at + 5] as number);
  const type = log[at + 6] as number;
  if (type < WHOLE || type > LAST || end > limit) return undefined;
  return unmask(log, at) === crc32c(log.subarray(at + HEADER_BYTES - 1, end)) ? end : undefined;
}

function beginOfZeros(log: Uint8Array, from: number, end: number): number {
  let at = end;
  while (at > from && log[at - 1] === 0) at--;
  return at;
}

const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const WHOLE = 1;
const FIRST = 2;
const LAST = 4;
