/**
 * A participant of the mesh: one transport, one roster entry, one replica of each open document, one candidacy.
 * It wires the machines together (agreement, election, writing) and owns nothing of their rules.
 * Instances of one loaded copy share it; the last one to close ends it.
 */

import type { Damage, Store } from '../storage/store.js';
import type { Discovery } from '../sync/discovery.js';
import type { WriterRef } from '../sync/engine-io.js';
import { vectorOf } from '../sync/engine-state.js';
import { MAIN } from '../sync/membership.js';
import { Synchronizer } from '../sync/synchronizer.js';
import type { ApplyOutcome } from '../sync/synchronizer.js';
import type { PeerAddress, Transport } from '../sync/transport.js';
import { PROTOCOL_MAX, PROTOCOL_MIN } from '../sync/wire/frame.js';
import type { Vector } from '../sync/wire/frame.js';
import type { Clock } from './base/clock.js';
import { SocommError, assert, describe, isSocommError } from './base/errors.js';
import { Emitter } from './base/emitter.js';
import { newInstanceId, newPeerId } from './base/ids.js';
import type { InstanceId, PeerId } from './base/ids.js';
import type { Log } from './base/log.js';
import type { Random } from './base/random.js';
import { Candidate } from './election/candidate.js';
import type { InstanceEvents, Warning } from './events.js';
import { Replica } from './replica.js';
import { PACKAGE_VERSION } from './version.js';
import { Writer } from './writer.js';
import type { WrittenDocument } from './writer.js';

export interface PeerOptions {
  readonly group: string;
  readonly canWrite: boolean;
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pid: number;
}

export class Peer {
  readonly id: PeerId;
  readonly options: PeerOptions;
  readonly events: Emitter<InstanceEvents>;
  readonly warnings: Warning[] = [];
  readonly #replicas = new Map<string, Replica>();
  readonly #instances = new Set<InstanceId>();
  readonly #candidate: Candidate;
  #synchronizer: Synchronizer | undefined;
  #address: PeerAddress | undefined;
  #writer: Writer | undefined;
  #status: 'open' | 'closing' | 'closed' = 'open';
  #instanceCount = 0;
  #isSynced = false;
  #takeoverFailure: unknown;
  #closing: Promise<void> | undefined;
  #cancelPoll: () => void = () => undefined;
  /** Called whenever something changes that a wait may depend on. */
  readonly #watchers = new Set<() => void>();
  /** Whose frames are being applied at this moment: names the origin in the store's record. */
  #applying: PeerId | undefined;

