/**
 * Drills (see drills.ts) that need many seconds: what the protocol does only after a long patience, and what is to be as it was long
 * after a trouble is over.
 */

import type { Member } from './member.js';
import { areEqual, within, write } from './stage.js';
import type { Crew, Drill, Stage } from './stage.js';

/** The patience of the protocol, and of those who were asked in vain meanwhile. */
const SET_ASIDE_MS = 15_000;
/** An idle writer has looked at its lock by then. */
const LOCK_LOOK_MS = 2600;

/** What builds on something that nobody here has is set aside. Then the one who wrote it comes again, and claims nothing but what is stored. */
async function setAside(stage: Stage, { writer, one, two }: Crew): Promise<void> {
  const { story, cast } = stage;
  const { room, promises } = cast;
  const map = (member: Member) => member.doc('main').getMap('map');
  for (const other of room.members) if (other !== one && other !== two) story.cutOneWay(one, other);
  map(one).set('set aside', 1);
  await within(stage, 100, 'one of all hears', () => map(two).has('set aside'));
  map(two).set('set aside', 2);
  await within(stage, 100, 'what builds on something unheard arrives', () => isPending(writer));
  for (const other of room.members) if (other !== one) story.cut(two, other);
  room.kill(one);
  await within(stage, SET_ASIDE_MS, 'what builds on something that nobody has is set aside', () => !isPending(writer));
  // Whoever wrote it asks at once, and writes nothing more that could betray what is missing.
  await stage.advance(cast.chance.fraction() * 700);
  story.mend();
  promises.flush(two);
  await within(stage, 2600, 'what was set aside comes again, and is acknowledged', () => two.flushesOpen === 0 && areEqual(stage));
}

/** What was acknowledged is overwritten behind something of one whom only the author has heard; then both die: it is there with its old value. */
async function overwritten(stage: Stage, { writer, one, two }: Crew): Promise<void> {
  const { story, cast } = stage;
  const { room } = cast;
  const map = (member: Member) => member.doc('main').getMap('map');
  story.flushOwn(two);
  await within(stage, 100, 'a flush at rest resolves', () => two.flushesOpen === 0);
  for (const other of room.members) if (other !== one && other !== two) story.cutOneWay(one, other);
  map(one).set('overwritten', 1);
  await within(stage, 100, 'one of all hears', () => map(two).has('overwritten'));
  room.kill(one);
  map(two).set('overwritten', 2);
  story.overwriteOwn(two);
  await within(stage, 100, 'what builds on something unheard arrives', () => isPending(writer));
  room.kill(two);
  story.mend();
}

function isPending(member: Member): boolean {
  return member.peer.replica('main').hasPending();
}

/** Connections break between peers that live; both hear of it, meet anew, and lack nothing. */
async function brokenConnections(stage: Stage, { writer, one, two }: Crew): Promise<void> {
  const { story, cast } = stage;
  const { room, chance } = cast;
  for (const [a, b] of [
    [writer, one],
    [one, two],
    [writer, two],
  ] as const) {
    write(a);
    write(b);
    // Some of it is on its way, some of it arrives before.
    await room.clock.advance(chance.fraction() * 4);
    story.breakConnection(a, b);
    write(a);
    write(b);
  }
  promisesOf(stage, [writer, one, two]);
  await within(
    stage,
    1500,
    'who lost a connection meets anew and lacks nothing',
    () => [writer, one, two].every(({ flushesOpen }) => flushesOpen === 0) && haveMet(stage) && areEqual(stage),
  );
}

function promisesOf({ cast: { promises } }: Stage, members: readonly Member[]): void {
  for (const member of members) promises.flush(member);
}

function haveMet({ cast: { room } }: Stage): boolean {
  return [...room.members].every(({ peer }) => peer.synchronizer.state.links.size === room.members.size - 1);
}

/** Whose lock was taken away, and who has seen since that somebody else leads, is as good a candidate as any. */
async function robbedWriter(stage: Stage, { writer: robbed }: Crew): Promise<void> {
  const { room } = stage.cast;
  room.breakLock();
  await stage.rest('after the lock was taken away');
  if (robbed.peer.candidacy.state.kind === 'leading') await stage.advance(LOCK_LOOK_MS);
  await stage.rest('with another writer');
  if (robbed.peer.role === 'writer') return;
  for (const member of room.members) if (member.canWrite && member !== robbed) room.kill(member);
  await within(stage, 100, 'a writer that was robbed follows upon its robber', () => robbed.peer.candidacy.state.kind === 'leading');
}

export const LONG_DRILLS: readonly Drill[] = [setAside, overwritten, brokenConnections, robbedWriter];
