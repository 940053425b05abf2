/**
 * One run of the simulator: one seed decides the network's faults, who does what and when, who is killed, cut off or
 * joins; then everything heals, and what must hold is checked. Two writers at once end the run where they are seen.
 */

import { seededRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';
import { World } from './world.js';
import type { Member } from './world.js';

export interface Run {
  /** Changes whose `flush()` resolved, and which were found again, live and after everyone was killed. */
  readonly acknowledged: number;
  readonly warnings: ReadonlyMap<string, number>;
}

const STEPS = 150;

export async function simulate(seed: number): Promise<Run> {
  const world = new World(seed);
  const chance = seededRandom(seed * 7919 + 1);
  const { network, clock } = world;
  network.lossRate = chance.fraction() < 0.3 ? 0 : chance.fraction() * 0.3;
  network.jitterMs = chance.fraction() * 20;
  network.duplicateRate = chance.fraction() * 0.1;
  world.diskDelayMs = chance.fraction() * 30;

  const story = new Story(world, chance);
  const founders = 2 + Math.floor(chance.fraction() * 4);
  for (let count = 0; count < founders; count++) void world.join();
  await clock.advance(50);
  for (let count = 0; count < STEPS; count++) {
    story.goOn();
    await clock.advance(chance.fraction() * 60);
    expectOneWriter(world);
  }
  story.heal();
  network.lossRate = 0;
  await world.rest();
  story.expectAcknowledged('live');

  for (const member of [...world.members]) world.kill(member);
  await world.join();
  await world.rest();
  story.expectAcknowledged('after everyone was killed');
  return { acknowledged: story.acknowledged, warnings: world.warnings };
}

/** By the lock, not by hope: who calls itself writer must hold it. */
function expectOneWriter({ members }: World): void {
  const writers = [...members].filter(({ peer, store }) => peer.role === 'writer' && store.lock.isOwned());
  if (writers.length > 1) throw new Error(`${writers.length} writers at once`);
}

class Story {
  readonly #world: World;
  readonly #chance: Random;
  readonly #cuts: (() => void)[] = [];
  readonly #acknowledged = new Map<string, number>();
  #count = 0;

  constructor(world: World, chance: Random) {
    this.#world = world;
    this.#chance = chance;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  goOn(): void {
    const { members } = this.#world;
    const member = this.#pick();
    const lot = this.#chance.fraction();
    if (lot < 0.6) this.#edit(member);
    else if (lot < 0.75) this.#flush(member);
    else if (lot < 0.79) this.#kill(member);
    else if (lot < 0.82) void this.#world.join();
    else if (lot < 0.85) this.#cut(member, this.#pick());
    else if (lot < 0.9) this.#cuts.shift()?.();
    else if (lot < 0.92 && members.size > 2) this.#world.leave(member);
  }

  heal(): void {
    for (const heal of this.#cuts.splice(0)) heal();
  }

  expectAcknowledged(when: string): void {
    for (const { instance, peer } of this.#world.members) {
      const map = instance.doc.getMap<number>('acknowledged');
      for (const [key, value] of this.#acknowledged) {
        if (map.get(key) !== value) throw new Error(`${when}: ${key} was acknowledged and is missing at ${peer.id}`);
      }
    }
  }

  #pick(): Member {
    const all = [...this.#world.members];
    return all[Math.floor(this.#chance.fraction() * all.length)] as Member;
  }

  /** Few keys, so that members overwrite and delete each other's values. */
  #edit({ instance }: Member): void {
    const map = instance.doc.getMap<number>('shared');
    const key = `k${Math.floor(this.#chance.fraction() * 30)}`;
    if (this.#chance.fraction() < 0.2) map.delete(key);
    else map.set(key, ++this.#count);
  }

  /** A key of its own, so that nothing may overwrite what was acknowledged. */
  #flush({ instance }: Member): void {
    const value = ++this.#count;
    const key = `a${value}`;
    instance.doc.getMap<number>('acknowledged').set(key, value);
    instance.flush().then(
      () => this.#acknowledged.set(key, value),
      () => undefined, // its member was killed or closed first: nothing was promised
    );
  }

  #kill(member: Member): void {
    if (this.#world.members.size > 1) this.#world.kill(member);
  }

  #cut(a: Member, b: Member): void {
    if (a !== b) this.#cuts.push(this.#world.network.partition(a.peer.id, b.peer.id));
  }
}
