/** Bytes that are no frame, or no longer the frame that they were; and frames whose checksum was made to fit whatever they say. */

import { crc32 } from 'node:zlib';

import type { Chance } from './chance.js';

export function randomBytes(chance: Chance): Uint8Array {
  const bytes = chance.bytes(chance.below(chance.isIn(0.05) ? 4000 : 120));
  // Half of them get past the first look.
  if (chance.isIn(0.5)) bytes.set(Uint8Array.of(0x73, 0x6f, chance.isIn(0.9) ? 1 : chance.below(256)).subarray(0, bytes.length));
  return bytes;
}

export function truncated(chance: Chance, bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, chance.below(bytes.length));
}

export function flipped(chance: Chance, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  for (let count = 1 + chance.below(8); count > 0 && copy.length > 0; count--) {
    const at = chance.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
  }
  // Flipped twice is not flipped.
  if (copy.length > 0 && Buffer.compare(copy, bytes) === 0) copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}

/** Other bytes in the place of some, perhaps a number without an end. */
export function spliced(chance: Chance, bytes: Uint8Array): Uint8Array {
  const at = chance.below(bytes.length + 1);
  const removed = chance.below(chance.isIn(0.1) ? bytes.length : 6);
  const patch = chance.isIn(0.3) ? new Uint8Array(chance.below(12)).fill(chance.pick([0x80, 0xff])) : chance.bytes(chance.below(6));
  return concat(bytes.subarray(0, at), patch, bytes.subarray(at + removed));
}

/** Damaged and then sealed again: nothing but its content is wrong. */
export function resealed(chance: Chance, frame: Uint8Array): Uint8Array {
  const header = frame.subarray(0, 12);
  const rest = frame.subarray(12, -4);
  const damage = chance.pick([truncated, flipped, spliced, spliced]);
  return sealed(chance.isIn(0.9) ? concat(header, damage(chance, rest)) : damage(chance, frame.subarray(0, -4)));
}

export function sealed(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(body.length + 4);
  frame.set(body);
  new DataView(frame.buffer).setUint32(body.length, crc32(body));
  return frame;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
