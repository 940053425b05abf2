/** Drills (see drills.ts) in which nobody writes to disk at the end, and everything must come back all the same, by way of what was spilled. */

import type { Member } from './member.js';
import { joinFully, within, write } from './stage.js';
import type { Crew, Drill, Stage } from './stage.js';

/** A review, the patience before a spill, and one more review. */
const SPILLED_MS = 4000;
/** From the last who goes until nobody is there. */
const ALL_GONE_MS = 10_000;
const SLOW_DISK_MS = 40;
const TAKEN_IN_MS = 2000;

/** The database takes nothing any more; all leave in order; then it does again, and somebody comes. */
async function databaseFull(stage: Stage): Promise<void> {
  const { room, promises, chance } = stage.cast;
  room.isDatabaseFull = true;
  for (const member of room.members) write(member);
  if (chance.fraction() < 0.5) await stage.advance(chance.fraction() * SPILLED_MS);
  for (const member of room.members) write(member);
  const members = [...room.members];
  for (const member of members) void promises.leave(member);
  await within(stage, ALL_GONE_MS, 'all leave though nothing can be stored', () => members.every(({ isGone }) => isGone));
  room.isDatabaseFull = false;
  await joinFully(stage);
}

/** Those that are left never write to disk. One of them exits, one leaves; what they had, of each other too, is taken in by whoever comes. */
async function abstainersLast(stage: Stage): Promise<void> {
  const { room, promises, chance } = stage.cast;
  const [a, b] = [await room.join({ canWrite: false }), await room.join({ canWrite: false })];
  await stage.rest('with two that never write');
  for (const member of [...room.members]) if (member.canWrite) room.kill(member);
  for (const member of [...room.members]) write(member);
  await stage.advance(chance.fraction() * SPILLED_MS);
  for (const member of [...room.members]) if (member !== a && member !== b) room.kill(member);
  write(b);
  await stage.advance(chance.fraction() * 20);
  write(a);
  promises.exit(a);
  void promises.leave(b);
  await within(stage, ALL_GONE_MS, 'the last leave though nobody writes', () => b.isGone);
  await joinFully(stage);
}

/** The writer is stopped. What one wrote who died then is saved by those who have it, who wrote nothing themselves. */
async function stoppedWriter(stage: Stage, { writer, one, two }: Crew): Promise<void> {
  const { room } = stage.cast;
  const entry = (member: Member): unknown => member.doc('main').getMap('map').get('of the dead');
  room.stop(writer);
  one.doc('main').getMap('map').set('of the dead', one.name);
  await within(stage, 100, 'the others hear of a change though the writer is stopped', () => entry(two) === one.name);
  room.kill(one);
  await stage.advance(SPILLED_MS);
  for (const member of [...room.members]) room.kill(member);
  const next = await joinFully(stage);
  await within(stage, 500, 'what was spilled of the dead is there again', () => entry(next) === one.name);
}

/** The disk is slow, and all are killed in the moment in which the writer removes what it took in: not before that is stored. */
async function killedOverSpills(stage: Stage, { one }: Crew): Promise<void> {
  const { room, promises } = stage.cast;
  room.diskLeastMs = SLOW_DISK_MS;
  write(one);
  promises.exit(one);
  // Others may have reasons of their own to spill, and keep theirs for longer.
  await within(stage, TAKEN_IN_MS, 'what somebody left who exited is taken in', () => !room.disk.hasSpillOf(one.peer.id));
  for (const member of [...room.members]) room.kill(member);
  room.diskLeastMs = 0;
  await joinFully(stage);
}

export const SPILL_DRILLS: readonly Drill[] = [databaseFull, abstainersLast, stoppedWriter, killedOverSpills];
