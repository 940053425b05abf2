/** Frames of requests and streams for property tests: any kind, up to their limits where that costs nothing. */

import fc from 'fast-check';
import type { PeerId } from '../../src/base/ids.js';
import { isName } from '../../talk/keys.js';
import { CODE_BYTES_MAX, LARGE_BYTES_MIN, REASON_BYTES_MAX } from '../../talk/limits.js';
import type { PostedFrame, PostedKind } from '../../talk/wire/posted-frame.js';

type FrameOf<Kind extends PostedKind> = Extract<PostedFrame, { kind: Kind }>;

const counts = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat());
const texts = (bytesMax: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => Buffer.byteLength(text) <= bytesMax);
const names = fc
  .oneof(fc.constantFrom('a', 'meters/left', 'x'.repeat(128)), fc.stringMatching(/^[A-Za-z0-9._~-]{1,20}(\/[a-z]{1,5})?$/))
  .filter(isName);
const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.nat({ max: 40_000 }).map((length) => new Uint8Array(length).fill(7)),
  fc.constantFrom(LARGE_BYTES_MIN - 1, LARGE_BYTES_MIN).map((length) => new Uint8Array(length).fill(9)),
);
const flag = fc.boolean();

const frames: { readonly [Kind in PostedKind]: fc.Arbitrary<FrameOf<Kind>> } = {
  ask: fc.record({
    kind: fc.constant('ask' as const),
    id: counts,
    name: names,
    from: counts,
    to: counts,
    inputCodec: texts(256),
    outputCodec: texts(256),
    isStreamWanted: flag,
    continues: flag,
    payload: payloads,
  }),
  open: fc.record({ kind: fc.constant('open' as const), id: counts, name: names, from: counts, to: counts, codec: texts(256) }),
  accept: fc.record({ kind: fc.constant('accept' as const), id: counts, by: counts }),
  data: fc.record({ kind: fc.constant('data' as const), id: counts, ofOpener: flag, continues: flag, isLast: flag, payload: payloads }),
  finish: fc.record({ kind: fc.constant('finish' as const), id: counts, ofOpener: flag }),
  credit: fc.record({ kind: fc.constant('credit' as const), id: counts, ofOpener: flag, bytes: counts }),
  abort: fc.record({
    kind: fc.constant('abort' as const),
    id: counts,
    ofOpener: flag,
    isHandlers: flag,
    by: counts,
    code: texts(CODE_BYTES_MAX),
    message: texts(REASON_BYTES_MAX),
    detail: fc.option(fc.uint8Array({ maxLength: 100 }), { nil: undefined }),
  }),
  reset: fc.record({ kind: fc.constant('reset' as const), incarnation: counts }),
};

export const peerIds: fc.Arbitrary<PeerId> = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as PeerId);

export function postedOf(kind: PostedKind): fc.Arbitrary<PostedFrame> {
  return frames[kind];
}
