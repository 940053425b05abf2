/** Whether bytes from outside are a state vector: numbers without an end would become NaN in lib0, which compares with nothing. */

import { ByteReader, Refusal } from './byte-reader.js';

export function isStateVector(bytes: Uint8Array): boolean {
  const reader = new ByteReader(bytes, 0);
  try {
    for (let left = reader.number() * 2; left > 0; left--) reader.number();
    return reader.left === 0;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
