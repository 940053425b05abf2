/** The envelope of published frames: whatever way it came about, the same bytes; and a frame that lies behind its key goes uncopied. */

import { expect, test } from 'vitest';

import { Opener, sealed } from '../../sync/zeromq/envelope.js';

const KEY = 't/*/clock|';
const FRAME = Uint8Array.from({ length: 300 }, (_, at) => at & 0xff);

/** The frame in memory of its own that begins with `front`. */
function behind(front: string): Uint8Array {
  const memory = new Uint8Array(new ArrayBuffer(front.length + FRAME.length + 20));
  memory.set(Buffer.from(front, 'latin1'));
  memory.set(FRAME, front.length);
  return memory.subarray(front.length, front.length + FRAME.length);
}

test('a frame that lies behind its key is not copied, and is the same message as one that is', () => {
  const frame = behind(`${KEY}\0`);
  const message = sealed(KEY, frame);
  expect(message.buffer).toBe(frame.buffer);
  expect(message.equals(sealed(KEY, FRAME))).toBe(true);
  expect(message.length).toBe(KEY.length + 1 + FRAME.length);
});

test.each([`t/*/other|\0`, `${KEY}\x01`, `t/*/clock/\0`])('a frame with %j in front of it is copied behind its own key', (front) => {
  const message = sealed(KEY, behind(front));
  expect(message.equals(sealed(KEY, FRAME))).toBe(true);
  expect(new Opener().open(message)).toMatchObject({ key: KEY, body: undefined });
});

test('a body lies where numbers can be read, and keeps the frame from going as it lies', () => {
  const body = new Uint8Array(16).fill(9);
  const opened = new Opener().open(sealed(KEY, behind(`${KEY}\0`), body));
  expect(opened?.frame.equals(FRAME)).toBe(true);
  expect(opened?.body?.equals(body)).toBe(true);
});
