/** The checksum that LevelDB puts to each block and record (CRC-32C, Castagnoli). zlib's is another polynomial. */

export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  let at = 0;
  // Eight bytes at a time ("slicing by 8", Kounavis and Berry 2005): four times as fast, and a takeover waits for it.
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ wordAt(bytes, at);
    const high = wordAt(bytes, at + 4);
    crc =
      entry(7, low) ^
      entry(6, low >>> 8) ^
      entry(5, low >>> 16) ^
      entry(4, low >>> 24) ^
      (entry(3, high) ^ entry(2, high >>> 8) ^ entry(1, high >>> 16) ^ entry(0, high >>> 24));
  }
  for (; at < bytes.length; at++) crc = entry(0, crc ^ (bytes[at] as number)) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

/** What a byte becomes after `zeros` further bytes of zero. */
function entry(zeros: number, byte: number): number {
  return TABLE[zeros * 256 + (byte & 255)] as number;
}

/** The checksum that is stored at a place: LevelDB masks it, because a checksum of bytes that hold checksums is a weak one. */
export function unmask(bytes: Uint8Array, at: number): number {
  const rotated = (new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true) - MASK_DELTA) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

const MASK_DELTA = 0xa282ead8;
const POLYNOMIAL_REFLECTED = 0x82f63b78;

const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL_REFLECTED : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256] as number;
    table[at] = (before >>> 8) ^ (table[before & 255] as number);
  }
  return table;
}
