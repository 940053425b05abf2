/** Limits that it takes many to reach: one engine, and more flushes, peers and parted peers than it has room for. */

import { expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { DEPARTED_MAX, FLUSHES_WAITING_MAX, LINKS_MAX } from '../../sync/limits.js';
import { PROTOCOL } from '../../sync/wire/frame.js';
import { MAIN, PEER, STATUS, Scene, addressOf, entryOf, linkedScene } from './scene.js';

const peer = (number: number): PeerId => (0xa000000000000000n + BigInt(number)).toString(16) as PeerId;

test('a writer keeps the last flushes of a peer that asks for more than it may, and answers these', () => {
  const scene = linkedScene('ready');
  scene.feed({ kind: 'role', term: 9, isTakingOver: false });
  for (let request = 1; request <= FLUSHES_WAITING_MAX + 50; request++)
    scene.hear({ kind: 'flush', request, targets: new Map([[MAIN, 1]]) });
  expect(scene.engine.flushesWaiting.size).toBe(FLUSHES_WAITING_MAX);
  const answers = scene.feed({ kind: 'stored', document: MAIN, vector: new Map([[PEER, 1]]) });
  expect(answers).toHaveLength(FLUSHES_WAITING_MAX);
  expect(answers.at(-1)).toMatchObject({ kind: 'respond', frame: { kind: 'flushed', request: FLUSHES_WAITING_MAX + 50, term: 9 } });
});

test('a peer has so many links and no more, and says so to whom it has no room for', () => {
  const scene = new Scene();
  scene.feed({ kind: 'roster', entries: Array.from({ length: LINKS_MAX + 5 }, (_, index) => entryOf(peer(index))) });
  expect(scene.engine.links.size).toBe(LINKS_MAX);
  const hello = { kind: 'hello', address: addressOf(PEER), ...PROTOCOL, status: STATUS, tails: new Map() } as const;
  expect(scene.hear(hello)).toEqual([{ kind: 'respond', peer: PEER, frame: { kind: 'refused', request: 0, reason: 'crowded' } }]);
  expect(scene.engine.links.size).toBe(LINKS_MAX);
});

test('of peers that left, the numbers of the last ones are kept, and those of earlier ones forgotten', () => {
  const scene = linkedScene('ready');
  for (let number = 0; number < DEPARTED_MAX + 3; number++) {
    const id = peer(number);
    scene.feed({ kind: 'roster', entries: [entryOf(id)] });
    scene.feed({ kind: 'received', sender: id, frame: { kind: 'updates', document: MAIN, seq: 1, updates: [] } });
    scene.feed({ kind: 'lost', peer: id });
  }
  expect(scene.engine.departed.size).toBe(DEPARTED_MAX);
  expect([...(scene.engine.documents.get(MAIN)?.applied.keys() ?? [])]).toEqual([...scene.engine.departed.keys()]);
});