  constructor(options: PeerOptions) {
    this.options = options;
    this.id = newPeerId(options.random);
    this.events = new Emitter((error, event) => this.warn('listener-threw', `a listener of '${event}' threw: ${describe(error)}`));
    this.#candidate = new Candidate({
      canWrite: options.canWrite,
      clock: options.clock,
      random: options.random,
      tryLock: () => this.#tryLock(),
      takeOver: () => this.#takeOver(),
      stepDown: (how) => this.#stepDown(how),
      lead: (term) => this.#lead(term),
      takeoverFailed: (error) => this.#onTakeoverFailed(error),
      stepDownFailed: (error) => this.warn('step-down-failed', describe(error)),
    });
  }

  /** Binds, becomes findable, stands for election, says hello. Where it fails, everything is released. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { transport, discovery, canWrite, pid, clock, log } = this.options;
    // Nobody knows our address before `announce`, so nothing arrives before the synchronizer is there.
    const listener = () => this.synchronizer.listener;
    const address = await transport.open(this.id, {
      published: (frame) => listener().published(frame),
      requested: (from, frame) => listener().requested(from, frame),
      responded: (from, frame) => listener().responded(from, frame),
      subscribed: (key) => listener().subscribed(key),
      disconnected: (peer) => listener().disconnected(peer),
      dropped: (reason, detail) => listener().dropped(reason, detail),
    });
    this.#address = address;
    const packageVersion = PACKAGE_VERSION;
    const host = this.#host();
    this.#synchronizer = new Synchronizer({ transport, discovery, clock, log, host, address, canWrite, pid, packageVersion });
    this.#openDocument(MAIN);
    await discovery.announce({ ...address, pid, packageVersion, protocolMin: PROTOCOL_MIN, protocolMax: PROTOCOL_MAX, canWrite });
    this.#candidate.feed({ kind: 'started' });
    await this.synchronizer.meet();
    this.#pollRoster();
  }

  get synchronizer(): Synchronizer {
    assert(this.#synchronizer !== undefined, 'a peer is used after it was opened');
    return this.#synchronizer;
  }

  get status(): 'open' | 'closing' | 'closed' {
    return this.#status;
  }

  get role(): 'writer' | 'follower' {
    return this.synchronizer.state.writer?.id === this.id ? 'writer' : 'follower';
  }

  get writer(): WriterRef | undefined {
    return this.synchronizer.state.writer;
  }

  /** This peer's pen, while it leads. */
  get pen(): Writer | undefined {
    return this.#candidate.state.kind === 'leading' ? this.#writer : undefined;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Where this peer's candidacy stands, for tools. */
  get election(): string {
    return this.#candidate.state.kind;
  }

  get isTakingOver(): boolean {
    return this.#candidate.state.kind === 'taking-over';
  }

  /** Why the last takeover of this peer failed, until one succeeds. */
  get takeoverFailure(): unknown {
    return this.#takeoverFailure;
  }

  replica(document: string): Replica {
    const replica = this.#replicas.get(document);
    assert(replica !== undefined, `document ${document} is open`);
    return replica;
  }

  get documentNames(): readonly string[] {
    return [...this.#replicas.keys()];
  }

  /** Calls `watcher` after each change that a wait may depend on; returns what ends that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  attach(): InstanceId {
    const id = newInstanceId(this.id, ++this.#instanceCount);
    this.#instances.add(id);
    this.synchronizer.setInstances([...this.#instances]);
    return id;
  }

  /** True when that was the last one. */
  detach(id: InstanceId): boolean {
    this.#instances.delete(id);
    if (this.#status === 'open') this.synchronizer.setInstances([...this.#instances]);
    return this.#instances.size === 0;
  }

  warn(code: string, message: string): void {
    const warning = { code, message, at: this.options.clock.wallTime() };
    this.warnings.push(warning);
    if (this.warnings.length > WARNINGS_KEPT_MAX) this.warnings.shift();
    this.options.log({ level: 'warn', code, message });
    this.events.emit('warning', warning);
  }

  /** Makes durable what can be, for at most `limitMs`. */
  async settle(limitMs: number): Promise<void> {
    const { state } = this.synchronizer;
    // The writer writes its own in `close()`; where nobody writes there is nobody to ask.
    if (this.#status !== 'open' || state.writer === undefined || state.writer.id === this.id) return;
    const limit = new AbortController();
    const cancel = this.options.clock.after(limitMs, () => limit.abort());
    try {
      await this.synchronizer.flush(limit.signal);
    } catch (error) {
      if (!limit.signal.aborted) throw error;
      this.warn('closed-unconfirmed', `the writer did not confirm within ${limitMs} ms what this peer wrote last`);
    } finally {
      cancel();
    }
  }

  /** The writer's last batch, its database, its lock; then goodbye, sockets, roster. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#status = 'closing';
    this.#cancelPoll();
    this.#synchronizer?.drain();
    const failures: unknown[] = [];
    const release = async (what: () => Promise<void> | void): Promise<void> => {
      try {
        await what();
      } catch (error) {
        failures.push(error);
      }
    };
    // The lock is free before others hear that we go: whoever tries it then gets it.
    await release(() => this.#candidate.close());
    await release(() => this.#synchronizer?.leave());
    await release(() => this.options.transport.close());
    await release(() => this.options.discovery.withdraw());
    for (const replica of this.#replicas.values()) replica.destroy();
    this.#status = 'closed';
    this.#notify();
    this.events.emit('closed', {});
    this.events.clear();
    if (failures.length > 0) throw new AggregateError(failures, 'closing failed in part');
  }

  /** Ends without a word or a write, as a kill would; only for simulated peers. */
  crash(): void {
    this.#status = 'closed';
    this.#closing = Promise.resolve();
    this.#cancelPoll();
    this.#candidate.crash();
    this.#synchronizer?.stop();
    this.#notify();
    this.events.clear();
  }

  #openDocument(name: string): void {
    const replica = new Replica({
      random: this.options.random,
      listener: {
        changed: (update) => {
          const { self, documents } = this.synchronizer.state;
          // Its number is given in the drain to come.
          this.#writer?.record(name, update, new Map([[self, (documents.get(name)?.ownSeq ?? 0) + 1]]));
          this.synchronizer.local(name, update);
        },
        received: (update) => this.#writer?.record(name, update, this.#originOf(name)),
        observerThrew: (error) => this.warn('observer-threw', `an observer of ${name} threw: ${describe(error)}`),
      },
    });
    this.#replicas.set(name, replica);
    this.synchronizer.openDocument(name, replica, { isStored: true });
  }

  #originOf(document: string): Vector {
    const from = this.#applying;
    const seq = from === undefined ? undefined : this.synchronizer.state.documents.get(document)?.applied.get(from);
    return from === undefined || seq === undefined ? new Map() : new Map([[from, seq]]);
  }

  #host() {
    return {
      apply: (document: string, updates: readonly Uint8Array[], from: PeerId) => this.#apply(document, updates, from),
      synced: (document: string) => this.#onSynced(document),
      writerChanged: (writer: WriterRef | undefined) => this.#onWriterChanged(writer),
      instancesChanged: (joined: readonly InstanceId[], left: readonly InstanceId[]) => {
        for (const instance of joined) this.events.emit('instance-joined', { instance });
        for (const instance of left) this.events.emit('instance-left', { instance });
      },
      peerLost: () => this.#notify(),
      stalled: (writer: WriterRef) => this.events.emit('stalled', { writer }),
      recovered: (writer: WriterRef) => this.events.emit('recovered', { writer }),
      warn: (code: string, message: string) => this.warn(code, message),
    };
  }

  #apply(document: string, updates: readonly Uint8Array[], from: PeerId): ApplyOutcome {
    this.#applying = from;
    const outcome = this.replica(document).apply(updates);
    this.#applying = undefined;
    // Its number counts even where the content had come another way and there is nothing to record.
    this.#writer?.touch(document);
    return outcome;
  }

  #onSynced(document: string): void {
    if (document === MAIN) this.#isSynced = true;
    this.#notify();
  }

  #onWriterChanged(writer: WriterRef | undefined): void {
    if (writer === undefined) this.#candidate.feed({ kind: 'writer-gone' });
    else if (writer.id !== this.id) this.#candidate.feed({ kind: 'writer-seen' });
    this.events.emit('writer-changed', { writer });
    this.#notify();
  }

  #tryLock(): boolean {
    try {
      return this.options.store.lock.tryAcquire();
    } catch (error) {
      this.#onTakeoverFailed(error);
      return false;
    }
  }

  #takeOver(): Promise<number> {
    assert(this.#address !== undefined, 'a candidate has an address');
    this.#writer = new Writer(this.options.store, {
      address: this.#address,
      termHeard: () => this.synchronizer.state.termHeard,
      documents: () => this.#writtenDocuments(),
      loaded: (document, missed) => this.#onLoaded(document, missed),
      stored: (document, vector) => this.synchronizer.stored(document, vector),
      damaged: (damage) => this.#onDamaged(damage),
      failed: (error) => {
        this.#onTakeoverFailed(error);
        this.#candidate.feed({ kind: 'failed' });
      },
      snapshotRefused: (document) => this.warn('snapshot-refused', `a snapshot of ${document} did not give back what it was taken of; its log is kept`),
    });
    return this.#writer.takeOver();
  }

  #writtenDocuments(): WrittenDocument[] {
    const { documents } = this.synchronizer.state;
    return [...this.#replicas].map(([name, replica]) => ({
      name,
      replica,
      isSynced: documents.get(name)?.isSynced === true,
      vector: () => {
        this.synchronizer.drain();
        const document = documents.get(name);
        return document === undefined ? new Map() : vectorOf(this.synchronizer.state, document);
      },
    }));
  }

  #lead(term: number): void {
    this.#takeoverFailure = undefined;
    this.synchronizer.setRole(term);
    void this.#writer?.begin();
  }

  #onLoaded(document: string, missed: Uint8Array | undefined): void {
    // What the store had and this group had not: everybody is to have it.
    if (missed !== undefined) this.synchronizer.local(document, missed);
    this.synchronizer.documentLoaded(document);
  }

  #onDamaged(damage: readonly Damage[]): void {
    for (const { what, keptAs } of damage) this.warn('store-damaged', keptAs === undefined ? what : `${what}; kept as ${keptAs}`);
  }

  #onTakeoverFailed(error: unknown): void {
    if (this.#status !== 'open') return;
    this.#takeoverFailure = error;
    this.warn('writing-failed', isSocommError(error) ? `${error.message} [${error.code}]` : describe(error));
    this.#notify();
  }

  async #stepDown({ isOrderly }: { readonly isOrderly: boolean }): Promise<void> {
    const writer = this.#writer;
    const wasLeading = this.synchronizer.state.status.term > 0;
    try {
      // In order: no acknowledgement after the last batch, no role after the lock.
      if (isOrderly && wasLeading) this.synchronizer.drain();
      await writer?.end({ isOrderly });
    } finally {
      this.#writer = undefined;
      if (wasLeading) this.synchronizer.setRole(0);
    }
  }

  #pollRoster(): void {
    const { clock, random } = this.options;
    this.#cancelPoll = clock.after(ROSTER_POLL_MS * (0.5 + random.fraction()), () => void this.#meet());
  }

  async #meet(): Promise<void> {
    try {
      await this.synchronizer.meet();
    } catch (error) {
      if (this.#status === 'open') this.warn('roster-unreadable', describe(error));
    }
    if (this.#status === 'open') this.#pollRoster();
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** What makes every use after `close()` the same error. */
  assertOpen(): void {
    if (this.#status !== 'open') throw new SocommError('SOCOMM_CLOSED', `this instance of group ${this.options.group} is closed`);
  }
}

/** The roster is read again this often, in case a hello was lost. */
export const ROSTER_POLL_MS = 10_000;
export const WARNINGS_KEPT_MAX = 100;
