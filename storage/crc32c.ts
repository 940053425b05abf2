/**
 * The checksum that LevelDB puts to each block and record (CRC-32C, Castagnoli). zlib's is another polynomial.
 *
 * In WebAssembly, because a takeover waits for it in a process that has never run it before: JavaScript that V8 has not seen hot takes
 * five times as long (660 KB: 10 ms instead of 2). The few instructions are put together here, so that nobody has to believe in bytes that
 * nobody can read. Eight bytes at a time ("slicing by 8", Kounavis and Berry 2005), by a table of 8 KiB at the begin of its memory.
 */

export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  for (let at = 0; at < bytes.length; at += ROOM_BYTES) {
    const part = bytes.subarray(at, at + ROOM_BYTES);
    memory.set(part, TABLE_BYTES);
    crc = goOn(TABLE_BYTES, TABLE_BYTES + part.length, crc);
  }
  return ~crc >>> 0;
}

/** The checksum that is stored at a place: LevelDB masks it, because a checksum of bytes that hold checksums is a weak one. */
export function unmask(bytes: Uint8Array, at: number): number {
  const rotated = (new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true) - MASK_DELTA) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

const MASK_DELTA = 0xa282ead8;
const POLYNOMIAL_REFLECTED = 0x82f63b78;
const PAGE_BYTES = 64 * 1024;
const TABLE_BYTES = 8 * 256 * 4;
const ROOM_BYTES = PAGE_BYTES - TABLE_BYTES;

// Instructions by the names that the specification has for them.
const [BLOCK, LOOP, END, BR, BR_IF] = [[0x02, 0x40], [0x03, 0x40], 0x0b, 0x0c, 0x0d];
const [GET, SET, CONST, LOAD, LOAD_BYTE] = [0x20, 0x21, 0x41, 0x28, [0x2d, 0, 0]];
const [GE_U, ADD, AND, XOR, SHL, SHR_U] = [0x4f, 0x6a, 0x71, 0x73, 0x74, 0x76];
const I32 = 0x7f;
// Parameters, then a local.
const [AT, BEHIND, CRC, HIGH] = [0, 1, 2, 3];

/** What byte number `byte` of a local becomes after `zeros` further bytes of zero. */
function entry(zeros: number, local: number, byte: number): number[] {
  return [GET, local, CONST, 8 * byte, SHR_U, ...inTable(zeros)];
}

/** Of what is on the stack, the lowest byte: by the table. */
function inTable(zeros: number): number[] {
  return [CONST, ...signed(255), AND, CONST, 2, SHL, LOAD, 2, ...unsigned(1024 * zeros)];
}

/** While there are `count` bytes left. */
function repeat(count: number, ...body: readonly number[]): number[] {
  const isTooFewLeft = [GET, AT, CONST, count - 1, ADD, GET, BEHIND, GE_U];
  const goOn = [GET, AT, CONST, count, ADD, SET, AT, BR, 0];
  return [...BLOCK, ...LOOP, ...isTooFewLeft, BR_IF, 1, ...body, ...goOn, END, END];
}

function makeFunction(): number[] {
  const eightBytes = repeat(
    8,
    ...[GET, AT, LOAD, 2, 0, GET, CRC, XOR, SET, CRC],
    ...[GET, AT, LOAD, 2, 4, SET, HIGH],
    ...[...entry(7, CRC, 0), ...entry(6, CRC, 1), XOR, ...entry(5, CRC, 2), XOR, ...entry(4, CRC, 3), XOR],
    ...[...entry(3, HIGH, 0), XOR, ...entry(2, HIGH, 1), XOR, ...entry(1, HIGH, 2), XOR, ...entry(0, HIGH, 3), XOR],
    ...[SET, CRC],
  );
  const oneByte = repeat(1, ...[GET, AT, ...LOAD_BYTE, GET, CRC, XOR, ...inTable(0), GET, CRC, CONST, 8, SHR_U, XOR, SET, CRC]);
  return [1, 1, I32, ...eightBytes, ...oneByte, GET, CRC, END];
}

/** Types, functions, memory of a page, exports, code. */
function makeModule(): Uint8Array {
  const code = makeFunction();
  return Uint8Array.of(
    ...[0x00, ...Buffer.from('asm'), 1, 0, 0, 0],
    ...section(1, 1, 0x60, 3, I32, I32, I32, 1, I32),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...name('memory'), 2, 0, ...name('goOn'), 0, 0),
    ...section(10, 1, ...unsigned(code.length), ...code),
  );
}

function section(id: number, ...content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}

interface Engine {
  /** The table, and room behind it. */
  readonly memory: Uint8Array;
  /** Takes the bytes from `at` to `behind` into account. */
  readonly goOn: (at: number, behind: number, crc: number) => number;
}

/** The language's own declarations come with those of a browser. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly goOn: Engine['goOn'] };
  };
};

const { memory, goOn } = makeEngine();

function makeEngine(): Engine {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(makeModule()));
    fillTable(new Int32Array(exports.memory.buffer, 0, TABLE_BYTES / 4));
    return { memory: new Uint8Array(exports.memory.buffer), goOn: exports.goOn };
  } catch {
    return makeSlowEngine(); // some hosts forbid it, or have none
  }
}

function makeSlowEngine(): Engine {
  const bytes = new Uint8Array(PAGE_BYTES);
  const table = new Int32Array(bytes.buffer, 0, TABLE_BYTES / 4);
  fillTable(table);
  return {
    memory: bytes,
    goOn: (at, behind, crc) =>
      bytes.subarray(at, behind).reduce((before, byte) => (table[(before ^ byte) & 255] as number) ^ (before >>> 8), crc),
  };
}

function fillTable(table: Int32Array): void {
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL_REFLECTED : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256] as number;
    table[at] = (before >>> 8) ^ (table[before & 255] as number);
  }
}
