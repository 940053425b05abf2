/**
 * What was promised by `flush()` and by an orderly end, and whether it was kept: each promise is looked for on the disk
 * in the moment in which it is given, and at every member and on the disk at the end. What was spilled is promised, too, but only
 * for the time when a writer has taken it in.
 */

import * as Y from 'yjs';
import { decodeBundle } from '../../storage/bundle.js';
import { canonical, lackOf, rangesOf } from './floor.js';
import type { Floor } from './floor.js';
import type { MachineRoom } from './machine-room.js';
import type { Member } from './member.js';

/** An entry of a map that nobody touches any more: what it must be, from now on and for good. */
export interface FinalEntry {
  readonly map: 'acknowledged' | 'causal';
  readonly key: string;
  /** undefined: deleted. */
  readonly value: unknown;
}

/** An entry that nobody ever deletes, and that is overwritten with growing numbers only: it must be this one, or a later one. */
export interface KeptEntry {
  readonly map: 'kept';
  readonly key: string;
  readonly value: number;
}

export type Entry = FinalEntry | KeptEntry;

interface Promised {
  readonly member: Member;
  readonly serial: number;
  readonly floors: ReadonlyMap<string, Floor>;
  readonly atMs: number;
}

interface Spilled {
  readonly clients: Map<number, number>;
  readonly deleted: ReturnType<typeof Y.mergeDeleteSets>;
}

export class Promises {
  readonly #room: MachineRoom;
  readonly #entries: Entry[] = [];
  /** Per member the furthest: a later one includes the earlier. */
  readonly #furthest = new Map<Member, Promised>();
  readonly #all: Promised[] = [];
  /** All that was ever spilled, by document. */
  readonly #spilled = new Map<string, Spilled>();
  #serial = 0;

  constructor(room: MachineRoom) {
    this.#room = room;
  }

  get count(): number {
    return this.#all.length;
  }

  /** What the member has written so far, and these entries in it, is to be durable when its flush resolves. */
  flush(member: Member, ...entries: readonly Entry[]): void {
    const promised = this.#prepare(member);
    member.flushesOpen++;
    member.instance.flush().then(
      () => {
        member.flushesOpen--;
        this.#give(promised, entries);
      },
      // Its member was killed or closed first, or nobody here may write: nothing was promised.
      () => void member.flushesOpen--,
    );
  }

  /** Who leaves in order saves what it wrote, in the store or beside it, or says that it could not. */
  leave(member: Member): Promise<void> {
    const promised = this.#prepare(member);
    return this.#room.leave(member).then(
      (outcome) => {
        this.#room.count(`left: ${outcome}`);
        if (outcome === 'stored') this.#give(promised, []);
        if (outcome === 'spilled') this.#give(promised, [], { isSpilled: true });
      },
      (error: unknown) => this.#room.tell(`${member.name} could not leave in order: ${String(error)}`),
    );
  }

  /** A process that exits saves what it wrote at once. */
  exit(member: Member): void {
    const promised = this.#prepare(member);
    this.#room.exit(member);
    this.#give(promised, [], { isSpilled: true });
  }

  /** What is in a spill that was written is found again. */
  spill(bytes: Uint8Array): void {
    const bundle = decodeBundle(bytes);
    if (!bundle.ok) return this.#room.violated(`a spill does not verify: ${bundle.reason}`);
    for (const { name, bytes: update } of bundle.value.documents) {
      const { structs, ds } = Y.decodeUpdate(update);
      const found: Spilled = this.#spilled.get(name) ?? { clients: new Map(), deleted: ds };
      for (const { id, length } of structs) found.clients.set(id.client, Math.max(id.clock + length, found.clients.get(id.client) ?? 0));
      this.#spilled.set(name, { ...found, deleted: Y.mergeDeleteSets([found.deleted, ds]) });
    }
  }

  #prepare(member: Member): Promised {
    return { member, serial: ++this.#serial, floors: member.writtenFloors(), atMs: this.#room.clock.now() };
  }

  #give(promised: Promised, entries: readonly Entry[], { isSpilled = false } = {}): void {
    const { member, floors, serial } = promised;
    if ((this.#furthest.get(member)?.serial ?? 0) < serial) this.#furthest.set(member, promised);
    // It is kept at the end, and nowhere to be seen before that.
    if (isSpilled) return;
    for (const [name, floor] of floors) {
      const image = this.#room.disk.image(name);
      const lack = image === undefined ? emptyLack(floor) : lackOf(image, floor);
      if (lack !== undefined) this.#room.violated(`acknowledged to ${member.name} and not on the disk: of ${name} ${lack}`);
    }
    this.#all.push({ ...promised, atMs: this.#room.clock.now() });
    this.#entries.push(...entries);
  }

  /** What of all promises a replica lacks, by items and by what people see. */
  lackOf(doc: (name: string) => Y.Doc | undefined): string | undefined {
    for (const { floors } of this.#furthest.values()) {
      const lack = lackIn(doc, floors);
      if (lack !== undefined) return lack;
    }
    for (const [name, { clients, deleted }] of this.#spilled) {
      const lack = lackIn(doc, new Map([[name, { clients, deleted: rangesOf(deleted) }]]));
      if (lack !== undefined) return `${lack}, which was spilled`;
    }
    const main = doc('main');
    const maps = { acknowledged: jsonOf(main, 'acknowledged'), causal: jsonOf(main, 'causal'), kept: jsonOf(main, 'kept') };
    for (const entry of this.#entries) {
      const found = maps[entry.map][entry.key];
      if (!isKept(entry, found)) return `${entry.map}.${entry.key} is ${canonical(found)}, was acknowledged as ${canonical(entry.value)}`;
    }
    return undefined;
  }

  /** What a replica lacks of what was promised before a moment. */
  lackOfEarlier(doc: (name: string) => Y.Doc | undefined, beforeMs: number): string | undefined {
    const last = new Map<Member, Promised>();
    for (const promised of this.#all) if (promised.atMs < beforeMs) last.set(promised.member, promised);
    for (const { floors } of last.values()) {
      const lack = lackIn(doc, floors);
      if (lack !== undefined) return lack;
    }
    return undefined;
  }
}

function isKept({ map, value }: Entry, found: unknown): boolean {
  if (map === 'kept') return typeof found === 'number' && found >= value;
  return canonical(found) === canonical(value);
}

function jsonOf(doc: Y.Doc | undefined, map: string): Record<string, unknown> {
  return doc?.getMap(map).toJSON() ?? {};
}

function lackIn(doc: (name: string) => Y.Doc | undefined, floors: ReadonlyMap<string, Floor>): string | undefined {
  for (const [name, floor] of floors) {
    const found = doc(name);
    if (found === undefined) continue;
    const lack = lackOf(found, floor);
    if (lack !== undefined) return `of ${name} ${lack}`;
  }
  return undefined;
}

function emptyLack({ clients, deleted }: Floor): string | undefined {
  return [...clients.values()].some((clock) => clock > 0) || deleted.length > 0 ? 'everything' : undefined;
}
