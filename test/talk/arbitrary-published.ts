/** Any published frame that could be sent, for property tests. */

import * as fc from 'fast-check';

import { MESSAGE_BYTES_MAX, PIECE_BYTES_MAX } from '../../talk/limits.js';
import type { PublishedFrame } from '../../talk/wire/published-frame.js';

const count = fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 2 ** 40 }));
const bytes = fc.uint8Array({ maxLength: 40 });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const numbers = fc.record({ base: count, above: fc.integer({ min: 1, max: 2 ** 40 }) });
const value = fc.record({ instance: count, key: text, codec: text, bytes: fc.option(bytes, { nil: undefined }) });

export const arbitraryPublished: fc.Arbitrary<PublishedFrame> = fc.oneof(
  fc
    .tuple(numbers, text, fc.array(fc.record({ instance: count, bytes }), { minLength: 1, maxLength: 5 }))
    .map(([{ base, above }, codec, items]) => ({ kind: 'messages', base, number: base + above, codec, items }) as const),
  fc
    .tuple(numbers, text, count, fc.integer({ min: 1, max: MESSAGE_BYTES_MAX }), fc.nat(1000))
    .map(([{ base, above }, codec, instance, bytesTotal, index]) => {
      const pieces = Math.ceil(bytesTotal / PIECE_BYTES_MAX);
      return { kind: 'piece', base, number: base + above, codec, instance, index: index % pieces, bytesTotal } as const;
    }),
  numbers.map(({ base, above }) => ({ kind: 'tail', base, number: base + above }) as const),
  fc
    .array(fc.tuple(text, numbers), { maxLength: 5 })
    .map((keys) => ({ kind: 'baseline', keys: keys.map(([key, { base, above }]) => ({ key, base, number: base + above })) }) as const),
  fc.tuple(count, fc.array(value, { maxLength: 5 })).map(([number, values]) => ({ kind: 'values', number, values }) as const),
  fc
    .tuple(count, fc.integer({ min: 1, max: 4096 }), fc.nat(), fc.array(value, { maxLength: 5 }))
    .map(([number, parts, part, values]) => ({ kind: 'whole', number, part: part % parts, parts, values }) as const),
);
