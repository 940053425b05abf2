/** Whole answers to many who lack the same: encoded once while nothing changes, and anew as soon as anything has. */

import { expect, test, vi } from 'vitest';

import { ANSWER_EXPIRY_MS } from '../../sync/limits.js';
import { MAIN, PEER, linkedScene } from './scene.js';
import type { Scene } from './scene.js';

const CHUNK_BYTES = 8;

/** A document that goes out in several chunks, and how often it has been encoded. */
function manyChunks(): { readonly scene: Scene; readonly encoded: () => number } {
  const scene = linkedScene('ready');
  Object.assign(scene.engine.limits, { chunkBytes: CHUNK_BYTES });
  for (let each = 0; each < 4; each++) write(scene);
  const difference = vi.spyOn(scene.replica, 'difference');
  return { scene, encoded: () => difference.mock.calls.length };
}

function write(scene: Scene): void {
  scene.feed({ kind: 'local', document: MAIN, update: scene.replica.write() });
  scene.feed({ kind: 'drain' });
}

function want(scene: Scene, request: number, stateVector: Uint8Array = new TextEncoder().encode('[]')): void {
  scene.hear({ kind: 'want', document: MAIN, request, stateVector });
}

test('who lacks the same gets the same bytes, also when the first one has fetched them all', () => {
  const { scene, encoded } = manyChunks();
  want(scene, 1);
  want(scene, 2);
  expect(encoded()).toBe(1);
  const [kept] = scene.engine.answers.values();
  scene.hear({ kind: 'more', document: MAIN, request: 2, index: Math.ceil((kept?.bytes.length ?? 0) / CHUNK_BYTES) });
  want(scene, 3);
  expect(encoded()).toBe(1);
});

test('what has changed is encoded anew', () => {
  const { scene, encoded } = manyChunks();
  want(scene, 1);
  scene.now += 1;
  write(scene);
  want(scene, 2);
  expect(encoded()).toBe(2);
});

test('a deletion shows in no vector, and what it is in is encoded anew: one of our own before it has a number, one of others when it has come', () => {
  const { scene, encoded } = manyChunks();
  want(scene, 1);
  scene.feed({ kind: 'local', document: MAIN, update: new Uint8Array([1]) });
  want(scene, 2);
  expect(encoded()).toBe(2);
  scene.feed({ kind: 'drain' });
  want(scene, 3);
  expect(encoded()).toBe(3);
  scene.now += 1;
  const cause = { kind: 'catch-up', vector: new Map(), stateVector: scene.replica.stateVector(), isComplete: true } as const;
  scene.feed({ kind: 'applied', document: MAIN, from: PEER, cause });
  want(scene, 4);
  expect(encoded()).toBe(4);
});

test('who lacks something else gets an answer of its own', () => {
  const { scene, encoded } = manyChunks();
  want(scene, 1);
  want(scene, 2, scene.replica.stateVector());
  expect(encoded()).toBe(2);
});

test('nothing is kept for longer than an answer is', () => {
  const { scene, encoded } = manyChunks();
  want(scene, 1);
  scene.now += ANSWER_EXPIRY_MS;
  scene.settled();
  expect(scene.engine.answers.size).toBe(0);
  want(scene, 2);
  expect(encoded()).toBe(2);
});
