/**
 * Drills: short scenes in a group at rest, on a network without faults, each with one thing that goes wrong and a time by
 * which it must be well again. What heals by itself in the end, but late, is a bug that rest alone would not show.
 */

import * as Y from 'yjs';
import { DOCUMENT_LINGER_MS } from '../../src/documents/holdings.js';
import { SPILL_INTAKE_MS } from '../../src/spill/intake.js';
import { RUBBISH_WINDOW_MS } from '../../sync/limits.js';
import { LONG_DRILLS } from './long-drills.js';
import type { Member } from './member.js';
import { NAME_DRILLS } from './name-drills.js';
import { DOCUMENTS } from './operations.js';
import { SILENCE_DRILL } from './silence-drills.js';
import { SPILL_DRILLS } from './spill-drills.js';
import { areEqual, joinFully, within, write } from './stage.js';
import type { Crew, Drill, Stage } from './stage.js';

const DRILLS_PER_SEED = 2;
/** Share of the seeds with a drill that takes long. */
const LONG_DRILL_RATE = 0.5;

export async function holdDrills(stage: Stage): Promise<void> {
  const { chance } = stage.cast;
  const left = [...DRILLS];
  for (let times = 0; times < DRILLS_PER_SEED; times++) {
    const [drill] = left.splice(Math.floor(chance.fraction() * left.length), 1) as [Drill];
    await hold(stage, drill);
  }
  const [drill] = LONG_DRILLS.slice(Math.floor(chance.fraction() * LONG_DRILLS.length)) as [Drill];
  if (chance.fraction() < LONG_DRILL_RATE) await hold(stage, drill);
  await nobodyAsks(stage);
  // Only where some rest: the course of all other seeds stays as it was.
  if (stage.cast.weather.limits.watchersMax !== undefined) await hold(stage, SILENCE_DRILL);
}

async function hold(stage: Stage, drill: Drill): Promise<void> {
  const { chance, room } = stage.cast;
  const crew = await gather(stage);
  await stage.advance(chance.fraction() * 1000);
  room.tell(`drill: ${drill.name}`);
  room.count(`drill: ${drill.name}`);
  await drill(stage, crew);
  await stage.rest(`after the drill ${drill.name}`);
}

async function gather(stage: Stage): Promise<Crew> {
  const { room } = stage.cast;
  while (room.members.size < 4) await joinFully(stage);
  await stage.rest('before a drill');
  const writer = [...room.members].find(({ peer }) => peer.role === 'writer') as Member;
  const [one, two, three] = [...room.members].filter((member) => member !== writer) as [Member, Member, Member];
  return { writer, one, two, three };
}

/** One copy, not one from each, and soon. */
async function newcomer(stage: Stage): Promise<void> {
  const { room } = stage.cast;
  // Not the same at all: who can undo a deletion has kept what was deleted.
  const sizes = [...room.members].map((other) => DOCUMENTS.reduce((sum, name) => sum + Y.encodeStateAsUpdate(other.doc(name)).length, 0));
  const copyBytes = Math.max(...sizes);
  const refusedBefore = room.counts.get('frames: refused');
  const member = await joinFully(stage);
  await within(stage, 1000, 'a newcomer in a group at rest is synced', () =>
    [...member.peer.synchronizer.state.documents.values()].every(({ isSynced }) => isSynced),
  );
  await stage.advance(1500);
  // With small limits an answer may have to make room for another, and is fetched anew.
  if (room.counts.get('frames: refused') !== refusedBefore) return;
  const { catchUpBytes } = member.peer.synchronizer.state.counters;
  if (catchUpBytes > copyBytes * 1.5 + 100) room.violated(`a newcomer fetched ${catchUpBytes} bytes of a state of ${copyBytes}`);
}

/** A frame that nobody receives is missed by its number, said once more, and not by the next pulse. */
async function lostLastFrame(stage: Stage, { one }: Crew): Promise<void> {
  await unheard(stage, () => write(one));
  await within(stage, 300, 'a lost last frame is noticed and fetched', () => areEqual(stage));
}

/** Who leaves says its last number: what of it did not arrive is fetched from others. */
async function lastWordsOfOne(stage: Stage, { one }: Crew): Promise<void> {
  await unheard(stage, () => write(one));
  void stage.cast.promises.leave(one);
  await within(stage, 100, 'a follower leaves', () => one.isGone);
  await within(stage, 300, 'what one wrote who left is everywhere', () => areEqual(stage));
}

