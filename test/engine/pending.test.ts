/** What builds on something that nobody has: until when it may wait, whoever comes and goes meanwhile. In single steps of one engine. */

import { expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import type { Effect } from '../../sync/engine-io.js';
import { CATCH_UP_SILENCE_MAX_MS, DEPARTED_MAX, LINKS_MAX, PENDING_PATIENCE_MAX_MS } from '../../sync/limits.js';
import { itemsOf } from './fake-replica.js';
import { MAIN, PEER, STATUS, documentScene, entryOf } from './scene.js';
import type { Scene } from './scene.js';

const idOf = (number: number): PeerId => number.toString(16).padStart(16, '0') as PeerId;

/** An update is in the replica that builds on what never comes; the effect that brought it is carried out. */
function pendingScene(): Scene {
  const scene = documentScene('whole');
  for (const effect of scene.hear({ kind: 'updates', document: MAIN, seq: 1, updates: [itemsOf(PEER, 2)] })) {
    if (effect.kind !== 'apply') continue;
    scene.replica.apply(effect.updates);
    scene.feed({ kind: 'applied', document: MAIN, from: effect.from, cause: effect.cause });
  }
  expect(scene.replica.hasPending()).toBe(true);
  return scene;
}

/** Turns the clock, tick by tick, and carries out what is set aside; returns when that was. */
function setAsideAt(scene: Scene, endsAt: number): number | undefined {
  const isSetAside = (effects: readonly Effect[]): boolean => effects.some(({ kind }) => kind === 'set-aside');
  while (scene.engine.wakeAt <= endsAt) {
    scene.now = Math.max(scene.now, scene.engine.wakeAt);
    if (isSetAside(scene.feed({ kind: 'tick' }))) return scene.now;
  }
  return undefined;
}

test('it is set aside though the one that it came from is gone and forgotten', () => {
  const scene = pendingScene();
  const beganAt = scene.now;
  scene.feed({ kind: 'roster', entries: [entryOf(PEER), entryOf(idOf(0))] });
  scene.feed({ kind: 'received', sender: idOf(0), frame: { kind: 'status', status: STATUS } });
  // Before anybody else has answered, so many come and go that nobody remembers the first.
  scene.feed({ kind: 'lost', peer: PEER });
  for (let number = 1; number <= DEPARTED_MAX; number++) {
    scene.feed({ kind: 'roster', entries: [entryOf(idOf(0)), entryOf(idOf(number))] });
    scene.feed({ kind: 'lost', peer: idOf(number) });
  }
  expect(scene.engine.departed.has(PEER)).toBe(false);
  const at = setAsideAt(scene, beganAt + PENDING_PATIENCE_MAX_MS + CATCH_UP_SILENCE_MAX_MS);
  expect(at).toBeDefined();
});

test('it is set aside in time, however many are linked and do not answer', () => {
  const scene = pendingScene();
  const beganAt = scene.now;
  const silent = Array.from({ length: LINKS_MAX / 8 }, (_, number) => idOf(number));
  scene.feed({ kind: 'roster', entries: [PEER, ...silent].map(entryOf) });
  for (const sender of silent) scene.feed({ kind: 'received', sender, frame: { kind: 'status', status: { ...STATUS, term: 0 } } });
  expect(setAsideAt(scene, beganAt + PENDING_PATIENCE_MAX_MS + CATCH_UP_SILENCE_MAX_MS)).toBeGreaterThanOrEqual(
    beganAt + PENDING_PATIENCE_MAX_MS,
  );
});
