/** Whom the collector asks, and when it has no answer. */

import { expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { answerPeers, askPeers } from '../../src/blobs/asking-peers.js';
import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import type { EnquiryAnswerer } from '../../talk/enquiries.js';
import { noise, sha256 } from '../contract/blob-store.js';

const A = '00000000000000aa' as PeerId;
const B = '00000000000000bb' as PeerId;
const [FIRST, SECOND] = [sha256(noise(1, 1)), sha256(noise(1, 2))];

/** Peers that answer what `needs` says; undefined: not at all. */
function ask(needs: ReadonlyMap<PeerId, readonly BlobHash[] | undefined>, linked: readonly PeerId[], living: readonly PeerId[]) {
  const enquiries = {
    ask: async (peer: PeerId, question: Uint8Array) => {
      let answer: EnquiryAnswerer = async () => undefined;
      const needed = needs.get(peer);
      const other = { answerWith: (given: EnquiryAnswerer) => void (answer = given) };
      if (needed !== undefined)
        answerPeers(other as never, async (candidates) => new Set([...candidates].filter((hash) => needed.includes(hash))));
      return answer(question);
    },
  };
  return askPeers({ enquiries: enquiries as never, linked: () => linked, living: async () => living }, new Set([FIRST, SECOND]));
}

test('what any of them needs is needed', async () => {
  const needs = new Map([
    [A, [FIRST]],
    [B, []],
  ]);
  expect(await ask(needs, [A, B], [A, B])).toEqual(new Set([FIRST]));
});

test('one that does not answer may need all', async () => {
  const needs = new Map([
    [A, []],
    [B, undefined],
  ]);
  expect(await ask(needs, [A, B], [A, B])).toBeUndefined();
});

test('one that lives and is not linked, as one that is just joining, may need all', async () => {
  expect(await ask(new Map([[A, []]]), [A], [A, B])).toBeUndefined();
});

test('one that is linked and not in the roster is asked too', async () => {
  const needs = new Map([
    [A, []],
    [B, [SECOND]],
  ]);
  expect(await ask(needs, [A, B], [A])).toEqual(new Set([SECOND]));
});
