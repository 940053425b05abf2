/**
 * One run of the simulator: one seed decides the network's faults, who does what and when, who is killed, cut off or
 * joins; then everything heals, and what must hold is checked. Two writers at once end the run where they are seen.
 */

import { isSocommError } from '../../src/base/errors.js';
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
/** Frames that were lost are missed, asked for and there by then. */
const LAG_MS = 2500;

export async function simulate(seed: number): Promise<Run> {
  const world = new World(seed);
  const chance = seededRandom(seed * 7919 + 1);
  const { network, clock } = world;
  network.lossRate = chance.fraction() < 0.3 ? 0 : chance.fraction() * 0.3;
  network.jitterMs = chance.fraction() * 20;
  network.duplicateRate = chance.fraction() * 0.1;
  world.diskDelayMs = chance.fraction() * 30;
  world.diskErrorRate = chance.fraction() < 0.7 ? 0 : chance.fraction() * 0.1;

  const story = new Story(world, chance);
  const founders = 2 + Math.floor(chance.fraction() * 4);
  for (let count = 0; count < founders; count++) story.join();
  await clock.advance(50);
  for (let count = 0; count < STEPS; count++) {
    story.goOn();
    await clock.advance(chance.fraction() * 60);
    expectOneWriter(world);
  }
  story.heal();
  network.lossRate = 0;
  world.diskErrorRate = 0;
  // Where only such are left as never write, nobody would ever lead.
  await world.join();
  await world.rest();
  story.expectEqual();
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
  readonly #lies: string[] = [];
  readonly #promisedAt = new Map<string, number>();
  #cutCount = 0;
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
    else if (lot < 0.82) this.join();
    else if (lot < 0.85) this.#cut(member, this.#pick());
    else if (lot < 0.9) this.#cuts.shift()?.();
    else if (lot < 0.92 && members.size > 2) this.#leave(member);
    else if (lot < 0.94) this.#stop(member);
  }

  /**
   * A newcomer; one in five only follows. What it is told as synced may lag behind by what is under way: it must hold all that was
   * promised a while ago, as long as nobody was ever cut off.
   */
  join(): void {
    const before = this.#world.clock.now() - LAG_MS;
    const promised = [...this.#promisedAt].filter(([, at]) => at < before && this.#cutCount === 0).map(([key]) => key);
    const canWrite = this.#world.members.size === 0 || this.#chance.fraction() < 0.8;
    void this.#world
      .join({ canWrite, loadDelayMs: this.#chance.fraction() * 100 })
      .then(async ({ instance }) => {
        await instance.synced();
        const map = instance.doc.getMap<number>('acknowledged');
        if (this.#cutCount > 0) return;
        this.#lies.push(...promised.filter((key) => !map.has(key)).map((key) => `${instance.id} said synced and lacks ${key}`));
      })
      .catch((error: unknown) => {
        // Killed or closed before it was synced; anything else is a finding.
        if (!isSocommError(error, 'SOCOMM_CLOSED')) this.#lies.push(`a newcomer failed: ${String(error)}`);
      });
  }

  heal(): void {
    for (const heal of this.#cuts.splice(0)) heal();
  }

  /** By content: digests are part of what is under test. */
  expectEqual(): void {
    const contents = [...this.#world.members].map(({ instance: { doc } }) =>
      JSON.stringify([sorted(doc.getMap('shared').toJSON()), sorted(doc.getMap('acknowledged').toJSON())]),
    );
    if (new Set(contents).size > 1) throw new Error('members at rest differ in content');
    if (this.#lies.length > 0) throw new Error(this.#lies.join('; '));
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
      () => this.#promise(key, value),
      () => undefined, // its member was killed or closed first: nothing was promised
    );
  }

  #promise(key: string, value: number): void {
    this.#acknowledged.set(key, value);
    this.#promisedAt.set(key, this.#world.clock.now());
  }

  #kill(member: Member): void {
    if (this.#world.members.size > 1) this.#world.kill(member);
  }

  /** Who leaves in order saves what it wrote, or says that it could not. */
  #leave(member: Member): void {
    const value = ++this.#count;
    const key = `a${value}`;
    member.instance.doc.getMap<number>('acknowledged').set(key, value);
    this.#world.leave(member).then(
      (isSaved) => isSaved && this.#promise(key, value),
      () => undefined, // closing failed in part, and said so
    );
  }

  #stop(member: Member): void {
    this.#cutCount++;
    this.#cuts.push(this.#world.network.stop(member.peer.id));
  }

  #cut(a: Member, b: Member): void {
    if (a === b) return;
    this.#cutCount++;
    this.#cuts.push(this.#world.network.partition(a.peer.id, b.peer.id));
  }
}

function sorted(values: Record<string, unknown>): [string, unknown][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}
