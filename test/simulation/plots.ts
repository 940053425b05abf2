/**
 * Short stories of several steps: courses of events that chance alone would hardly ever bring together. Each is a place
 * where a promise hangs by one thread.
 */

import type { Member } from './member.js';
import type { Cast, Story } from './story.js';

export type Plot = (story: Story, cast: Cast) => Promise<void>;

/** S writes; T sees it and builds on it; the writer (and perhaps others) do not, and S dies. */
async function buildsOnTheDead(story: Story, cast: Cast): Promise<void> {
  const { room, chance } = cast;
  const [s, t] = twoOf(story);
  if (s === undefined || t === undefined) return;
  for (const other of room.members) if (other !== s && other !== t && chance.fraction() < 0.8) story.cutOneWay(s, other);
  story.layFoundation(s);
  story.edit(s);
  await room.clock.advance(5 + chance.fraction() * 60);
  if (room.members.has(t)) story.buildOn(t);
  if (chance.fraction() < 0.5) await room.clock.advance(chance.fraction() * 60);
  if (room.members.has(s) && room.members.size > 1) story.kill(s);
  if (chance.fraction() < 0.5) await room.clock.advance(chance.fraction() * 30);
  const writer = writerOf(cast);
  if (writer !== undefined && chance.fraction() < 0.5) story.kill(writer);
  if (room.members.has(t) && chance.fraction() < 0.4) story.kill(t);
}

/** T was acknowledged a value. It overwrites that behind something of S, of whom the writer has not heard; then S and T die. */
async function overwritesBehindTheUnseen(story: Story, cast: Cast): Promise<void> {
  const { room, chance } = cast;
  const [s, t] = twoOf(story);
  if (s === undefined || t === undefined) return;
  story.flushOwn(t);
  await room.clock.advance(20 + chance.fraction() * 60);
  for (const other of room.members) if (other !== s && other !== t && chance.fraction() < 0.8) story.cutOneWay(s, other);
  if (!room.members.has(s)) return;
  story.overwrite(s);
  await room.clock.advance(5 + chance.fraction() * 20);
  if (room.members.has(s) && room.members.size > 1 && chance.fraction() < 0.8) story.kill(s);
  if (!room.members.has(t)) return;
  for (let times = 0; times < 2; times++) story.overwrite(t);
  await room.clock.advance(chance.fraction() * 10);
  if (room.members.has(t) && room.members.size > 1 && chance.fraction() < 0.8) story.kill(t);
  const writer = writerOf(cast);
  if (writer !== undefined && chance.fraction() < 0.4) story.kill(writer);
}

/** What the writer alone has, and has promised, is known to nobody else when it dies. */
async function promisesAlone(story: Story, cast: Cast): Promise<void> {
  const { room, chance } = cast;
  const writer = writerOf(cast);
  if (writer === undefined || room.members.size < 2) return;
  for (const other of room.members) if (chance.fraction() < 0.8) story.cutOneWay(writer, other);
  story.edit(writer);
  story.flush(writer);
  await room.clock.advance(chance.fraction() * 100);
  if (chance.fraction() < 0.5) story.mend();
  if (room.members.has(writer)) story.kill(writer);
}

/** One writes, and is gone before its last frame can be repeated: by a kill, or in order. */
async function lastWords(story: Story, cast: Cast): Promise<void> {
  const { room, chance } = cast;
  const member = story.pick();
  if (member === undefined || room.members.size < 3) return;
  for (let times = 0; times < 3; times++) story.edit(member);
  await room.clock.advance(chance.fraction() * 40);
  if (!room.members.has(member)) return;
  if (chance.fraction() < 0.5) story.kill(member);
  else void cast.promises.leave(member);
}

/** Several come at once, in the middle of a burst of changes, and flush what they write at once. */
async function crowd(story: Story, cast: Cast): Promise<void> {
  const { room, chance } = cast;
  for (let times = 0; times < 3; times++) story.join();
  for (let times = 0; times < 15; times++) {
    const member = story.pick();
    if (member !== undefined) story.edit(member);
    await room.clock.advance(chance.fraction() * 6);
  }
  const late = [...room.members].at(-1);
  if (late !== undefined && !late.clock.isStopped) story.flush(late);
}

/** A writer in the middle of its work is killed again and again: each takeover meets the next. */
async function manyTakeovers(story: Story, cast: Cast): Promise<void> {
  const { room, chance } = cast;
  for (let times = 0; times < 3 && room.members.size > 1; times++) {
    const writer = writerOf(cast);
    const member = story.pick();
    if (member !== undefined) story.flush(member);
    await room.clock.advance(chance.fraction() * 30);
    if (writer !== undefined && room.members.has(writer)) story.kill(writer);
    await room.clock.advance(chance.fraction() * 50);
  }
}

/** T builds on what only it has of S; a third holds T's frame, and cannot place it; the writer has not even that, and asks the third. */
async function atSecondHand(story: Story, cast: Cast): Promise<void> {
  const { room, chance } = cast;
  const writer = writerOf(cast);
  const s = story.pick([writer]);
  const t = story.pick([writer, s]);
  if (writer === undefined || s === undefined || t === undefined) return;
  for (const other of room.members) if (other !== s && other !== t) story.cutOneWay(s, other);
  story.layFoundation(s);
  await room.clock.advance(5 + chance.fraction() * 50);
  if (!room.members.has(t) || !room.members.has(writer)) return;
  story.cut(t, writer);
  story.buildOn(t);
  await room.clock.advance(500 + chance.fraction() * 2500);
  if (chance.fraction() < 0.5 && room.members.has(s) && room.members.size > 1) story.kill(s);
  story.mend();
  if (room.members.has(t)) story.flush(t);
  await room.clock.advance(chance.fraction() * 100);
}

function twoOf(story: Story): readonly [Member | undefined, Member | undefined] {
  const first = story.pick();
  return [first, story.pick([first])];
}

function writerOf({ room }: Cast): Member | undefined {
  return [...room.members].find(({ peer, clock }) => peer.role === 'writer' && !clock.isStopped);
}

export const PLOTS: readonly Plot[] = [
  buildsOnTheDead,
  buildsOnTheDead,
  overwritesBehindTheUnseen,
  promisesAlone,
  lastWords,
  crowd,
  manyTakeovers,
  atSecondHand,
];