/** A deletion that some have of a peer that died shows in no number: in the digest alone. */
async function deletionOfTheDead(stage: Stage, { writer, one, two }: Crew): Promise<void> {
  const { story, cast } = stage;
  two.doc('main').getMap('map').set('to be deleted', 1);
  await within(stage, 300, 'a change is everywhere', () => areEqual(stage));
  story.cutOneWay(one, writer);
  one.doc('main').getMap('map').delete('to be deleted');
  await stage.advance(20);
  cast.room.kill(one);
  story.mend();
  await within(stage, 2600, 'a deletion that only some have is found by comparing', () => areEqual(stage));
}

/** Who finds that it has more than the one whom it asked says so. */
async function survivor(stage: Stage, { writer, one, two }: Crew): Promise<void> {
  const { story, cast } = stage;
  for (const member of cast.room.members) {
    if (member === one || member === two) continue;
    story.cut(one, member);
    story.cut(two, member);
  }
  write(two);
  write(writer);
  await stage.advance(20);
  cast.room.kill(two);
  story.mend();
  write(writer);
  await within(stage, 480, 'what a survivor has of a dead peer comes to the writer', () => areEqual(stage, [one, writer]));
}

/** What was held back for want of something else, and is completed by an answer, is more than the answerer has. */
async function completed(stage: Stage, { one, two, three }: Crew): Promise<void> {
  const { story, cast } = stage;
  const entry = (member: Member): unknown => member.doc('main').getMap('map').get('completed');
  const twoSaid = `of ${two.name}`;
  story.cutOneWay(three, one);
  three.doc('main').getMap('map').set('completed', 1);
  await stage.advance(20);
  for (const other of cast.room.members) if (other !== one && other !== two) story.cutOneWay(two, other);
  two.doc('main').getMap('map').set('completed', twoSaid);
  await stage.advance(10);
  cast.room.kill(two);
  story.mend();
  const hasIt = (member: Member): boolean => entry(member) === twoSaid;
  await within(stage, 620, 'what an answer completed is made known', () => [...cast.room.members].filter(hasIt).length > 1);
}

/** What the writer had stored and nobody else had is spread by the next, as soon as it has loaded it. */
async function storedAlone(stage: Stage, { writer }: Crew): Promise<void> {
  const { story, cast } = stage;
  if (![...cast.room.members].some((member) => member.canWrite && member !== writer)) return;
  for (const member of cast.room.members) story.cut(writer, member);
  const key = story.flush(writer);
  await stage.advance(20);
  story.mend();
  cast.room.kill(writer);
  const hasKey = (member: Member): boolean => member.doc('main').getMap('acknowledged').has(key);
  await within(stage, 500, 'what only the store had is spread by the next writer', () => [...cast.room.members].every(hasKey));
}

/** READY says what was published before the subscription arrived. Looked at before a last number is said once more. */
async function lateSubscription(stage: Stage, { one }: Crew): Promise<void> {
  const { network } = stage.cast.room;
  network.subscriptionDelayMs = 120;
  const member = await joinFully(stage);
  for (let times = 0; times < 5; times++) {
    await stage.advance(20);
    write(one);
  }
  await stage.advance(35);
  network.subscriptionDelayMs = 0;
  // Where it fetches the bulk still, that may hold it.
  if (!member.peer.isSynced) return;
  await within(stage, 55, 'what was published before a subscription arrived is fetched', () => areEqual(stage, [member, one]));
}

/** What a newcomer asks first is lost: it asks once more, and nobody stays a stranger to anybody. */
async function lostHello(stage: Stage): Promise<void> {
  const { room } = stage.cast;
  room.network.requestLossRate = 1;
  await joinFully(stage);
  await stage.advance(3);
  room.network.requestLossRate = 0;
  const others = room.members.size - 1;
  await within(stage, 800, 'all know each other though a hello was lost', () =>
    [...room.members].every(({ peer }) => peer.synchronizer.state.links.size === others),
  );
}

