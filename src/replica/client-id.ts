/**
 * The number under which a replica writes. Two replicas with one number diverge for ever, with equal state vectors; so it has 53
 * random bits instead of the 32 of Yjs, is new for each replica, and is never used again.
 */

import type { Random } from '../base/random.js';

export function newClientId(random: Random): number {
  const bytes = Buffer.from(random.bytes(7));
  return bytes.readUInt32LE(0) + (bytes.readUIntLE(4, 3) & 0x1fffff) * 2 ** 32;
}

/** What Yjs can write down: anything else would end in updates that nobody can read. */
export function isClientId(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
