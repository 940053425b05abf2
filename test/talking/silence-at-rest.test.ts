/** A crowd at rest: who does not watch is woken half as often, and all is known as soon as elsewhere, by everybody. */

import { describe, expect, it, test } from 'vitest';

import { PULSE_INTERVAL_MS, PULSE_REST_MS, STALL_MS, STAND_IN_MS } from '../../sync/limits.js';
import type { Frame } from '../../sync/wire/frame.js';
import { expectStopKnown } from './expect-silence.js';
import { MeshOfEngines, peer } from './mesh-of-engines.js';

const LIMIT_MS = 3000;
/** The pulse, and the word of who is silent, are on their way for a moment. */
const LATENCIES_MS = 4;
const RUNNING = [1, 2, 3, 4, 5, 6, 7, 8];
const WRITER = 3;
/** Where two watch: the lowest ids but the writer's. */
const WATCHERS = [1, 2];
const RESTING = RUNNING.filter((number) => number !== WRITER && !WATCHERS.includes(number));
/** Of the two seconds between two pulses to all. */
const phases = [0, 1, 2, 3, 250, 500, 750, 998, 999, 1000, 1001, 1002, 1003, 1250, 1500, 1750, 1998, 1999];

/** At rest for a while, and so long after a pulse to all. */
function atRest(phase = 0, writer: number | undefined = WRITER): MeshOfEngines {
  const mesh = new MeshOfEngines(RUNNING.length, writer, { watchersMax: WATCHERS.length });
  mesh.advance(10_000);
  while (mesh.said.at(-1)?.at !== mesh.now) mesh.advance(1);
  mesh.advance(phase);
  mesh.told.length = mesh.said.length = mesh.sent.length = mesh.stalls.length = 0;
  return mesh;
}

/** How often each was pulsed to in this time. */
function pulsesIn(mesh: MeshOfEngines, ms: number): Map<number, number> {
  mesh.said.length = mesh.sent.length = 0;
  mesh.advance(ms);
  const toAll = mesh.said.filter(({ frame }) => frame.kind === 'pulse').length;
  const pulsed = (number: number): number =>
    toAll + mesh.sent.filter(({ to, frame }) => frame.kind === 'pulse' && to === peer(number)).length;
  return new Map(RUNNING.filter((number) => number !== WRITER).map((number) => [number, pulsed(number)]));
}

const everySecond = (seconds: number) => new Map(RUNNING.filter((number) => number !== WRITER).map((number) => [number, seconds]));

describe.each<readonly [what: string, limitMs: number, writer: number | undefined, stopped: readonly number[]]>([
  ['one that rests', LIMIT_MS, WRITER, [7]],
  ['one that watches', LIMIT_MS, WRITER, [2]],
  ['the writer', LIMIT_MS, WRITER, [WRITER]],
  ['the writer and one that rests', LIMIT_MS, WRITER, [WRITER, 8]],
  ['the writer and the first that watches', LIMIT_MS, WRITER, [WRITER, 1]],
  ['all that rest', LIMIT_MS, WRITER, RESTING],
  ['the lowest id, where nobody writes', LIMIT_MS, undefined, [1]],
  ['the lowest two, where nobody writes', LIMIT_MS, undefined, [1, 2]],
  // Nobody is left who would miss them before a second pulse to all does not come.
  ['the writer and all that watch', PULSE_REST_MS + 3 * STAND_IN_MS + PULSE_INTERVAL_MS, WRITER, [WRITER, ...WATCHERS]],
])('%s', (_, limitMs, writer, stopped) => {
  it.each(phases)(`is silent to all that run within ${limitMs} ms of its stop, and heard as soon as it goes on (phase %i ms)`, (phase) => {
    expectStopKnown(atRest(phase, writer), RUNNING, { stopped, withinMs: limitMs + LATENCIES_MS });
  });
});

describe('a writer that stops', () => {
  it.each(phases)('is told of by all within 3 s, and by nobody before it has kept silent for two (phase %i ms)', (phase) => {
    const mesh = atRest(phase);
    mesh.stop(WRITER);
    const stoppedAt = mesh.now;
    mesh.advance(STALL_MS + LATENCIES_MS);
    expect(mesh.stalls.map(({ by }) => by).sort()).toEqual(RUNNING.filter((number) => number !== WRITER).map(peer));
    for (const { at } of mesh.stalls) expect(at - stoppedAt).toBeGreaterThanOrEqual(STALL_MS - PULSE_INTERVAL_MS - LATENCIES_MS);
  });

  it.each(phases)('with all that watch is told of within 5 s (phase %i ms)', (phase) => {
    const mesh = atRest(phase);
    mesh.stop(WRITER, ...WATCHERS);
    mesh.advance(STALL_MS + 2 * (PULSE_REST_MS - PULSE_INTERVAL_MS) + LATENCIES_MS);
    expect(mesh.stalls.map(({ by }) => by).sort()).toEqual(RESTING.map(peer));
  });
});

