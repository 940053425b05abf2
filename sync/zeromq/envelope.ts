/**
 * What is published, as ZeroMQ carries it, in one part. The key comes first, because ZeroMQ compares subscriptions with
 * how a message begins; the byte that ends it tells what follows:
 *
 *   key  0  frame
 *   key  1  length of the frame (4 bytes, little-endian)  frame  zeros up to a multiple of 8  body
 *
 * Never in two parts. A SUB that is in the middle of a message when a connection ends (ours to another peer is enough)
 * hands out the parts of two senders as one message, or aborts the process: docs/decisions/0014. A copy costs less.
 */

/** Of a subscription key. */
export const KEY_BYTES_MAX = 255;

const FRAME_ONLY = 0;
const FRAME_AND_BODY = 1;
const LENGTH_BYTES = 4;
/** Where a body begins, so that numbers in it can be read where they lie. */
const ALIGNMENT = 8;

export interface Unsealed {
  readonly key: string;
  readonly frame: Buffer;
  readonly body: Buffer | undefined;
}

/** Keys are printable ASCII. A frame that was written behind its key goes as it lies, uncopied. */
export function sealed(key: string, frame: Uint8Array, body?: Uint8Array): Buffer {
  if (body === undefined && frame.byteOffset === key.length + 1) {
    const message = Buffer.from(frame.buffer, 0, frame.byteOffset + frame.byteLength);
    if (beginsWith(message, key)) return message;
  }
  const frameStart = key.length + 1 + (body === undefined ? 0 : LENGTH_BYTES);
  const frameEnd = frameStart + frame.byteLength;
  const bodyStart = body === undefined ? frameEnd : aligned(frameEnd);
  const message = Buffer.allocUnsafe(bodyStart + (body?.byteLength ?? 0));
  message.write(key, 0, 'latin1');
  message[key.length] = body === undefined ? FRAME_ONLY : FRAME_AND_BODY;
  message.set(frame, frameStart);
  if (body === undefined) return message;
  message.writeUInt32LE(frame.byteLength, key.length + 1);
  message.fill(0, frameEnd, bodyStart);
  message.set(body, bodyStart);
  return message;
}

/** Opens what was sealed. It remembers the last key: mostly the next is the same, and comparing costs half of what making a string costs. */
export class Opener {
  #key = '';
  #keyBytes: Uint8Array = new Uint8Array();

  /** Undefined where this is no message of ours. Nothing is copied. */
  open(message: Buffer): Unsealed | undefined {
    const keyEnd = endOfKey(message);
    if (keyEnd === undefined) return undefined;
    const key = this.#read(message, keyEnd);
    if (message[keyEnd] === FRAME_ONLY) return { key, frame: message.subarray(keyEnd + 1), body: undefined };
    const frameStart = keyEnd + 1 + LENGTH_BYTES;
    if (frameStart > message.length) return undefined;
    const frameEnd = frameStart + message.readUInt32LE(keyEnd + 1);
    const bodyStart = aligned(frameEnd);
    if (bodyStart > message.length) return undefined;
    return { key, frame: message.subarray(frameStart, frameEnd), body: message.subarray(bodyStart) };
  }

  #read(message: Buffer, keyEnd: number): string {
    if (!startsWith(message, this.#keyBytes, keyEnd)) {
      this.#key = message.toString('latin1', 0, keyEnd);
      this.#keyBytes = Uint8Array.prototype.slice.call(message, 0, keyEnd); // not the message: that would be kept alive
    }
    return this.#key;
  }
}

/** With the key and the byte that ends it: then the memory is that of this frame, and of nothing else. */
function beginsWith(message: Uint8Array, key: string): boolean {
  if (message[key.length] !== FRAME_ONLY) return false;
  for (let index = key.length - 1; index >= 0; index--) if (message[index] !== key.charCodeAt(index)) return false;
  return true;
}

function endOfKey(message: Buffer): number | undefined {
  const end = Math.min(message.length, KEY_BYTES_MAX + 1);
  for (let index = 0; index < end; index++) if ((message[index] as number) <= FRAME_AND_BODY) return index > 0 ? index : undefined;
  return undefined;
}

function startsWith(message: Buffer, start: Uint8Array, length: number): boolean {
  if (start.length !== length) return false;
  // From the end: keys begin alike.
  for (let index = length - 1; index >= 0; index--) if (message[index] !== start[index]) return false;
  return true;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
