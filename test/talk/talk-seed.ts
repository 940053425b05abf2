/** One seed of the talking world: what is done, in which weather, until all is quiet. Returns what is wrong then. */

import { World } from './world.js';

const STEPS = 120;
/** Longer than tails are repeated, and than any question waits. */
const QUIET_MS = 300_000;

export interface SeedOutcome {
  readonly problems: readonly string[];
  readonly delivered: number;
  readonly missed: number;
}

export async function talkWithSeed(seed: number): Promise<SeedOutcome> {
  const world = new World(seed);
  for (let count = 2 + world.below(3); count > 0; count--) await world.join();
  await world.clock.advance(world.below(100));
  for (let step = 0; step < STEPS; step++) {
    if (step % 30 === 0) world.weather(world.chance(0.7));
    await act(world);
    await world.clock.advance(world.chance(0.3) ? 0 : world.chance(0.05) ? world.below(4000) : world.below(60));
  }
  world.weather(false);
  await world.clock.advance(QUIET_MS);
  const problems = world.settle();
  const events = world.listenings.flatMap((listening) => listening.events);
  for (const member of world.alive) member.talker.close();
  await world.clock.advance(100);
  if (world.clock.pendingCount > 0) problems.push(`${world.clock.pendingCount} timers are left`);
  return {
    problems,
    delivered: events.filter(({ kind }) => kind === 'message').length,
    missed: events.reduce((sum, event) => sum + (event.kind === 'missed' ? event.count : 0), 0),
  };
}

async function act(world: World): Promise<void> {
  const { awake } = world;
  if (awake.length === 0) return;
  const member = world.pick(awake);
  if (member.instances.size === 0 || (member.instances.size < 3 && world.chance(0.02))) member.addInstance();
  const instance = world.pick([...member.instances]);
  const what = world.random.fraction();
  if (what < 0.45) {
    for (let count = world.chance(0.2) ? world.below(40) : 1 + world.below(4); count > 0; count--) world.publish(member, instance);
  } else if (what < 0.68) {
    for (let count = 1 + world.below(4); count > 0; count--) world.setValue(member, instance);
  } else if (what < 0.8) {
    world.subscribe(member, instance);
  } else if (what < 0.82) {
    const open = world.listenings.filter((each) => each.member === member && !each.isEnded);
    if (open.length > 0) world.unsubscribe(world.pick(open));
  } else if (what < 0.9) {
    world.watch(member);
  } else if (what < 0.91) {
    const open = world.watchings.filter((each) => each.member === member && !each.isEnded);
    if (open.length > 0) world.pick(open).end();
  } else if (what < 0.93) {
    world.closeInstance(member, instance);
  } else if (what < 0.95) {
    world.part(member, world.pick(world.alive));
  } else if (what < 0.975) {
    world.stop(member, world.chance(0.3) ? world.below(60_000) : world.below(800));
  } else if (what < 0.985) {
    if (world.alive.length > 2) world.crash(member);
  } else if (world.alive.length < 6) {
    await world.join();
  }
}
