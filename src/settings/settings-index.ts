/**
 * Which entry of a settings map counts for each key, kept up to date while the array changes; one for all instances that share a
 * document. The idea of a map over a list of entries is YKeyValue's, of y-utility (https://github.com/yjs/y-utility).
 *
 *   set      the new entry, and the end of the one that it replaces, are one transaction, which undo takes back as a whole
 *   rivals   two replicas that set a key at once leave two entries: the one with the higher client id counts, everywhere
 *   clearing away is for who writes next, right after its own transaction and under an origin that nobody undoes. Who only reads
 *            never writes, so ten replicas that see two rivals do not send ten deletions, and clearing is of entries that count
 *            nowhere: whoever does it, and however often, all come to the same
 *   undo     brings an old entry back; where others have set the key since, theirs stays, as in a `Y.Map`
 */

import type { Y } from '../replica/replica.js';
import { deepFrozen, frozenMap } from '../talk/frozen.js';
import { EntryList } from './entry-list.js';
import type { Entry } from './entry-list.js';

export interface SettingsChange<Value> {
  readonly action: 'add' | 'update' | 'delete';
  /** Undefined where it was not there before. */
  readonly oldValue: Value | undefined;
  /** Undefined where it is gone. */
  readonly newValue: Value | undefined;
}

export interface SettingsEvent<Value> {
  /** What one transaction has changed, as a `Y.YMapEvent` tells it. */
  readonly keys: ReadonlyMap<string, SettingsChange<Value>>;
  readonly transaction: Y.Transaction;
}

type Listener = (event: SettingsEvent<unknown>) => void;

/** The origin of clearing away. */
const CLEARING = Symbol('socomm: entries of settings that count no more');

export class SettingsIndex {
  readonly #list: EntryList;
  readonly #doc: Y.Doc;
  readonly #counting = new Map<string, Entry>();
  /** Entries of the same key that live and do not count. */
  readonly #rivals = new Map<string, Entry[]>();
  /** To be cleared away after the transaction that is going on. */
  readonly #doomed: Entry[] = [];
  /** What counted when the listeners were told last, of the keys that were touched since. */
  readonly #before = new Map<string, Entry | undefined>();
  readonly #listeners = new Set<Listener>();
  #snapshot: ReadonlyMap<string, unknown> | undefined;