/** A frame that fails the checks is fetched anew, and not acknowledged before. */
async function mangled(stage: Stage, { writer, one, two }: Crew): Promise<void> {
  const { story, cast } = stage;
  // With what was mangled under the faults it might be one too many, and its sender muted as it should be.
  if ([...writer.peer.synchronizer.state.links.values()].some(({ rubbish }) => rubbish.count > 0)) await stage.advance(RUBBISH_WINDOW_MS);
  cast.room.mangleNextAt(writer);
  story.flush(one);
  await stage.advance(10);
  write(two);
  await within(stage, 600, 'a flush that needs a frame to come once more resolves', () => one.flushesOpen === 0 && areEqual(stage));
}

/** A writer that has nothing to write looks at its lock all the same. */
async function lockTakenAway(stage: Stage, { writer }: Crew): Promise<void> {
  const { room } = stage.cast;
  const { term } = writer.peer.synchronizer.state.status;
  room.breakLock();
  // It takes the lock again at once where nobody else does: then it leads under another term.
  await within(stage, 2600, 'an idle writer sees that its lock is gone', () => {
    const { state } = writer.peer.candidacy;
    return state.kind !== 'leading' || state.term !== term;
  });
}

/** At rest nobody waits for the disk longer than the disk takes. */
async function quickFlush(stage: Stage, { one, writer }: Crew): Promise<void> {
  stage.story.flush(one);
  stage.story.flush(writer);
  await within(stage, 100, 'flushes at rest resolve', () => one.flushesOpen + writer.flushesOpen === 0);
}

/** What one writes to a document that it has closed and opened again is news to those who had it open all the time, and durable when that is said. */
async function openedAgain(stage: Stage, { one, two }: Crew): Promise<void> {
  const { room } = stage.cast;
  const set = (value: number): void => void one.doc('notes').getMap('map').set('opened again', value);
  for (let value = 1; value <= 3; value++) {
    set(value);
    await stage.advance(5);
  }
  stage.story.flush(one);
  await within(stage, 100, 'a flush at rest resolves', () => one.flushesOpen === 0);
  room.closeDocument(one, 'notes');
  await within(stage, 100, 'a document without anything unsaved is closed', () => !one.peer.documentNames.includes('notes'));
  room.openDocument(one, 'notes');
  await within(stage, 500, 'a document is opened again', () => one.peer.synchronizer.state.documents.get('notes')?.isSynced === true);
  set(4);
  stage.story.flush(one);
  await within(stage, 100, 'a flush after a document was opened again resolves', () => one.flushesOpen === 0);
  await within(stage, 100, 'what was written to it is everywhere', () => two.doc('notes').getMap('map').get('opened again') === 4);
}

/** In a group at rest there are pulses and their echoes, reports of what is in memory only, and nothing else. */
async function nobodyAsks(stage: Stage): Promise<void> {
  const { room } = stage.cast;
  const frames = (): number =>
    [...room.counts].reduce((sum, [name, count]) => (/^frames: (?!pulse|echo|report)/.test(name) ? sum + count : sum), 0);
  // The last numbers are said once more, by the second pulse a status that was lost before is known, and who has left the office
  // closes what it had open for others, and says so.
  await stage.advance(DOCUMENT_LINGER_MS + 2200);
  // What is saved for somebody who died only now is no rest yet: the writer takes it in, and tells.
  if (room.disk.spillCount > 0) {
    await within(stage, SPILL_INTAKE_MS + 1000, 'a spill of somebody who lives is taken in', () => room.disk.spillCount === 0);
    await stage.advance(2200);
  }
  const before = frames();
  const spillsBefore = room.counts.get('spills');
  await stage.advance(2500);
  if (room.counts.get('spills') !== spillsBefore) return;
  if (frames() !== before) room.violated('a group at rest sends more than pulses and reports');
}

const DRILLS: readonly Drill[] = [
  openedAgain,
  newcomer,
  lostLastFrame,
  lastWordsOfOne,
  deletionOfTheDead,
  survivor,
  completed,
  storedAlone,
  lateSubscription,
  lostHello,
  mangled,
  lockTakenAway,
  quickFlush,
  ...SPILL_DRILLS,
  ...NAME_DRILLS,
];

/** What is written meanwhile is published, and reaches nobody. */
async function unheard({ cast: { room } }: Stage, act: () => void): Promise<void> {
  room.network.lossRate = 1;
  act();
  await room.clock.advance(0);
  room.network.lossRate = 0;
}
