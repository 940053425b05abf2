/** Contents of blobs that a name and a length make, so that every process can make and know them; no two are alike. */

import { createHash } from 'node:crypto';

/**
 * @param {string} name
 * @param {number} bytes
 * @returns {Buffer}
 */
export function contentOf(name, bytes) {
  return createHash('shake256', { outputLength: bytes }).update(name).digest();
}

/**
 * @param {Uint8Array} content
 * @returns {string}
 */
export function hashOf(content) {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * As a file that is read: in pieces that have nothing to do with those of the store.
 * @param {Uint8Array} content
 */
export async function* inPieces(content, pieceBytes = 100_003) {
  for (let at = 0; at < content.length; at += pieceBytes) yield content.subarray(at, at + pieceBytes);
}
