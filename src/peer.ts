/**
 * A participant of the mesh: one transport, one roster entry, one replica of each open document, one candidacy.
 * It wires the machines together (agreement, election, writing) and owns nothing of their rules.
 * Instances of one loaded copy share it; the last one to close ends it.
 */

import type { WriterRef } from '../sync/engine-io.js';
import { MAIN } from '../sync/membership.js';
import type { Synchronizer } from '../sync/synchronizer.js';
import { PROTOCOL } from '../sync/wire/frame.js';
import type { Talker } from '../talk/talker.js';
import { SocommError, assert, describe } from './base/errors.js';
import { Emitter } from './base/emitter.js';
import { newInstanceId, newPeerId } from './base/ids.js';
import type { InstanceId, PeerId } from './base/ids.js';
import { Scope } from './base/scope.js';
import { SharedSignals } from './base/shared-signals.js';
import type { Candidacy } from './candidacy.js';
import type { InstanceEvents } from './events.js';
import { BlobShelf } from './blobs/blob-shelf.js';
import { saveAtOnce, saveUnconfirmed, whyUnconfirmed } from './leaving.js';
import { PeerDocuments } from './documents/peer-documents.js';
import { OpenDocuments } from './open-documents.js';
import type { SettingsIndexes } from './settings/settings-map.js';
import type { Spiller } from './spill/spiller.js';
import { peerHost } from './peer-host.js';
import type { PeerOptions } from './peer-options.js';
import { assemblePeer, laneListener } from './peer-parts.js';
import type { PeerParts } from './peer-parts.js';
import type { Replica } from './replica/replica.js';
import { RosterPoll } from './roster-poll.js';
import { PACKAGE_VERSION } from './version.js';
import { Warnings } from './warnings.js';

export type { PeerOptions } from './peer-options.js';

export class Peer {
  readonly id: PeerId;
  readonly options: PeerOptions;
  readonly events: Emitter<InstanceEvents>;
  readonly warnings: Warnings;
  readonly blobs: BlobShelf;
  /** Those that the application gives to calls of its instances. */
  readonly signals = new SharedSignals();
  /** Besides `main`. */
  readonly documents: PeerDocuments;
  readonly #scope = new Scope();
  readonly #documents: OpenDocuments;
  readonly #instances = new Set<InstanceId>();
  readonly #watchers = new Set<() => void>();
  #parts: PeerParts | undefined;
  #status: 'open' | 'closing' | 'closed' = 'open';
  #instanceCount = 0;
  #closing: Promise<void> | undefined;
  #poll: RosterPoll | undefined;
  /** Why what it has is not known to be durable, when it ends. */
  #unconfirmed: string | undefined = 'nobody was asked';

