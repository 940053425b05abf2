/** Where drills are held: a group at rest on a network without faults, and how long something may take there. */

import * as Y from 'yjs';
import type { Member } from './member.js';
import { DOCUMENTS } from './operations.js';
import type { Cast, Story } from './story.js';

export interface Stage {
  readonly story: Story;
  readonly cast: Cast;
  /** Turns the clock by steps, with all checkers looking on. */
  readonly advance: (ms: number) => Promise<void>;
  /** Until all is quiet again. */
  readonly rest: (when: string) => Promise<void>;
}

export type Drill = (stage: Stage, crew: Crew) => Promise<void>;

/** The writer, and three who follow it. */
export interface Crew {
  readonly writer: Member;
  readonly one: Member;
  readonly two: Member;
  readonly three: Member;
}

/** With every document open. */
export async function joinFully({ cast: { room } }: Stage): Promise<Member> {
  const member = await room.join();
  for (const name of DOCUMENTS) room.openDocument(member, name);
  return member;
}

export function write(member: Member): void {
  const map = member.doc('main').getMap<number>('map');
  map.set('drill', (map.get('drill') ?? 0) + 1);
}

export async function within({ cast: { room }, advance }: Stage, limitMs: number, what: string, isSo: () => boolean): Promise<void> {
  const startsAt = room.clock.now();
  while (!isSo() && room.clock.now() - startsAt < limitMs) await advance(5);
  const tookMs = room.clock.now() - startsAt;
  room.most(`longest until ${what}, ms`, tookMs);
  if (!isSo()) room.violated(`not within ${limitMs} ms: ${what}`);
}

/** By the documents themselves: digests are part of what is under test. State vectors first, which cost less. */
export function areEqual({ cast: { room } }: Stage, members: Iterable<Member> = room.members): boolean {
  const all = [...members];
  const isSame = (encode: (doc: Y.Doc) => Uint8Array, name: string): boolean => {
    const [first = new Uint8Array(), ...others] = all.map((member) => encode(member.doc(name)));
    return others.every((other) => Buffer.compare(first, other) === 0);
  };
  return (
    DOCUMENTS.every((name) => isSame(Y.encodeStateVector, name)) &&
    DOCUMENTS.every((name) => isSame((doc) => Y.encodeSnapshot(Y.snapshot(doc)), name))
  );
}
