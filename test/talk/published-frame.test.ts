import * as fc from 'fast-check';
import * as encoding from 'lib0/encoding';
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { LARGE_BYTES_MIN, MESSAGE_BYTES_MAX, PIECE_BYTES_MAX } from '../../talk/limits.js';
import { seal } from '../../talk/wire/envelope.js';
import { UNCOVERED_BYTES_MIN } from '../../talk/wire/covering.js';
import { GatheredFrame } from '../../talk/wire/gathered-frame.js';
import { decodePublished, encodePublished } from '../../talk/wire/published-frame.js';
import type { PublishedFrame } from '../../talk/wire/published-frame.js';
import { arbitraryPublished } from './arbitrary-published.js';

const sender = '00112233445566ff' as PeerId;

describe('a published frame', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(arbitraryPublished, (given) => {
        expect(decodePublished(encodePublished(sender, given))).toEqual({ ok: true, sender, frame: given });
      }),
    );
  });

  it('is what the protocol says when it is gathered, whatever was expected of its length', () => {
    const bytes = [1, 2, 300].map((length) => new Uint8Array(length).fill(length));
    for (const bytesExpected of [0, 20, 4000]) {
      const gathered = new GatheredFrame(sender, { key: 't/*/clock|', base: 3, number: 7, codec: 'json', bytesExpected });
      for (const each of bytes) gathered.add(each.length, each);
      expect(gathered.count).toBe(3);
      const frame = gathered.finish();
      const head = Buffer.concat([Buffer.from('73740101', 'hex'), Buffer.from(sender, 'hex'), Buffer.of(3, 4, 4), Buffer.from('json')]);
      const items = [Buffer.of(1, 1), bytes[0], Buffer.of(2, 2), bytes[1], Buffer.of(0xac, 2, 0xac, 2), bytes[2]] as Buffer[];
      const body = Buffer.concat([head, ...items]);
      expect(Buffer.from(frame.subarray(0, -4)).toString('hex')).toBe(body.toString('hex'));
      expect(Buffer.from(frame).readUInt32BE(frame.length - 4)).toBe(crc32(body));
      // The memory in front of it is its key, as ZeroMQ carries it.
      expect(Buffer.from(frame.buffer, frame.byteOffset - 11, 11).toString('latin1')).toBe('t/*/clock|\0');
    }
  });

  it('with values that its checksum leaves out is refused with any bit flipped but theirs', () => {
    const large = new Uint8Array(UNCOVERED_BYTES_MIN).fill(7);
    const items = [new Uint8Array([1]), large, new Uint8Array([2])].map((bytes, instance) => ({ instance, bytes }));
    const whole = encodePublished(sender, { kind: 'messages', base: 0, number: 1, codec: 'raw', items });
    const start = Buffer.from(whole).indexOf(Buffer.from(large));
    const isTheirs = (at: number): boolean => at >= start && at < start + large.length;
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = whole.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const opened = decodePublished(flipped);
      expect(opened.ok).toBe(isTheirs(bit >> 3));
      if (opened.ok && opened.frame.kind === 'messages')
        expect(opened.frame.items.map(({ bytes }) => bytes.length)).toEqual([1, large.length, 1]);
    }
  });

  it('is refused where it is cut off anywhere', () => {
    fc.assert(
      fc.property(arbitraryPublished, (given) => {
        const whole = encodePublished(sender, given);
        for (let length = 0; length < whole.length; length++) expect(decodePublished(whole.subarray(0, length)).ok).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it('is refused with any bit flipped', () => {
    fc.assert(
      fc.property(arbitraryPublished, (given) => {
        const whole = encodePublished(sender, given);
        for (let bit = 0; bit < whole.length * 8; bit++) {
          const flipped = whole.slice();
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(decodePublished(flipped).ok).toBe(false);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is read from arbitrary bytes without a throw, also where the checksum is right', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(8), (payload, kind) => {
        expect(decodePublished(payload).ok).toBe(false);
        const opened = decodePublished(seal({ kind, sender }, (to) => encoding.writeUint8Array(to, payload)));
        expect(typeof opened.ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused where a checksum is right and its content cannot be', () => {
    const base = { base: 0, number: 1, codec: 'raw' };
    const absurd: Record<string, Uint8Array> = {
      'no messages': encodePublished(sender, { kind: 'messages', ...base, items: [] }),
      '16385 bytes': encodePublished(sender, {
        kind: 'messages',
        ...base,
        items: [{ instance: 1, bytes: new Uint8Array(LARGE_BYTES_MIN + 1) }],
      }),
      'piece 4 of 1048576 bytes': encodePublished(sender, {
        kind: 'piece',
        ...base,
        instance: 1,
        index: 4,
        bytesTotal: 4 * PIECE_BYTES_MAX,
      }),
      'number 67108865': encodePublished(sender, { kind: 'piece', ...base, instance: 1, index: 0, bytesTotal: MESSAGE_BYTES_MAX + 1 }),
      'number 0 above its base': encodePublished(sender, { kind: 'tail', base: 5, number: 5 }),
      'part 2 of 2': encodePublished(sender, { kind: 'whole', number: 1, part: 2, parts: 2, values: [] }),
      'number 562949953421312': encodePublished(sender, { kind: 'values', number: 2 ** 49, values: [] }),
      '129 bytes': encodePublished(sender, {
        kind: 'values',
        number: 1,
        values: [{ instance: 1, key: 'k'.repeat(129), codec: '', bytes: undefined }],
      }),
    };
    for (const [detail, frameBytes] of Object.entries(absurd)) expect(decodePublished(frameBytes)).toEqual({ ok: false, detail });
  });
});

interface Vector {
  readonly name: string;
  readonly frame: unknown;
  readonly bytes: string;
}

/** `UPDATE_VECTORS=1 npx vitest run test/talk/published-frame` writes their bytes anew: bytes that change are a new version. */
describe('golden vectors', () => {
  const file = new URL('../vectors/published-frames.json', import.meta.url);
  const { frames, ...head } = JSON.parse(readFileSync(file, 'utf8')) as { readonly frames: readonly Vector[] };
  if (process.env['UPDATE_VECTORS'] !== undefined) {
    const written = frames.map(({ name, frame }) => {
      return { name, frame, bytes: Buffer.from(encodePublished(sender, fromJson(frame) as PublishedFrame)).toString('hex') };
    });
    writeFileSync(file, `${JSON.stringify({ ...head, frames: written }, undefined, 2)}\n`);
  }

  it.each(frames.map(({ name, frame: json, bytes: hex }) => [name, json, hex] as const))('%s', (_, json, hex) => {
    const given = fromJson(json) as PublishedFrame;
    expect(Buffer.from(encodePublished(sender, given)).toString('hex')).toBe(hex);
    expect(decodePublished(Buffer.from(hex, 'hex'))).toEqual({ ok: true, sender, frame: given });
  });

  it('has one of each kind', () => {
    const kinds = new Set(frames.map(({ frame: json }) => (json as PublishedFrame).kind));
    expect([...kinds].toSorted()).toEqual(['baseline', 'messages', 'piece', 'tail', 'values', 'whole']);
  });
});

/** Bytes stand as `{ "hex": "…" }`, and what is gone as `null`. */
function fromJson(json: unknown): unknown {
  if (json === null) return undefined;
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json !== 'object') return json;
  if ('hex' in json) return new Uint8Array(Buffer.from(String(json.hex), 'hex'));
  return Object.fromEntries(Object.entries(json).map(([key, each]) => [key, fromJson(each)]));
}
