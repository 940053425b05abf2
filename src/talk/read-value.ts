/** From bytes that came to a value, and from a value to bytes: where codecs of the user's choice are called, and what they did wrong is told. */

import { types } from 'node:util';
import { SocommError, describe } from '../base/errors.js';
import type { InstanceId } from '../base/ids.js';
import type { Codec } from './codec.js';

/** What came, of whom, and as what. */
export interface Arrived {
  readonly from: InstanceId;
  readonly codec: string;
  readonly bytes: Uint8Array;
}

/** Throws SOCOMM_CODEC_MISMATCH or SOCOMM_VALUE_INVALID, whatever the codec throws. `where`: "topic 'clock'". */
export function readValue<Value>(codec: Codec<Value>, arrived: Arrived, where: string): Value {
  if (arrived.codec !== codec.name) throw mismatch(codec, arrived, where);
  try {
    return codec.decode(arrived.bytes);
  } catch (cause) {
    throw invalid(codec, { ...arrived, where }, cause);
  }
}

/** What was sent with another codec. */
export function mismatch<Value>(codec: Codec<Value>, { from, codec: theirs }: Omit<Arrived, 'bytes'>, where: string): SocommError {
  const told = `instance ${from} sends with the codec ${JSON.stringify(theirs)}, which is read here with ${JSON.stringify(codec.name)}`;
  return new SocommError('SOCOMM_CODEC_MISMATCH', `${where}: ${told}; give both ends the same definition`);
}

export interface Unread {
  readonly from: InstanceId;
  readonly bytes: Uint8Array;
  readonly where: string;
}

/** What the codec refused, and how. */
export function invalid<Value>(codec: Codec<Value>, { from, bytes, where }: Unread, cause: unknown): SocommError {
  const told = `${bytes.length} bytes of instance ${from} are no value for the codec ${JSON.stringify(codec.name)}`;
  return new SocommError('SOCOMM_VALUE_INVALID', `${where}: ${told}: ${describe(cause)}`, { cause });
}

/** Throws what the codec throws, and a TypeError where it gives no bytes. */
export function writeValue<Value>(codec: Codec<Value>, value: Value): Uint8Array {
  const bytes: unknown = codec.encode(value);
  if (types.isUint8Array(bytes)) return bytes;
  throw new TypeError(`the codec ${JSON.stringify(codec.name)} gave no Uint8Array; it must encode at once, and to bytes`);
}
