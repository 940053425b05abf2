/** Payloads written by hand, in lib0's encodings, and the look at what the decoder says to them. */

import * as encoding from 'lib0/encoding';
import { expect } from 'vitest';

import { decodeFrame } from '../../sync/wire/decode-frame.js';
import { all, numbers, raw } from '../replica/forge.js';
import type { Write } from '../replica/forge.js';

export { all, numbers, raw };
export type { Write };

export const text =
  (value: string): Write =>
  (to) =>
    encoding.writeVarUint8Array(to, Buffer.from(value));
export const times = (count: number, write: Write): Write => all(...Array.from({ length: count }, () => write));

/** For this reason, and without memory being taken for what the bytes only announce. */
export function expectRefused(bytes: Uint8Array, reason: string, detail: string): void {
  const before = process.memoryUsage().arrayBuffers;
  const decoded = decodeFrame(bytes);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  expect(decoded).toMatchObject({ ok: false, reason });
  expect(decoded.ok ? '' : decoded.detail).toContain(detail);
}
