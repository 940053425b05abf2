/**
 * Documents by name, as applications use them: opened, written, closed, deleted and made anew, by everybody and at any moment. And
 * what must hold of them: what is deleted stays so, all who hold a document hold the same one, and what a peer has closed is durable or saved.
 */

import type * as Y from 'yjs';
import type { Random } from '../../src/base/random.js';
import { isSocommError } from '../../src/base/errors.js';
import { identify, shelfOf, storedId } from '../../src/documents/document-name.js';
import type { OpenDocument } from '../../src/documents/open-document.js';
import { lackOf, rangesOf } from './floor.js';
import type { DeletedRange, Floor } from './floor.js';
import { isPlanned } from './listeners.js';
import type { MachineRoom } from './machine-room.js';
import type { Member } from './member.js';

export const NAMES = ['song', 'kit'] as const;

/** What happens to them, relative to each other. */
const OPEN = 5;
const WRITE = 9;
const FLUSH = 1.5;
const CLOSE = 4;
const DELETE = 1.5;

interface Held {
  readonly member: Member;
  readonly id: string;
  readonly document: OpenDocument;
}

/** What a peer wrote to a document that it has open. */
interface Written {
  readonly doc: Y.Doc;
  readonly clients: Set<number>;
  readonly deleted: DeletedRange[];
}

export class NamedDocuments {
  readonly #room: MachineRoom;
  readonly #chance: Random;
  #held: Held[] = [];
  readonly #waiting = new Map<Member, number>();
  readonly #written = new Map<Member, Map<string, Written>>();
  /** Deletions that have not been said to be durable, each under the name of its document; those that failed, or whose peer was killed, stay. */
  readonly #deleting = new Set<symbol>();
  /** Of documents that a peer has closed, by id: durable, or saved where the next writer finds it. */
  readonly #closed = new Map<string, Floor[]>();
  #count = 0;

  constructor(room: MachineRoom, chance: Random) {
    this.#room = room;
    this.#chance = chance;
  }

  /** One thing happens. */
  goOn(member: Member): void {
    const own = this.heldBy(member);
    const held = own[Math.floor(this.#chance.fraction() * own.length)];
    const name = this.#chance.fraction() < 0.7 ? NAMES[0] : NAMES[1];
    const lot = this.#chance.fraction() * (OPEN + WRITE + FLUSH + CLOSE + DELETE);
    if (held === undefined || lot < OPEN) this.open(member, name);
    else if (lot < OPEN + WRITE) this.write(held);
    else if (lot < OPEN + WRITE + FLUSH) this.#flush(held);
    else if (lot < OPEN + WRITE + FLUSH + CLOSE) this.close(held);
    else this.delete(member, name);
  }

  heldBy(member: Member): readonly Held[] {
    this.#held = this.#held.filter(({ document }) => document.status === 'open');
    return this.#held.filter((held) => held.member === member);
  }

  open(member: Member, name: string): void {
    this.#during(member, `open ${name}`, async () => {
      const document = await member.instance.document(name);
      const id = member.peer.documentNames.find((each) => member.peer.replica(each).doc === document.doc);
      if (id === undefined || !this.#room.members.has(member)) return;
      this.#room.tell(`${member.name} has ${id} open`);
      this.#held.push({ member, id, document });
      this.#follow(member, id, document.doc);
    });
  }

  write({ member, document }: Held): void {
    const map = document.doc.getMap('map');
    const key = `n${Math.floor(this.#chance.fraction() * 8)}`;
    const isDeletion = this.#chance.fraction() < 0.15;
    this.#room.count('named: written');
    try {
      document.transact(() => (isDeletion ? map.delete(key) : void map.set(key, `${member.name} ${++this.#count}`)));
    } catch (error) {
      if (!isPlanned(error)) throw error;
    }
  }

  close({ member, id, document }: Held): void {
    this.#during(member, `close ${id}`, () => document.close());
  }

  delete(member: Member, name: string): void {
    this.#during(member, `delete ${name}`, async () => {
      const [mine, before] = [Symbol(name), deletedAsFarAsKnown(member, name)];
      this.#deleting.add(mine);
      await member.instance.deleteDocument(name);
      this.#deleting.delete(mine);
      // What somebody else deletes meanwhile is that call's promise.
      const isAlone = [...this.#deleting].every(({ description }) => description !== name);
      const stored = this.#deletedOnDisk(name);
      const lack = (isAlone ? deletedAsFarAsKnown(member, name) : before).find((id) => !stored.has(id));
      if (lack !== undefined) this.#room.violated(`${member.name} was told that ${lack} is deleted, and the disk does not say so`);
    });
  }

