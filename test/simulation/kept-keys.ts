/**
 * Keys that nobody ever deletes, each set to a growing number: a few that all overwrite, and one of each member that it alone does.
 * Once acknowledged, such a key is there for good, with this number or a later one: no half of an update may take it away.
 */

import type { Random } from '../../src/base/random.js';
import type { Member } from './member.js';
import type { KeptEntry } from './promises.js';

const SHARED_KEYS = ['k1', 'k2', 'k3'] as const;

export class KeptKeys {
  readonly #chance: Random;
  #count = 0;
  /** The shared keys that a replica has set itself, by its document. */
  readonly #setBy = new WeakMap<object, Set<string>>();

  constructor(chance: Random) {
    this.#chance = chance;
  }

  /** The key of its own, one of all, or both: in one transaction or in two, its own behind what it builds on others. */
  overwrite(member: Member): void {
    const doc = member.doc('main');
    const lot = this.#chance.fraction();
    if (lot < 0.25) this.#setShared(member);
    else if (lot < 0.5) this.setOwn(member);
    else if (lot < 0.75) doc.transact(() => this.#setBoth(member));
    else this.#setBoth(member);
  }

  /**
   * What is true of these keys for good once it has been acknowledged. Of the shared ones those that this replica has set itself: one that another
   * has just made, and that is merely seen here, need not have come to the writer, and what is written here does not build on it.
   */
  promise(member: Member, write: (change: () => void) => void): readonly KeptEntry[] {
    write(() => this.setOwn(member));
    const own = { map: 'kept', key: ownKeyOf(member), value: this.#count } as const;
    const shared = [...(this.#setBy.get(member.doc('main')) ?? [])];
    return [own, ...shared.map((key) => ({ map: 'kept', key, value: 0 }) as const)];
  }

  #setBoth(member: Member): void {
    this.#setShared(member);
    this.setOwn(member);
  }

  #setShared(member: Member): void {
    const key = SHARED_KEYS[Math.floor(this.#chance.fraction() * SHARED_KEYS.length)] as string;
    const doc = member.doc('main');
    doc.getMap('kept').set(key, ++this.#count);
    this.#setBy.set(doc, (this.#setBy.get(doc) ?? new Set()).add(key));
  }

  setOwn(member: Member): void {
    member
      .doc('main')
      .getMap('kept')
      .set(ownKeyOf(member), ++this.#count);
  }
}

function ownKeyOf({ name }: Member): string {
  return `of ${name}`;
}
