/** Payloads written by hand, in lib0's encodings, and the look at what the decoder says to them. */

import * as encoding from 'lib0/encoding';
import { expect } from 'vitest';

import { decodeFrame } from '../../sync/wire/decode-frame.js';

export type Write = (to: encoding.Encoder) => void;

export const numbers =
  (...values: readonly number[]): Write =>
  (to) => {
    for (const value of values) encoding.writeVarUint(to, value);
  };
export const raw =
  (...bytes: readonly number[]): Write =>
  (to) =>
    encoding.writeUint8Array(to, Uint8Array.from(bytes));
export const text =
  (value: string): Write =>
  (to) =>
    encoding.writeVarUint8Array(to, Buffer.from(value));
export const all =
  (...writes: readonly Write[]): Write =>
  (to) => {
    for (const write of writes) write(to);
  };
export const times = (count: number, write: Write): Write => all(...Array.from({ length: count }, () => write));

/** For this reason, and without memory being taken for what the bytes only announce. */
export function expectRefused(bytes: Uint8Array, reason: string, detail: string): void {
  const before = process.memoryUsage().arrayBuffers;
  const decoded = decodeFrame(bytes);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  expect(decoded).toMatchObject({ ok: false, reason });
  expect(decoded.ok ? '' : decoded.detail).toContain(detail);
}
