/** The checksum of what is covered is zlib's, however few bytes lie between the values that are left out. */

import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';

import { Covering, UNCOVERED_BYTES_MIN } from '../../talk/wire/covering.js';

it('is the checksum of all bytes but those of large values', () => {
  const part = fc.record({ between: fc.uint8Array({ maxLength: 80 }), isLarge: fc.boolean() });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), fc.uint8Array({ maxLength: 80 }), (parts, rest) => {
      const large = new Uint8Array(UNCOVERED_BYTES_MIN).fill(1);
      const small = new Uint8Array(UNCOVERED_BYTES_MIN - 1).fill(2);
      const bytes = Buffer.concat([...parts.flatMap(({ between, isLarge }) => [between, isLarge ? large : small]), rest]);
      const covering = new Covering(0);
      let at = 0;
      for (const { between, isLarge } of parts) {
        const value = isLarge ? large : small;
        covering.value(bytes, at + between.length, value.length);
        at += between.length + value.length;
      }
      const covered = Buffer.concat([...parts.flatMap(({ between, isLarge }) => (isLarge ? [between] : [between, small])), rest]);
      expect(covering.finish(bytes, bytes.length)).toBe(crc32(covered));
    }),
  );
});