  #flush({ member, id, document }: Held): void {
    const written = this.#written.get(member)?.get(id);
    const floor = written && floorOfOwn(written);
    this.#during(member, `flush ${id}`, async () => {
      await document.flush();
      const image = this.#room.disk.image(id);
      const lack = floor === undefined || this.isDeleted(id) ? undefined : lackIn(image, floor);
      if (lack !== undefined) this.#room.violated(`acknowledged to ${member.name} and not on the disk: of ${id} ${lack}`);
    });
  }

  /** To be called at each step: what a peer has closed must not be lost from then on. */
  look(members: Iterable<Member> = this.#room.members): void {
    for (const member of members) {
      const own = this.#written.get(member) ?? new Map<string, Written>();
      for (const [id, written] of own) {
        if (member.peer.documentNames.includes(id) && member.peer.replica(id).doc === written.doc) continue;
        own.delete(id);
        if (this.isDeleted(id)) continue;
        this.#closed.set(id, [...(this.#closed.get(id) ?? []), floorOfOwn(written)]);
        this.#room.count('named: closed for good');
      }
    }
  }

  /** Killed, or on its way out: what it had open is the business of other promises. */
  ended(member: Member): void {
    this.look([member]);
    this.#written.delete(member);
    this.#waiting.delete(member);
    this.#held = this.#held.filter((held) => held.member !== member);
  }

  /** As far as anybody knows, or the disk. */
  isDeleted(id: string): boolean {
    const { kind, name } = identify(id);
    if (kind !== 'stored') return false;
    if (this.#deletedOnDisk(name).has(id)) return true;
    return [...this.#room.members].some(({ peer }) => peer.documents.catalogue.isDeleted(id));
  }

  /** Nobody waits for anything, and of what is deleted nothing is left. */
  isAtRest(): boolean {
    return [...this.#waiting.values()].every((count) => count === 0) && this.#leftOver() === undefined;
  }

  describe(): string {
    const waiting = [...this.#waiting].filter(([, count]) => count > 0).map(([{ name }, count]) => `${name} waits for ${count}`);
    const leftOver = this.#leftOver();
    return `  named documents: ${[...waiting, ...(leftOver === undefined ? [] : [`${leftOver} is deleted and still there`])].join(', ')}`;
  }

  atQuiet(when: string): void {
    this.look();
    for (const name of NAMES) {
      const current = storedId(name, 1 + Math.max(0, ...[...this.#deletedOnDisk(name)].map((id) => identify(id).generation)));
      for (const { member, id, document } of this.#held)
        if (document.status === 'open' && document.name === name && id !== current)
          this.#room.violated(`${when}: ${member.name} has ${id} open, and the name means ${current}`);
    }
    for (const [id, floors] of this.#closed) {
      if (this.isDeleted(id)) continue;
      const image = this.#room.disk.image(id);
      const lack = floors.map((floor) => lackIn(image, floor)).find((each) => each !== undefined);
      if (lack !== undefined) this.#room.violated(`${when}: closed, and not on the disk: of ${id} ${lack}`);
    }
  }

  /** A deleted document that is on the disk, or open somewhere. */
  #leftOver(): string | undefined {
    const deleted = NAMES.flatMap((name) => [...this.#deletedOnDisk(name)]);
    return deleted.find(
      (id) => this.#room.disk.image(id) !== undefined || [...this.#room.members].some(({ peer }) => peer.documentNames.includes(id)),
    );
  }

  #deletedOnDisk(name: string): ReadonlySet<string> {
    const deleted = this.#room.disk.image(shelfOf(name))?.getMap('deleted').keys() ?? [];
    return new Set([...deleted].filter((id) => identify(id).name === name));
  }

  #follow(member: Member, id: string, doc: Y.Doc): void {
    const own = this.#written.get(member) ?? new Map<string, Written>();
    this.#written.set(member, own);
    if (own.get(id)?.doc === doc) return;
    const written: Written = { doc, clients: new Set(), deleted: [] };
    own.set(id, written);
    doc.on('afterTransaction', ({ local, deleteSet }: Y.Transaction) => {
      if (!local) return;
      written.clients.add(doc.clientID);
      written.deleted.push(...rangesOf(deleteSet));
    });
  }

  #during(member: Member, what: string, work: () => Promise<unknown>): void {
    this.#room.tell(`${member.name}: ${what}`);
    this.#room.count(`named: ${what.split(' ')[0] ?? ''}`);
    this.#waiting.set(member, (this.#waiting.get(member) ?? 0) + 1);
    const settled = work().catch((error: unknown) => {
      this.#room.tell(`${member.name}: ${what} failed: ${String(error)}`);
      // A group that nobody writes for says so; anything else is a bug.
      if (!isSocommError(error) && !isPlanned(error)) this.#room.violated(`${member.name} could not ${what}: ${String(error)}`);
    });
    void settled.then(() => {
      const count = this.#waiting.get(member);
      if (count !== undefined) this.#waiting.set(member, count - 1);
    });
  }
}

function deletedAsFarAsKnown({ peer }: Member, name: string): readonly string[] {
  const ids = peer.documents.catalogue.shelf(shelfOf(name))?.deletedIds ?? [];
  return ids.filter((id) => identify(id).name === name);
}

function floorOfOwn({ doc: { store }, clients, deleted }: Written): Floor {
  const clockOf = (client: number): number => {
    const last = store.clients.get(client)?.at(-1);
    return last === undefined ? 0 : last.id.clock + last.length;
  };
  return { clients: new Map([...clients].map((client) => [client, clockOf(client)])), deleted: [...deleted] };
}

function lackIn(doc: Y.Doc | undefined, floor: Floor): string | undefined {
  if (doc !== undefined) return lackOf(doc, floor);
  return [...floor.clients.values()].some((clock) => clock > 0) || floor.deleted.length > 0 ? 'everything' : undefined;
}