test('where nothing happens those who watch are pulsed each second, one by one, and all others each other second', () => {
  const mesh = atRest();
  expect(pulsesIn(mesh, 60_000)).toEqual(
    new Map([...WATCHERS.map((number) => [number, 60] as const), ...RESTING.map((number) => [number, 30] as const)]),
  );
  expect(new Set(mesh.sent.filter(({ frame }) => frame.kind === 'pulse').map(({ to }) => to))).toEqual(new Set(WATCHERS.map(peer)));
  expect([mesh.told, mesh.stalls]).toEqual([[], []]);
});

test('in a small group everybody watches', () => {
  const mesh = new MeshOfEngines(RUNNING.length, WRITER, { watchersMax: 4 });
  mesh.advance(10_000);
  expect(pulsesIn(mesh, 10_000)).toEqual(everySecond(10));
});

describe('nobody rests for three seconds', () => {
  it.each<readonly [what: string, happens: (mesh: MeshOfEngines) => void]>([
    ['after a document changed', (mesh) => mesh.feed(5, { kind: 'local', document: 'main', update: mesh.replica(5).write() })],
    ['after somebody said something new of itself', (mesh) => mesh.feed(5, { kind: 'trouble', trouble: 'SOCOMM_STORE_FAILED' })],
    ['after the pulser did', (mesh) => mesh.feed(WRITER, { kind: 'instances', instances: [] })],
    ['after somebody went', (mesh) => mesh.kill(8)],
  ])('%s', (_, happens) => {
    const mesh = atRest(1200);
    happens(mesh);
    mesh.advance(300);
    expect(pulsesIn(mesh, 3000).get(5)).toBe(3);
    mesh.advance(3000);
    expect(pulsesIn(mesh, 20_000).get(5)).toBe(10);
  });
});

test('nobody rests while somebody is silent', () => {
  const mesh = atRest();
  mesh.stop(6);
  mesh.advance(LIMIT_MS + PULSE_INTERVAL_MS);
  expect(pulsesIn(mesh, 10_000).get(5)).toBe(10);
  mesh.resume(6);
  mesh.advance(PULSE_INTERVAL_MS);
  expect(mesh.silentTo(5)).toEqual([]);
  expect(pulsesIn(mesh, 2000).get(5)).toBe(2);
  mesh.advance(8000);
  expect(pulsesIn(mesh, 10_000).get(5)).toBe(5);
});

let lost = 0;
const isToAll = (frame: Frame): boolean => frame.kind === 'pulse' && frame.documents.length > 0;

test.each<readonly [what: string, loses: MeshOfEngines['loses']]>([
  ['each third pulse to one that rests', (frame, _, to) => isToAll(frame) && to === peer(6) && ++lost % 3 === 0],
  ['each third echo of one that rests', (frame, from) => frame.kind === 'echo' && from === peer(6) && ++lost % 3 === 0],
  ['each third pulse to one that watches', (frame, _, to) => frame.kind === 'pulse' && to === peer(2) && frame.beat % 3 === 0],
])('%s is lost, and nobody is silent or stalled', (_, loses) => {
  const mesh = atRest();
  mesh.loses = loses;
  mesh.advance(60_000);
  expect([mesh.told, mesh.stalls]).toEqual([[], []]);
});

test('who watches and hears no pulses stands in, which the others do not take for the end of the writer: it pulses to all meanwhile', () => {
  const mesh = atRest();
  mesh.loses = (frame, from, to) => frame.kind === 'pulse' && from === peer(WRITER) && to === peer(1);
  mesh.advance(10_000);
  expect(mesh.said.some(({ by, frame }) => by === peer(1) && frame.kind === 'pulse' && frame.missed.has(peer(WRITER)))).toBe(true);
  mesh.said.length = 0;
  mesh.advance(20_000);
  expect(mesh.said.filter(({ by, frame }) => by === peer(WRITER) && frame.kind === 'pulse').length).toBeGreaterThanOrEqual(19);
  expect([...mesh.stalls, ...mesh.told].filter(({ by }) => by !== peer(1))).toEqual([]);
});

test('at rest, too, all statuses are named in turn, for who has missed one', () => {
  const mesh = new MeshOfEngines(17, WRITER);
  mesh.advance(10_000);
  mesh.said.length = 0;
  mesh.advance(10_000);
  const pulses = mesh.said.flatMap(({ frame }) => (frame.kind === 'pulse' ? [frame] : []));
  expect(pulses).toHaveLength(5);
  expect(new Set(pulses.flatMap(({ revisions }) => [...revisions.keys()])).size).toBe(16);
});

describe.each([[[WRITER, 1, 2, 4, 5, 6, 7, 8]], [[8, 7, 6, 5, 4, 2, 1, WRITER]]])(
  'a machine that was suspended makes nobody silent (%j goes on in this order)',
  (order) => {
    it.each([...phases, ...phases.map((phase) => PULSE_REST_MS + phase)])('whenever that was (phase %i ms)', (phase) => {
      const mesh = atRest(phase);
      mesh.stop(...RUNNING);
      mesh.advance(60_000);
      for (const number of order) {
        mesh.resume(number);
        mesh.advance(1);
      }
      mesh.advance(10_000);
      expect([mesh.told, mesh.stalls]).toEqual([[], []]);
    });
  },
);
