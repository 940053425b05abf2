/**
 * What talks of an instance, without a network: instances on peers of their own or on one that they share, ephemeral values that
 * arrive when they are delivered, documents that synchronize when they are told to, and a clock that stands still.
 */

import * as Y from 'yjs';

import { newInstanceId } from '../../src/base/ids.js';
import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import type { ConversationHost } from '../../src/talk/conversation-host.js';
import { SharedSignals } from '../../src/base/shared-signals.js';
import type { Talker } from '../../talk/talker.js';
import type { ValueEntry } from '../../talk/values.js';

export interface Actor {
  readonly id: InstanceId;
  readonly peer: PeerId;
  readonly host: ConversationHost;
  readonly doc: Y.Doc;
  readonly warnings: string[];
  close(): void;
}

export class ConversationScene {
  readonly clock = new VirtualClock();
  readonly silent = new Set<PeerId>();
  readonly actors: Actor[] = [];
  /** All that was set or deleted, in order, of all instances. */
  readonly said: ValueEntry[] = [];
  readonly #docs = new Map<PeerId, Y.Doc>();
  readonly #told = new Map<string, ValueEntry>();
  readonly #underway: { readonly name: string; readonly entry: ValueEntry }[] = [];
  readonly #subscribers = new Set<{ readonly name: string; readonly listener: (changes: readonly ValueEntry[]) => void }>();
  readonly #watchers = new Set<() => void>();
  #count = 0;

  /** `with`: shares the peer, and so the document, of another. */
  join({ with: other }: { readonly with?: Actor } = {}): Actor {
    const peer = other?.peer ?? ((++this.#count).toString(16).padStart(16, '0') as PeerId);
    const doc = this.#docs.get(peer) ?? new Y.Doc();
    this.#docs.set(peer, doc);
    const id = newInstanceId(peer, this.actors.length + 1);
    const warnings: string[] = [];
    const endings = new Set<() => void>();
    let isOpen = true;
    const host: ConversationHost = {
      id,
      doc,
      clock: this.clock,
      random: seededRandom(1),
      origin: { id },
      talker: { values: this.#values() } as unknown as Talker,
      signals: new SharedSignals(),
      transact: (change) => doc.transact(change, host.origin),
      instances: () => this.actors.map((actor) => actor.id),
      silentPeers: () => this.silent,
      watchInstances: (listener) => {
        this.#watchers.add(listener);
        return () => void this.#watchers.delete(listener);
      },
      warn: (code, message) => void warnings.push(`${code}: ${message}`),
      assertOpen: () => {
        if (!isOpen) throw Object.assign(new Error('closed'), { code: 'SOCOMM_CLOSED' });
      },
      onClose: (end) => {
        endings.add(end);
        return () => void endings.delete(end);
      },
    };
    const close = (): void => {
      isOpen = false;
      for (const end of endings) end();
      this.leave(actor);
    };
    const actor: Actor = { id, peer, host, doc, warnings, close };
    this.actors.push(actor);
    this.changed();
    return actor;
  }

  /** Gone, whether it closed or was killed: what it said goes with it. */
  leave(actor: Actor): void {
    this.actors.splice(
      this.actors.findIndex(({ id }) => id === actor.id),
      1,
    );
    for (const [place, entry] of this.#told) {
      if (entry.instance !== actor.id) continue;
      this.#told.delete(place);
      this.#underway.push({ name: place.slice(0, place.indexOf('\n')), entry: { ...entry, bytes: undefined } });
    }
    this.changed();
  }

  setSilent(actor: Actor, isSilent: boolean): void {
    if (isSilent) this.silent.add(actor.peer);
    else this.silent.delete(actor.peer);
    this.changed();
  }

  /** Who is there, or silent, has changed. */
  changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** What was set arrives, of each key the latest. */
  deliver(): void {
    const latest = new Map<string, { readonly name: string; readonly entry: ValueEntry }>();
    for (const each of this.#underway.splice(0)) latest.set(`${each.name}\n${each.entry.instance}\n${each.entry.key}`, each);
    for (const { name, entry } of latest.values()) for (const to of [...this.#subscribers]) if (to.name === name) to.listener([entry]);
  }

  /** Documents become equal. */
  synchronize(): void {
    for (const from of this.#docs.values())
      for (const to of this.#docs.values())
        if (from !== to) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), 'remote');
  }

  /** As it would come from elsewhere, whatever it is. */
  tell(name: string, entry: ValueEntry): void {
    this.#underway.push({ name, entry });
  }

  #values() {
    const put = (name: string, entry: ValueEntry): void => {
      const place = `${name}\n${entry.instance}\n${entry.key}`;
      if (entry.bytes === undefined) this.#told.delete(place);
      else this.#told.set(place, entry);
      this.said.push(entry);
      this.#underway.push({ name, entry });
    };
    return {
      set: (instance: InstanceId, name: string, { key, codec, bytes }: Omit<ValueEntry, 'instance'>) =>
        put(name, { instance, key, codec, bytes }),
      delete: (instance: InstanceId, name: string, key: string) => put(name, { instance, key, codec: '', bytes: undefined }),
      entries: (name: string) => [...this.#told].filter(([place]) => place.startsWith(`${name}\n`)).map(([, entry]) => entry),
      subscribe: (name: string, listener: (changes: readonly ValueEntry[]) => void) => {
        const subscriber = { name, listener };
        this.#subscribers.add(subscriber);
        return { ready: Promise.resolve(), end: () => void this.#subscribers.delete(subscriber) };
      },
    };
  }
}
