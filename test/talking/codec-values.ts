/** Values that codecs carry, as fast-check makes them: the odd ones more often than chance would. */

import fc from 'fast-check';

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'binary-ascii', minLength: 30, maxLength: 60 }),
  fc.constantFrom('', '\uFFFD', '\uFEFFmark', '\u0000', 'ä'.repeat(64), '🎛️'),
);
const keys = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).filter((key) => key !== '__proto__'),
  fc.constantFrom('', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'then', '7', '-0', 'proto__', '__proto'),
);
const finite = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    0,
    63,
    64,
    127,
    128,
    8191,
    8192,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
    -(2 ** 53),
    Number.MIN_VALUE,
    Number.MAX_VALUE,
  ),
);

function nested(leaves: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
      { arbitrary: leaves, weight: 4 },
      { arbitrary: fc.array(tie('value'), { maxLength: 5 }), weight: 1 },
      { arbitrary: fc.dictionary(keys, tie('value'), { maxKeys: 6, noNullPrototype: true }), weight: 2 },
    ),
  })).value;
}

const plain = fc.oneof(texts, finite, fc.boolean(), fc.constant(null));

/** What `json()` carries. */
export const jsonValues = nested(plain.map((leaf) => (Object.is(leaf, -0) ? 0 : leaf)));

/** What `lib0()` carries. */
export const lib0Values = nested(
  fc.oneof(
    { arbitrary: plain, weight: 4 },
    {
      arbitrary: fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(undefined, -0, Number.NaN, Infinity, -Infinity),
      ),
      weight: 1,
    },
  ),
);