  constructor(options: PeerOptions) {
    this.options = options;
    this.id = newPeerId(options.random);
    this.events = new Emitter((error, event) =>
      this.warnings.raise('listener-threw', `a listener of '${event}' threw: ${describe(error)}`),
    );
    this.warnings = new Warnings({ clock: options.clock, log: options.log, events: this.events });
    this.blobs = new BlobShelf(options, this.warnings);
    this.#documents = new OpenDocuments({
      self: this.id,
      random: options.random,
      warnings: this.warnings,
      synchronizer: () => this.synchronizer,
      candidacy: () => this.candidacy,
      spiller: () => this.#whole.spiller,
    });
    this.documents = new PeerDocuments(this, this.#documents);
  }

  /** Binds, becomes findable, stands for election, says hello. Where it fails, everything is released. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      await this.close().catch((failure: unknown) => this.warnings.raise('close-failed', describe(failure)));
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { transport, discovery, random, canWrite, pid, protocol = PROTOCOL } = this.options;
    // Nobody knows our address before `announce`, so nothing arrives before the parts are there.
    // Released in reverse: the last words, the writer's office, then what nobody confirmed, then goodbye, then the sockets, then the roster.
    // The lock is free and the spill is there before others hear that we go, so that whoever looks for either then finds it.
    this.#scope.add('the blobs', () => this.blobs.close());
    this.#scope.add('the roster entry', () => discovery.withdraw());
    this.#scope.add('the sockets', () => transport.close());
    const address = await transport.open(
      this.id,
      laneListener(() => this.#whole),
    );
    const parts = assemblePeer({
      peer: this.options,
      address,
      documents: this.#documents,
      blobs: this.blobs,
      warnings: this.warnings,
      host: this.#host(),
      held: () => this.documents,
      changed: () => this.review(),
      lastBatchFailed: (why) => void (this.#unconfirmed ??= why),
    });
    const { synchronizer, candidacy, spiller, collector, talker } = parts;
    this.#parts = parts;
    this.#scope.add('the place in the mesh', () => synchronizer.leave());
    this.#scope.add('what nobody confirmed', () => saveUnconfirmed(spiller, this.warnings, this.#unconfirmed));
    this.#scope.add('the office of the writer', () => candidacy.close());
    this.#scope.add('the collection of blobs', () => collector.end());
    this.#scope.add('what it says', () => talker.close());
    this.#documents.open(MAIN);
    await discovery.announce({ ...address, pid, packageVersion: PACKAGE_VERSION, ...protocol, canWrite });
    candidacy.start();
    await synchronizer.meet();
    const failed = (message: string): void => this.warnings.raise('roster-unreadable', message);
    if (this.#status === 'open') this.#poll = new RosterPoll({ random, synchronizer, failed });
  }

  get synchronizer(): Synchronizer {
    return this.#whole.synchronizer;
  }

  get candidacy(): Candidacy {
    return this.#whole.candidacy;
  }

  get spiller(): Spiller {
    return this.#whole.spiller;
  }

  get talker(): Talker {
    return this.#whole.talker;
  }

  get #whole(): PeerParts {
    assert(this.#parts !== undefined, 'a peer is used after it was opened');
    return this.#parts;
  }

  get status(): 'open' | 'closing' | 'closed' {
    return this.#status;
  }

  get role(): 'writer' | 'follower' {
    return this.writer?.id === this.id ? 'writer' : 'follower';
  }

  get writer(): WriterRef | undefined {
    return this.synchronizer.state.writer;
  }

  /** Linked peers that live and do not answer. */
  get silentPeers(): ReadonlySet<PeerId> {
    return this.synchronizer.state.silent;
  }

  /** Its `main` is the whole. */
  get isSynced(): boolean {
    return this.synchronizer.state.documents.get(MAIN)?.isSynced === true;
  }

  replica(document: string): Replica {
    return this.#documents.get(document);
  }

  /** Of an open document. */
  settings(document: string): SettingsIndexes {
    return this.#documents.settings(document);
  }

  /** Opens a further document, for as long as the peer lives. */
  openDocument(id: string): void {
    this.assertOpen();
    if (id !== MAIN) this.documents.holdings.hold(id);
  }

  get documentNames(): readonly string[] {
    return [...this.#documents.replicas.keys()];
  }

  /** Calls `watcher` after each change that a wait may depend on; returns what ends that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Something has changed that a wait may depend on. */
  review(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Calls what the application gave us: what it throws is told, and goes no further. */
  callSafely(what: string, listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.warnings.raise('listener-threw', `a listener of '${what}' threw: ${describe(error)}`);
    }
  }

  attach(): InstanceId {
    const id = newInstanceId(this.id, ++this.#instanceCount);
    this.#instances.add(id);
    this.synchronizer.setInstances([...this.#instances]);
    return id;
  }

  detach(id: InstanceId): void {
    this.#instances.delete(id);
    this.#parts?.talker.instanceClosed(id);
    if (this.#status === 'open') this.synchronizer.setInstances([...this.#instances]);
  }

  /** Makes every use after the end the same error. */
  assertOpen(): void {
    if (this.#status !== 'open') throw new SocommError('SOCOMM_CLOSED', `this instance of group ${this.options.group} is closed`);
  }

  /** Makes durable what can be, for at most `limitMs`. */
  async settle(limitMs: number): Promise<void> {
    if (this.#status !== 'open') return;
    this.documents.holdings.end();
    this.heal();
    this.#unconfirmed = await whyUnconfirmed(this.synchronizer, this.options.clock, limitMs);
  }

  /** Brings back what a listener of the application has muted. */
  heal(): void {
    this.#documents.heal();
  }

  /** The process ends in this very moment: saves what nobody confirmed. Never throws. */
  endAtOnce(): void {
    if (this.#status === 'closed') return;
    saveAtOnce(this.warnings, () => {
      this.heal();
      this.#parts?.spiller.spillAtOnce();
    });
  }

  /** The writer's last batch, its database, its lock; then goodbye, sockets, roster. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#status = 'closing';
    this.#poll?.stop();
    this.documents.holdings.end();
    this.#parts?.intake.end();
    this.#parts?.synchronizer.drain();
    try {
      await this.#scope.close();
    } finally {
      this.#documents.destroy();
      this.#end();
    }
  }

  /** Ends without a word or a write, as a kill would; only for simulated peers. */
  crash(): void {
    this.#closing = Promise.resolve();
    this.#poll?.stop();
    this.documents.holdings.end();
    this.#parts?.intake.end();
    this.#parts?.spiller.stop();
    this.#parts?.collector.stop();
    this.#parts?.talker.close();
    this.#parts?.candidacy.crash();
    this.#parts?.synchronizer.stop();
    this.#end();
  }

  #end(): void {
    this.#status = 'closed';
    this.review();
    this.events.clear();
  }

  #host(): ReturnType<typeof peerHost> {
    return peerHost({
      documents: this.#documents,
      held: () => this.documents,
      events: this.events,
      warnings: this.warnings,
      parts: () => this.#whole,
      isWriter: () => this.role === 'writer',
      hasWriter: () => this.writer !== undefined,
      changed: () => this.review(),
      maintain: (task) => this.candidacy.maintain(task),
    });
  }
}
