/** Drills (see drills.ts) with documents by name: one is cut off while it writes, and closes, or while others delete. */

import { DOCUMENT_FLUSH_MS } from '../../src/documents/leaving-document.js';
import { identify, shelfOf } from '../../src/documents/document-name.js';
import { SPILL_INTAKE_MS } from '../../src/spill/intake.js';
import { CATCH_UP_PAUSE_MS, TAIL_DELAY_MS } from '../../sync/limits.js';
import type { Member } from './member.js';
import { NAMES } from './named-documents.js';
import { within } from './stage.js';
import type { Crew, Drill, Stage } from './stage.js';

const [NAME] = NAMES;

/** What one has written and closed while nobody heard of it is saved when it is closed, and found again when it is dead. */
async function closedCutOff(stage: Stage, { one }: Crew): Promise<void> {
  const { cast, story } = stage;
  const { room, named } = cast;
  const held = await opened(stage, one);
  cutOff(stage, one);
  held.document.transact(() => void held.document.doc.getMap('map').set('closed by', one.name));
  for (const own of named.heldBy(one)) if (own.id === held.id) named.close(own);
  const isClosed = (): boolean => !one.peer.documentNames.includes(held.id);
  await within(stage, 2 * DOCUMENT_FLUSH_MS, 'a document is closed by one who is cut off', isClosed);
  // A writer keeps it open until its own store has it.
  if (!isClosed()) return;
  room.kill(one);
  story.mend();
  const isThere = (): boolean => room.disk.image(held.id)?.getMap('map').get('closed by') === one.name;
  await within(stage, SPILL_INTAKE_MS + 1000, 'what was written to a document that was closed is on the disk', isThere);
}

/** What one writes who has not heard of the deletion is set aside, it is told, and the name means the next document for it too. */
async function lateEdits(stage: Stage, { one, two }: Crew): Promise<void> {
  const { cast, story } = stage;
  const { room, named } = cast;
  const held = await opened(stage, one);
  cutOff(stage, one);
  await stage.advance(20);
  named.delete(two, NAME);
  await within(stage, 300, 'a document is deleted', () => room.disk.image(held.id) === undefined && named.isDeleted(held.id));
  const warnings = (): number => one.peer.warnings.kept.filter(({ code }) => code === 'late-edits-set-aside').length;
  const before = warnings();
  held.document.transact(() => void held.document.doc.getMap('map').set('late', one.name));
  await stage.advance(20);
  story.mend();
  const isTold = (): boolean => held.document.status === 'deleted' && warnings() > before;
  await within(stage, 3000, 'who wrote to a deleted document is told, with a warning', isTold);
  const next = await opened(stage, one);
  if (identify(next.id).generation <= identify(held.id).generation) room.violated(`the name means ${next.id}, and ${held.id} is deleted`);
  if (next.document.doc.getMap('map').has('late')) room.violated(`what was written to ${held.id} came back in ${next.id}`);
}

async function opened(stage: Stage, member: Member) {
  const { named, room } = stage.cast;
  const mine = () => named.heldBy(member).find(({ document }) => document.name === NAME);
  if (mine() === undefined) named.open(member, NAME);
  await within(stage, 500, 'a document is opened by its name', () => mine() !== undefined);
  const held = mine();
  if (held === undefined) throw new Error(`${member.name} could not open ${NAME}`);
  await stage.advance(50);
  // What was just made is known to all before anybody is cut off. Who heard nothing of it, because its subscription came after the news, hears the repetition.
  const isKnown = (): boolean =>
    [...room.members].every(({ peer }) => peer.documents.catalogue.shelf(shelfOf(NAME))?.isMade(held.id) !== false);
  await within(stage, TAIL_DELAY_MS + 2 * CATCH_UP_PAUSE_MS, 'that a document was made is known', isKnown);
  return held;
}

function cutOff({ cast: { room }, story }: Stage, member: Member): void {
  for (const other of room.members) story.cut(member, other);
}

export const NAME_DRILLS: readonly Drill[] = [closedCutOff, lateEdits];
