/** Who comes after others lets them take over, and hears of the writer's end a moment later. */

import { expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { STAND_ASIDE_MAX_MS, STAND_ASIDE_MS, StandingAside } from '../../sync/standing-aside.js';
import { documentScene, MAIN, PEER, STATUS, entryOf } from './scene.js';
import type { Scene } from './scene.js';

const ELDER = 'cccccccccccccccc' as PeerId;

/** A follower of PEER; ELDER may write and was here before us. */
function followers({ canElderWrite = true } = {}): { scene: Scene; clock: VirtualClock; lost: PeerId[]; aside: StandingAside } {
  const scene = documentScene('whole');
  scene.feed({ kind: 'roster', entries: [entryOf(PEER), entryOf(ELDER)] });
  scene.feed({ kind: 'received', sender: ELDER, frame: { kind: 'status', status: { ...STATUS, term: 0, canWrite: canElderWrite } } });
  const [clock, lost] = [new VirtualClock(), [] as PeerId[]];
  const aside = new StandingAside({ clock, state: scene.engine, attend: (peer) => void lost.push(peer) });
  return { scene, clock, lost, aside };
}

const claim = (scene: Scene, isTakingOver: boolean, revision = 2): void =>
  void scene.feed({ kind: 'received', sender: ELDER, frame: { kind: 'status', status: { ...STATUS, term: 0, isTakingOver, revision } } });

test('the end of the writer is attended to a moment later', async () => {
  const { clock, lost, aside } = followers();
  aside.lost(PEER);
  await clock.advance(STAND_ASIDE_MS - 1);
  expect(lost).toEqual([]);
  await clock.advance(1);
  expect([lost, clock.pendingCount]).toEqual([[PEER], 0]);
});

test('and while somebody takes over, later, but not for ever', async () => {
  const { scene, clock, lost, aside } = followers();
  aside.lost(PEER);
  claim(scene, true);
  await clock.advance(STAND_ASIDE_MAX_MS - 1);
  expect(lost).toEqual([]);
  await clock.advance(1);
  expect(lost).toEqual([PEER]);
  const quick = followers();
  quick.aside.lost(PEER);
  claim(quick.scene, true);
  await quick.clock.advance(2 * STAND_ASIDE_MS);
  claim(quick.scene, false, 3);
  await quick.clock.advance(STAND_ASIDE_MS);
  expect(quick.lost).toEqual([PEER]);
});

test('at once of who is not the writer, where nobody goes first, and where somebody waits here', () => {
  const other = followers();
  other.aside.lost(ELDER);
  expect(other.lost).toEqual([ELDER]);
  const next = followers({ canElderWrite: false });
  next.aside.lost(PEER);
  expect(next.lost).toEqual([PEER]);
  const waiting = followers();
  waiting.scene.feed({ kind: 'local', document: MAIN, update: Uint8Array.of(0, 0) });
  waiting.scene.feed({ kind: 'flush', flush: 1 });
  waiting.aside.lost(PEER);
  expect(waiting.lost).toEqual([PEER]);
});

test('at once when somebody begins to wait, once, and not after the end', async () => {
  const { clock, lost, aside } = followers();
  aside.lost(PEER);
  aside.end();
  expect([lost, clock.pendingCount]).toEqual([[PEER], 0]);
  aside.lost(PEER);
  aside.stop();
  await clock.advance(STAND_ASIDE_MAX_MS);
  expect(lost).toEqual([PEER]);
  // Connections end while we close.
  aside.lost(PEER);
  expect(clock.pendingCount).toBe(0);
});
