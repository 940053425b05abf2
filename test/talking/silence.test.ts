/** Who is stopped is known to everybody within three seconds, whoever it is and whoever else is stopped with it, and nobody else is. */

import { describe, expect, it, test } from 'vitest';

import { PULSE_INTERVAL_MS, STAND_IN_MS } from '../../sync/limits.js';
import { expectAllHeard, expectSilent, expectStopKnown } from './expect-silence.js';
import { MeshOfEngines, peer } from './mesh-of-engines.js';

const LIMIT_MS = 3000;
/** The pulse, and the word of who is silent, are on their way for a moment. */
const LATENCIES_MS = 3;
const RUNNING = [1, 2, 3, 4, 5];

/** Phases of the pulse's second in which somebody stops. */
const phases = [0, 1, 2, 3, 250, 500, 750, 998, 999];

function meshAt(phase: number, writer: number | undefined): MeshOfEngines {
  const mesh = new MeshOfEngines(5, writer);
  mesh.advance(5000 + phase);
  mesh.told.length = 0;
  return mesh;
}

describe.each<readonly [what: string, limitMs: number, writer: number | undefined, stopped: readonly number[]]>([
  ['a follower', LIMIT_MS, 3, [4]],
  ['the follower with the lowest id', LIMIT_MS, 3, [1]],
  ['the writer', LIMIT_MS, 3, [3]],
  ['the writer and a follower', LIMIT_MS, 3, [3, 4]],
  ['all followers but one', LIMIT_MS, 3, [1, 2, 5]],
  ['the lowest id, where nobody writes', LIMIT_MS, undefined, [1]],
  ['somebody, where nobody writes', LIMIT_MS, undefined, [5]],
  ['the writer and the one that would stand in for it', LIMIT_MS, 3, [3, 1]],
  ['the lowest two, where nobody writes', LIMIT_MS, undefined, [1, 2]],
  // Who is fourth in turn waits half a second longer before it asks.
  ['the writer and both that would stand in for it', LIMIT_MS + STAND_IN_MS, 3, [1, 2, 3]],
])('%s', (_, limitMs, writer, stopped) => {
  it.each(phases)(`is silent to all that run within ${limitMs} ms of its stop, and heard as soon as it goes on (phase %i ms)`, (phase) => {
    expectStopKnown(meshAt(phase, writer), RUNNING, { stopped, withinMs: limitMs + LATENCIES_MS });
  });
});

test('who stands in for a stopped writer is not taken for it: what is stored stays what the writer said', () => {
  const mesh = meshAt(0, 3);
  mesh.stop(3);
  mesh.advance(10_000);
  const pulses = mesh.said.filter(({ at, frame }) => at > 6000 && frame.kind === 'pulse');
  expect(new Set(pulses.map(({ by }) => by))).toEqual(new Set([peer(1)]));
  // As often as the writer did, once that is known to be silent.
  expect(pulses.filter(({ at }) => at > 9000 && at <= 15_000)).toHaveLength(6);
  for (const number of [1, 2, 4, 5]) {
    expect(mesh.engine(number).writer).toEqual({ id: peer(3), term: 1 });
    expect(mesh.engine(number).stallReason).toBe('writer-silent');
    expect([...(mesh.engine(number).documents.get('main')?.stored ?? [])]).toEqual([]);
  }
});

test('while everybody answers nothing is said of silence, and one peer pulses each second', () => {
  const mesh = meshAt(0, 3);
  mesh.said.length = 0;
  mesh.advance(60_000);
  expect(mesh.told).toEqual([]);
  expect(mesh.said.filter(({ frame }) => frame.kind === 'silent')).toEqual([]);
  expect(mesh.said.filter(({ frame }) => frame.kind === 'pulse').map(({ by }) => by)).toEqual(Array.from({ length: 60 }, () => peer(3)));
});

test('one lost pulse makes nobody silent', () => {
  const mesh = meshAt(0, 3);
  const lost = new Set<number>();
  mesh.loses = (frame, _, to) => {
    if (frame.kind !== 'pulse' || frame.beat % 3 !== 0) return false;
    lost.add(frame.beat);
    return to === peer(4);
  };
  mesh.advance(30_000);
  expect(lost.size).toBeGreaterThan(5);
  expect(mesh.told).toEqual([]);
});

test('a lost word of who is silent, or who is heard again, is healed by the next', () => {
  const mesh = meshAt(0, 3);
  const seen = { silent: 0, heard: 0 };
  mesh.loses = (frame, _, to) => {
    if (frame.kind !== 'silent' || to !== peer(1)) return false;
    return frame.peers.length > 0 ? seen.silent++ === 0 : seen.heard++ === 0;
  };
  mesh.stop(4);
  mesh.advance(LIMIT_MS + PULSE_INTERVAL_MS);
  expectSilent(mesh, RUNNING, [4]);
  mesh.resume(4);
  mesh.advance(LIMIT_MS);
  expectAllHeard(mesh, RUNNING);
  expect(seen).toEqual({ silent: expect.any(Number) as number, heard: 1 });
});

test('a pulser that was itself absent calls nobody silent for it', () => {
  const mesh = meshAt(400, 3);
  mesh.stop(1, 2, 3, 4, 5);
  mesh.advance(60_000);
  // The laptop wakes up: everybody goes on, the writer first.
  for (const number of [3, 1, 2, 4, 5]) {
    mesh.resume(number);
    mesh.advance(1);
  }
  mesh.advance(10_000);
  expect(mesh.told).toEqual([]);
});

test('a silent peer that dies is gone, and silent to nobody', () => {
  const mesh = meshAt(0, 3);
  mesh.stop(4);
  mesh.advance(LIMIT_MS);
  mesh.kill(4);
  mesh.advance(10_000);
  for (const number of [1, 2, 3, 5]) expect(mesh.silentTo(number)).toEqual([]);
});

test('when the pulser dies who was silent stays so', () => {
  const mesh = meshAt(0, 3);
  mesh.stop(4);
  mesh.advance(LIMIT_MS);
  mesh.kill(3);
  mesh.told.length = 0;
  mesh.advance(30_000);
  for (const number of [1, 2, 5]) expect(mesh.silentTo(number)).toEqual([4]);
  expect(mesh.told).toEqual([]);
});
