/**
 * What the screen shows, as a pure fold over the events. Knows no terminal and no colours.
 */

import { ACTS } from './events.js';
import type { Act, ContrastOutcome, DemoEvent, LaneName } from './events.js';
import { describeEvent } from './event-line.js';
import type { EventLine } from './event-line.js';
import { BUILDS } from './messages.js';
import type { CopyReport } from './messages.js';

export interface Scene {
  readonly act: Act;
  readonly contrast: Contrast;
  readonly lanes: readonly Lane[];
  readonly progress: { readonly done: number; readonly total: number } | undefined;
  readonly acknowledged: number;
  readonly lines: readonly (EventLine & { readonly atMs: number })[];
  readonly isConcluded: boolean;
}

export interface Contrast {
  readonly copies: readonly { readonly isOpen: boolean; readonly acknowledged: number; readonly toWrite: number }[];
  readonly outcome: ContrastOutcome | undefined;
}

export interface Lane extends LaneName {
  readonly pid: number;
  readonly state: 'starting' | 'live' | 'killed';
  readonly copy: CopyReport | undefined;
  /** The last acknowledgement times, oldest first, for the little curve. */
  readonly curve: readonly (number | undefined)[];
}

export const CURVE_LENGTH_MAX = 22;

export const emptyScene: Scene = {
  act: ACTS[0],
  contrast: { copies: [1, 2].map(() => ({ isOpen: false, acknowledged: 0, toWrite: 1 })), outcome: undefined },
  lanes: [],
  progress: undefined,
  acknowledged: 0,
  lines: [],
  isConcluded: false,
};

export function applyEvent(scene: Scene, event: DemoEvent, atMs: number): Scene {
  const line = describeEvent(event);
  const next = fold(scene, event);
  return line === undefined ? next : { ...next, lines: [...next.lines, { ...line, atMs }] };
}

function fold(scene: Scene, event: DemoEvent): Scene {
  const { contrast } = scene;
  switch (event.kind) {
    case 'act-began':
      return { ...scene, act: event.act };
    case 'bare-opened':
      return { ...scene, contrast: changeBare(contrast, event.copy, { isOpen: true, toWrite: event.toWrite }) };
    case 'bare-acknowledged':
      return { ...scene, contrast: changeBare(contrast, event.copy, { acknowledged: event.total }) };
    case 'bare-ended':
      return { ...scene, contrast: { ...contrast, outcome: event.outcome } };
    case 'player-started':
      return { ...scene, lanes: [...scene.lanes, ...BUILDS.map((build) => newLane({ player: event.player, build }, event.pid))] };
    case 'reported':
      return { ...scene, lanes: scene.lanes.map((lane) => (lane.player === event.player ? refresh(lane, event.copies) : lane)) };
    case 'progressed':
      return { ...scene, progress: event };
    case 'acknowledged':
      return { ...scene, acknowledged: event.total };
    case 'killed':
    case 'lost':
      return { ...scene, lanes: scene.lanes.map((lane) => (lane.player === event.player ? { ...lane, state: 'killed' } : lane)) };
    // Whoever starts after this starts from disk alone: the lanes of the first half have nothing more to say.
    case 'stopped':
      return { ...scene, lanes: [] };
    case 'concluded':
      return { ...scene, isConcluded: true };
    default:
      return scene;
  }
}

function newLane(name: LaneName, pid: number): Lane {
  return { ...name, pid, state: 'starting', copy: undefined, curve: [] };
}

function refresh(lane: Lane, copies: readonly CopyReport[]): Lane {
  const copy = copies.find(({ build }) => build === lane.build);
  // A last report may still have been under way when its process was killed.
  if (copy === undefined || lane.state === 'killed') return lane;
  return { ...lane, state: 'live', copy, curve: [...lane.curve, copy.diskMs].slice(-CURVE_LENGTH_MAX) };
}

function changeBare(contrast: Contrast, copy: 1 | 2, change: Partial<Contrast['copies'][number]>): Contrast {
  return { ...contrast, copies: contrast.copies.map((old, index) => (index === copy - 1 ? { ...old, ...change } : old)) };
}
