/** What is taken by how the last frame began is what is read from end to end, and nothing else. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeFrame } from '../../sync/wire/decode-frame.js';
import { UpdatesDecoder } from '../../sync/wire/decode-updates.js';
import { encodeFrame } from '../../sync/wire/encode-frame.js';
import type { ReceivedFrame } from '../../sync/wire/frame.js';
import { peerIds, receivedOf, texts } from './arbitrary-frame.js';
import { bodyOf, withChecksum } from './seal.js';

const encode = ({ sender, frame }: ReceivedFrame): Uint8Array => encodeFrame(sender, frame);

/** Frames of few senders and documents. */
const likeEachOther = fc
  .tuple(fc.array(peerIds, { minLength: 1, maxLength: 2 }), fc.array(texts(40), { minLength: 1, maxLength: 2 }))
  .chain(([senders, documents]) =>
    fc.array(
      fc
        .tuple(receivedOf('updates'), fc.constantFrom(...senders), fc.constantFrom(...documents))
        .map(([{ frame }, sender, document]) => ({ sender, frame: { ...frame, document } }) as ReceivedFrame),
      { minLength: 2, maxLength: 8 },
    ),
  );

/** As FrameReader uses it; says how many were taken by the way they begin. */
function readAll(messages: readonly Uint8Array[]): number {
  const decoder = new UpdatesDecoder();
  let quick = 0;
  for (const bytes of messages) {
    const whole = decodeFrame(bytes);
    const taken = decoder.decode(bytes);
    if (taken !== undefined) {
      quick++;
      expect({ ok: true, ...taken }).toEqual(whole);
    } else if (whole.ok) decoder.remember(bytes, whole);
  }
  return quick;
}

it('the second frame of a sender for a document is taken by how the first began, wherever it lies in memory', () => {
  fc.assert(
    fc.property(receivedOf('updates'), fc.nat({ max: 40 }), (received, before) => {
      const bytes = Buffer.alloc(before + encode(received).length).fill(encode(received), before);
      expect(readAll([bytes.subarray(before), bytes.subarray(before)])).toBe(1);
    }),
    { numRuns: 100 },
  );
});

it('frames of some senders for some documents are read as each of them by itself', () => {
  fc.assert(
    fc.property(likeEachOther, (frames) => void readAll(frames.map(encode))),
    { numRuns: 200 },
  );
});

/** Numbers and lengths stand right behind the name, and the end is where it is counted to be. */
const changes = fc.array(
  fc.record({
    at: fc.oneof(fc.nat({ max: 5 }), fc.nat()),
    byte: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 255 })),
    cut: fc.nat({ max: 3 }),
    added: fc.uint8Array({ maxLength: 2 }),
    isSealed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

it('what was changed on the way, sealed again, cut off or made longer is taken only where it is a frame', () => {
  fc.assert(
    fc.property(receivedOf('updates'), changes, (received, each) => {
      const bytes = encode(received);
      const behindName = bodyOf(encode({ ...received, frame: { ...received.frame, updates: [] } as typeof received.frame })).length - 2;
      const changed = each.map(({ at, byte, cut, added, isSealed }) => {
        const body = Uint8Array.from([...bodyOf(bytes).subarray(0, bodyOf(bytes).length - cut), ...added]);
        body[(behindName + at) % body.length] = byte;
        return isSealed ? withChecksum(body) : Uint8Array.from([...body, ...bytes.subarray(-4)]);
      });
      readAll([bytes, ...changed, bytes]);
    }),
    { numRuns: 500 },
  );
});
