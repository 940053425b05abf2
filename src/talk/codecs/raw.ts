/** Bytes as they are. */

import type { Codec } from '../codec.js';

/** Bytes, untouched: what is published must not be changed afterwards, what is received is a view that must not be either. */
export function raw(): Codec<Uint8Array> {
  return RAW;
}

const RAW: Codec<Uint8Array> = {
  name: 'raw',
  encode: (value) => {
    if (!(value instanceof Uint8Array)) throw new TypeError(`raw() carries a Uint8Array or Buffer; got ${typeof value}`);
    return value;
  },
  decode: (bytes) => bytes,
};
