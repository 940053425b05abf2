/**
 * Golden vectors: what version 1 of the protocol looks like in bytes, for this and any other language.
 * `UPDATE_VECTORS=1 npx vitest run test/wire/vectors.test.ts` writes the file anew from golden-frames.ts; a change
 * of the bytes of a vector that was there before is a new version of the protocol.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '../../src/base/ids.js';
import { decodeFrame } from '../../sync/wire/decode-frame.js';
import { encodeFrame } from '../../sync/wire/encode-frame.js';
import { KIND_NUMBERS, PROTOCOL, REFUSAL_NUMBERS } from '../../sync/wire/frame.js';
import { frameFromJson, frameToJson } from './frame-json.js';
import type { Json } from './frame-json.js';
import { GOLDEN_SENDER, goldenFrames, goldenRefusals } from './golden-frames.js';

interface Vectors {
  readonly protocol: number;
  readonly frames: readonly {
    readonly name: string;
    readonly sender: PeerId;
    readonly frame: { readonly [field: string]: Json };
    readonly bytes: string;
  }[];
  readonly refusals: readonly { readonly name: string; readonly reason: string; readonly bytes: string }[];
}

const path = new URL('../vectors/frames.json', import.meta.url);
if (process.env['UPDATE_VECTORS'] === '1') writeFileSync(path, `${JSON.stringify(computed(), undefined, 2)}\n`);
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors;

describe('the golden vectors', () => {
  it.each(vectors.frames)('hold the bytes of $name', ({ sender, frame, bytes }) => {
    expect(hexOf(encodeFrame(sender, frameFromJson(frame)))).toBe(bytes);
  });

  it.each(vectors.frames)('hold what the bytes of $name mean', ({ sender, frame, bytes }) => {
    expect(decodeFrame(Buffer.from(bytes, 'hex'))).toEqual({ ok: true, sender, frame: frameFromJson(frame) });
  });

  it.each(vectors.refusals)('hold the reason for which $name is refused', ({ reason, bytes }) => {
    expect(decodeFrame(Buffer.from(bytes, 'hex'))).toMatchObject({ ok: false, reason });
  });

  it('hold every kind of frame, every reason of a refusal, and the version that is spoken', () => {
    const kinds = new Set(vectors.frames.map(({ frame }) => frame['kind']));
    const reasons = new Set(vectors.frames.map(({ frame }) => frame['reason']));
    expect(Object.keys(KIND_NUMBERS).filter((kind) => !kinds.has(kind))).toEqual([]);
    expect(Object.keys(REFUSAL_NUMBERS).filter((reason) => !reasons.has(reason))).toEqual([]);
    expect(vectors.protocol).toBe(PROTOCOL.protocolMax);
  });

  it('are those that golden-frames.ts describes', () => {
    expect(vectors).toEqual(computed());
  });
});

function computed(): Vectors {
  return {
    protocol: PROTOCOL.protocolMax,
    frames: Object.entries(goldenFrames).map(([name, frame]) => ({
      name,
      sender: GOLDEN_SENDER,
      frame: frameToJson(frame) as { readonly [field: string]: Json },
      bytes: hexOf(encodeFrame(GOLDEN_SENDER, frame)),
    })),
    refusals: Object.entries(goldenRefusals).map(([name, bytes]) => {
      const decoded = decodeFrame(bytes);
      return { name, reason: decoded.ok ? 'none' : decoded.reason, bytes: hexOf(bytes) };
    }),
  };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
