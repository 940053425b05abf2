/** What all of a mesh know of who has stopped. */

import { expect } from 'vitest';

import { PULSE_INTERVAL_MS } from '../../sync/limits.js';
import { peer } from './mesh-of-engines.js';
import type { MeshOfEngines } from './mesh-of-engines.js';

/** Nobody is silent to anybody. */
export function expectAllHeard(mesh: MeshOfEngines, all: readonly number[]): void {
  for (const number of all) expect(mesh.silentTo(number)).toEqual([]);
}

export function expectSilent(mesh: MeshOfEngines, all: readonly number[], stopped: readonly number[]): void {
  for (const number of all)
    if (!stopped.includes(number)) expect([number, mesh.silentTo(number)]).toEqual([number, [...stopped].sort((a, b) => a - b)]);
}

/** They stop now: all others know it by then, of nobody else and without a flicker, and hear them as soon as they go on. */
export function expectStopKnown(mesh: MeshOfEngines, all: readonly number[], { stopped, withinMs }: Stop): void {
  mesh.stop(...stopped);
  mesh.advance(withinMs);
  expectSilent(mesh, all, stopped);
  mesh.advance(30_000);
  expectSilent(mesh, all, stopped);
  const running = all.filter((number) => !stopped.includes(number));
  for (const { silent, heard } of mesh.told) {
    expect(heard).toEqual([]);
    for (const number of running) expect(silent).not.toContain(peer(number));
  }
  mesh.resume(...stopped);
  mesh.advance(PULSE_INTERVAL_MS + 10);
  expectAllHeard(mesh, all);
  mesh.told.length = 0;
  mesh.advance(10_000);
  expect(mesh.told).toEqual([]);
}

interface Stop {
  readonly stopped: readonly number[];
  readonly withinMs: number;
}
