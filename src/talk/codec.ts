/** How values become bytes and back: the one thing that both ends of a conversation must agree on. */

/**
 * Turns values into bytes and back. `encode` throws a TypeError on what would not come back as it went; `decode` may throw on
 * bytes that are none of its own: they come from other processes. The name travels with each value, so that two ends with
 * different codecs are told so: give a new one to a codec that changes what it writes.
 */
export interface Codec<Value> {
  readonly name: string;
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value;
}

/** At most this many bytes of UTF-8, in the name of a codec. */
export const CODEC_NAME_BYTES_MAX = 64;

/** Stops a programmer's mistake early. */
export function checkCodec(codec: unknown): asserts codec is Codec<unknown> {
  const { name, encode, decode } = (typeof codec === 'object' && codec !== null ? codec : {}) as Partial<Codec<unknown>>;
  if (typeof name !== 'string' || typeof encode !== 'function' || typeof decode !== 'function')
    throw new TypeError('a codec is an object { name, encode, decode }, such as json() or lib0() returns');
  if (name === '' || Buffer.byteLength(name) > CODEC_NAME_BYTES_MAX)
    throw new TypeError(`the name of a codec has 1 to ${CODEC_NAME_BYTES_MAX} bytes; got '${name.slice(0, 80)}'`);
}