  constructor(doc: Y.Doc, root: string) {
    this.#doc = doc;
    this.#list = new EntryList(doc.getArray(root));
    for (const entry of this.#list.entries()) this.#add(entry);
    this.#before.clear();
    // Before any observer is called, so that all of them read what is so; and ours tell when others do.
    doc.on('beforeObserverCalls', (transaction) => this.#follow(transaction));
    this.type.observe((_, transaction) => this.#conclude(transaction));
  }

  get type(): Y.Array<unknown> {
    return this.#list.type;
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.#counting;
  }

  /** The very same until something changes. */
  get snapshot(): ReadonlyMap<string, unknown> {
    this.#snapshot ??= frozenMap(new Map([...this.#counting].map(([key, { value }]) => [key, value])));
    return this.#snapshot;
  }

  /** Within a transaction. */
  set(key: string, value: unknown): void {
    const transaction = this.#transaction();
    this.#take(transaction, key);
    const entry = this.#list.append(transaction, key, value);
    this.#counting.set(key, entry);
  }

  /** Within a transaction. Returns whether it was there. */
  delete(key: string): boolean {
    return this.#take(this.#transaction(), key);
  }

  /** Returns what ends it. */
  observe(listener: Listener): () => void {
    // A function of its own: one listener may observe twice.
    const own: Listener = (event) => listener(event);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** The entry that counts goes now; its rivals, and all others while we are at it, right after: they are not for undo to bring back. */
  #take(transaction: Y.Transaction, key: string): boolean {
    const entry = this.#counting.get(key);
    this.#doomed.push(...[...this.#rivals.values()].flat());
    this.#rivals.clear();
    this.#touch(key);
    if (entry === undefined) return false;
    this.#counting.delete(key);
    this.#list.remove(transaction, entry);
    return true;
  }

  /** What was done otherwise than by `set` and `delete`: by other replicas, by undo, by who restores a checkpoint. */
  #follow(transaction: Y.Transaction): void {
    if (!transaction.changed.has(this.type as Y.AbstractType<Y.YEvent<Y.Array<unknown>>>)) return;
    for (const entry of this.#list.deleted(transaction)) this.#remove(entry);
    const added = [...this.#list.added(transaction)].filter(({ entry }) => !this.#isKnown(entry));
    // What undo brings back comes too late where others have set the key meanwhile. Looked at before any is added: not among themselves.
    const late = new Set(added.filter(({ entry, isBroughtBack }) => isBroughtBack && this.#counting.has(entry.key)));
    for (const each of added) {
      if (late.has(each)) this.#doomed.push(each.entry);
      else this.#add(each.entry);
    }
  }

  #conclude(transaction: Y.Transaction): void {
    const doomed = this.#doomed.splice(0);
    if (doomed.length > 0) this.#doc.transact((next) => doomed.forEach((entry) => this.#list.remove(next, entry)), CLEARING);
    const keys = new Map<string, SettingsChange<unknown>>();
    for (const [key, before] of this.#before) {
      const after = this.#counting.get(key);
      if (after !== before) keys.set(key, changeOf(before, after));
    }
    this.#before.clear();
    if (keys.size > 0) this.#tell({ keys, transaction });
  }

  /** As with Yjs's own observers: all are called, whatever one of them throws, and it is thrown on to who looks after that. */
  #tell(event: SettingsEvent<unknown>): void {
    const thrown: unknown[] = [];
    for (const listener of [...this.#listeners]) {
      try {
        if (this.#listeners.has(listener)) listener(event);
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0) throw thrown[0];
  }

  #add(entry: Entry): void {
    const standing = this.#counting.get(entry.key);
    if (standing !== undefined && !countsBefore(entry, standing)) {
      this.#addRival(entry);
      return;
    }
    this.#touch(entry.key);
    if (standing !== undefined) this.#addRival(standing);
    deepFrozen(entry.value);
    this.#counting.set(entry.key, entry);
  }

  #addRival(entry: Entry): void {
    this.#rivals.set(entry.key, [...(this.#rivals.get(entry.key) ?? []), entry]);
  }

  #remove(entry: Entry): void {
    const rivals = this.#rivals.get(entry.key)?.filter((rival) => !isSame(rival, entry)) ?? [];
    const standing = this.#counting.get(entry.key);
    const isStanding = standing !== undefined && isSame(standing, entry);
    if (isStanding) {
      this.#touch(entry.key);
      this.#counting.delete(entry.key);
    }
    this.#rivals.delete(entry.key);
    if (!isStanding && rivals.length > 0) this.#rivals.set(entry.key, rivals);
    if (isStanding) for (const rival of rivals) this.#add(rival);
  }

  #isKnown(entry: Entry): boolean {
    const standing = this.#counting.get(entry.key);
    if (standing !== undefined && isSame(standing, entry)) return true;
    return this.#rivals.get(entry.key)?.some((rival) => isSame(rival, entry)) === true;
  }

  #touch(key: string): void {
    this.#snapshot = undefined;
    if (!this.#before.has(key)) this.#before.set(key, this.#counting.get(key));
  }

  #transaction(): Y.Transaction {
    const { _transaction: transaction } = this.#doc;
    if (transaction === null) throw new TypeError('settings are set and deleted within a transaction');
    return transaction;
  }
}

function changeOf(before: Entry | undefined, after: Entry | undefined): SettingsChange<unknown> {
  const action = before === undefined ? 'add' : after === undefined ? 'delete' : 'update';
  return { action, oldValue: before?.value, newValue: after?.value };
}

function isSame(one: Entry, other: Entry): boolean {
  return one.client === other.client && one.clock === other.clock;
}

/** Of entries that were made without knowledge of each other, the same one everywhere; of one replica's, the later one. */
function countsBefore(one: Entry, other: Entry): boolean {
  return one.client === other.client ? one.clock > other.clock : one.client > other.client;
}
