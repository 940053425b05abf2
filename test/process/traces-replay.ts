/**
 * A concurrent editing session, replayed by one process per agent, with what real life adds: one of them is killed in full flight
 * and comes back, and the line between two sides is cut while both go on writing as far as they can without each other.
 */

import { expect } from 'vitest';

import { Stage, allAt } from './traces-players.js';
import type { Player } from './traces-players.js';
import { writeScripts } from './traces-script.js';
import type { Scripts, Trace } from './traces-script.js';
import { until } from './until.js';

export interface Faults {
  /** The agent whose process is killed; the first one is the writer, as long as it lives. */
  readonly victim: number;
  /** Agents that are cut off from each other. */
  readonly sides: readonly [readonly number[], readonly number[]];
}

/** Of all together: those who are cut off must have tried more than once to say what they wrote. */
const DROPPED_LEAST = 5;
const LIMIT_MS = 60_000;

/** Resolves with how long it took. */
export async function replay(trace: Trace, { victim, sides }: Faults): Promise<string> {
  const scripts = writeScripts(trace);
  expect(scripts.text).toBe(trace.endContent);
  const stage = new Stage();
  const start = performance.now();
  const players: Player[] = [];
  for (const script of scripts.agents) players.push(await stage.enter(script));

  const cut = bestCut(scripts, sides);
  await Promise.all(players.map((player, at) => player.play(cut.before[at])));
  await killAndBringBack(stage, scripts, players, victim);
  await players[victim]?.play(cut.before[victim]);
  await allAt(players, cut.before, LIMIT_MS);
  await keepApart(players, sides, cut.alone);
  const digest = await allAt(
    players,
    scripts.agents.map(({ transactions }) => transactions.length),
    LIMIT_MS,
  );
  const replayedMs = performance.now() - start;

  for (const player of players) {
    expect(await player.text()).toBe(scripts.text);
    await player.ask('flush');
    expect(await player.ask('warnings')).toEqual([]);
  }
  await stage.killAll();
  const later = await stage.enter();
  expect(await later.text()).toBe(scripts.text);
  expect((await later.progress()).digest).toBe(digest);
  return `${trace.txns.length} transactions in ${(replayedMs / 1000).toFixed(1)} s`;
}

/** Ends a process in the midst of writing; what it knew to be on disk, the one that comes after it finds. */
async function killAndBringBack(stage: Stage, { agents }: Scripts, players: Player[], victim: number): Promise<void> {
  const player = players[victim] as Player;
  await until('the victim has flushed for the first time', () => player.flushed > 0, LIMIT_MS);
  await player.kill();
  const heir = await stage.enter(agents[victim]);
  expect(heir.found).toBeGreaterThanOrEqual(player.flushed);
  expect(heir.found).toBeLessThan(player.count);
  players[victim] = heir;
}

/** Cuts two sides off from each other, waits until both have written all that causality allows, and lets them meet again. */
async function keepApart(players: readonly Player[], [left, right]: Faults['sides'], alone: readonly number[]): Promise<void> {
  const peersOf = (side: readonly number[]): string[] => side.map((agent) => players[agent]?.peer ?? '');
  const leftPeers = peersOf(left);
  const rightPeers = peersOf(right);
  await Promise.all(players.map((player, at) => player.ask('cut', { peers: left.includes(at) ? rightPeers : leftPeers })));
  await Promise.all(players.map((player) => player.play()));
  await until(
    `all have written ${alone.join(', ')} and tried in vain to say so`,
    async () => {
      const all = await Promise.all(players.map((player) => player.progress()));
      const isThere = all.every(({ next, dropped }, at) => next >= (alone[at] ?? 0) && dropped > 0);
      return isThere && all.reduce((sum, { dropped }) => sum + dropped, 0) >= DROPPED_LEAST;
    },
    LIMIT_MS,
  );
  const all = await Promise.all(players.map((player) => player.progress()));
  expect(all.map(({ next }) => next)).toEqual(alone);
  expect(new Set(all.map(({ digest }) => digest)).size).toBeGreaterThan(1);
  await Promise.all(players.map((player) => player.ask('heal')));
}

interface Cut {
  /** Of each agent, how many transactions come before the cut. */
  readonly before: readonly number[];
  /** How many it can have written while the cut lasts. */
  readonly alone: readonly number[];
}

/** In the second half of the session: where both sides can write most while they hear nothing of each other. */
function bestCut(scripts: Scripts, sides: Faults['sides']): Cut {
  const length = scripts.versions.length;
  const cuts = Array.from({ length: Math.floor(length / 4) }, (_, index) => cutAt(scripts, Math.floor(length / 2) + index, sides));
  const worth = ({ before, alone }: Cut): number =>
    Math.min(...sides.map((side) => side.reduce((sum, agent) => sum + (alone[agent] ?? 0) - (before[agent] ?? 0), 0)));
  const best = cuts.reduce((a, b) => (worth(b) > worth(a) ? b : a));
  expect(worth(best)).toBeGreaterThan(0);
  return best;
}

function cutAt({ agents, versions }: Scripts, length: number, sides: Faults['sides']): Cut {
  const before = agents.map(({ places }) => places.filter((place) => place < length).length);
  const alone = [...before];
  for (const side of sides) {
    const known = (agent: number): number => (side.includes(agent) ? alone[agent] : before[agent]) ?? 0;
    const mayWrite = (agent: number): boolean => {
      const version = versions[agents[agent]?.places[known(agent)] ?? Infinity];
      return version?.every((count, of) => of === agent || count <= known(of)) ?? false;
    };
    for (let agent = side.find(mayWrite); agent !== undefined; agent = side.find(mayWrite)) alone[agent] = known(agent) + 1;
  }
  return { before, alone };
}
