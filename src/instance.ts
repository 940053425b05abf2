/**
 * What `join()` returns: one user of the group, with an id, an origin for its transactions, and its own events.
 * The peer behind it may serve other instances too; this class holds nothing that replicates.
 */

import type { WriterRef } from '../sync/engine-io.js';
import { MAIN } from '../sync/membership.js';
import { pause } from './base/clock.js';
import { Emitter } from './base/emitter.js';
import { SocommError, describe } from './base/errors.js';
import type { InstanceId } from './base/ids.js';
import { makeBlobs } from './blobs/blobs.js';
import type { Blobs } from './blobs/blobs.js';
import { DocumentHolder } from './documents/document-holder.js';
import { Ending } from './ending.js';
import type { InstanceEvents } from './events.js';
import { flushFailed, flushTimeout } from './flush-errors.js';
import { checkFlushOptions, flushOutcome } from './flush-outcome.js';
import type { FlushOptions } from './flush-outcome.js';
import { inspectPeer, reportPeers } from './inspection.js';
import type { Inspection, PeerReport } from './inspection.js';
import { NOT_ASKED } from './mapped/open-mapping.js';
import type { MappedParts } from './mapped/open-mapping.js';
import type { Peer } from './peer.js';
import type { Y } from './replica/replica.js';
import { StatusView } from './status-view.js';
import type { InstanceStatus } from './status-view.js';
import { checkListener } from './talk/arguments.js';
import type { InstanceHost } from './talk/conversation-host.js';
import type { InstanceParts } from './upkeep.js';
import { waitUntilSynced } from './waiting.js';

export class Instance extends DocumentHolder {
  readonly id: InstanceId;
  readonly group: string;
  readonly blobs: Blobs;
  readonly #peer: Peer;
  readonly #release: () => Promise<void>;
  readonly #mapping: MappedParts;
  /** What waits, and ends with the instance. */
  readonly #ending: Ending;
  readonly #subscriptions = new Set<() => void>();
  /** The end of this instance is its own event: its peer may go on serving others. */
  readonly #ended: Emitter<Pick<InstanceEvents, 'closed'>>;
  readonly #statusView: StatusView;
  /** What ends with the instance, before its peer does. */
  readonly #endings = new Set<() => void>();
  #status: 'open' | 'closing' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  /** Made by `join()`. `release` gives the peer back. */
  constructor(peer: Peer, release: () => Promise<void>, mapping: MappedParts = NOT_ASKED) {
    super();
    this.#mapping = mapping;
    this.#peer = peer;
    this.#release = release;
    this.#ending = new Ending(peer.signals);
    this.group = peer.options.group;
    this.#ended = new Emitter((error) => peer.warnings.raise('listener-threw', `a listener of 'closed' threw: ${describe(error)}`));
    this.id = peer.attach();
    this.blobs = makeBlobs(peer.blobs, {
      assertOpen: () => this.#assertOpen(),
      waiting: (signal, work) => this.#ending.waiting(signal, work),
    });
    this.#statusView = new StatusView(this, peer);
    this.subscribe = this.#statusView.subscribe;
  }

  /** The document `main`: a real `Y.Doc`, shared by all instances of the peer. Do not `destroy()` it. */
  get doc(): Y.Doc {
    return this.#peer.replica(MAIN).doc;
  }

  /** Runs `change` as one transaction whose origin is this instance. Everything written in it travels as one update. */
  transact<Result>(change: () => Result): Result {
    this.#assertOpen();
    return this.doc.transact(() => change(), this);
  }

  /**
   * Resolves when this replica is the whole: loaded from the store, or exchanged with a peer that is synced itself.
   * Errors: SOCOMM_CLOSED; the signal's reason.
   */
  async synced(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#assertOpen();
    await this.#ending.waiting(options.signal, (signal) => waitUntilSynced(this.#peer, { signal, isImpatient: false }));
  }

  /**
   * Resolves with the writer's term when the writer has everything on disk that this peer wrote before the call,
   * in all documents and instances, and everything that it builds on. Waits through changes of the writer, and while it is silent.
   * Errors: SOCOMM_NO_WRITER (nobody here may write), SOCOMM_FLUSH_TIMEOUT, SOCOMM_CLOSED; the signal's reason. Where whoever may
   * write cannot, the code that says why: SOCOMM_STORE_FAILED, SOCOMM_STORE_GONE, SOCOMM_STORE_DAMAGED, SOCOMM_STORE_IN_USE,
   * SOCOMM_STORE_NEWER, SOCOMM_STORE_MISMATCH, SOCOMM_LOCK_UNAVAILABLE, SOCOMM_IO.
   */
  async flush({ signal, timeoutMs }: FlushOptions = {}): Promise<{ readonly term: number }> {
    this.#assertOpen();
    checkFlushOptions({ signal, timeoutMs });
    // Within a transaction, or an observer of one, Yjs has not told its update yet.
    await Promise.resolve();
    this.#peer.heal();
    const outcome = await this.#ending.waiting(signal, async (limit, end) => {
      const { clock } = this.#peer.options;
      const cancel = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => end(flushTimeout(this.#peer, timeoutMs)));
      try {
        return await flushOutcome(this.#peer, limit);
      } finally {
        cancel?.();
      }
    });
    if (outcome.ok) return { term: outcome.term };
    // A turn later: who tries again in a plain loop must not keep the loop of the process from what would end the trouble.
    await pause(this.#peer.options.clock, 0);
    throw flushFailed(this.#peer, outcome.code);
  }

  /** Whether this instance's peer is the one that writes to disk. */
  get role(): 'writer' | 'follower' {
    return this.#peer.role;
  }

  /** The peer that writes to disk, as far as this one has heard. */
  get writer(): WriterRef | undefined {
    return this.#peer.writer;
  }

  /** All peers of the group that this one is linked to, itself first. */
  get peers(): readonly PeerReport[] {
    return reportPeers(this.#peer);
  }

  /** The instances of all peers. */
  get instances(): readonly InstanceId[] {
    return this.peers.flatMap(({ instances }) => instances);
  }

  get status(): 'open' | 'closing' | 'closed' {
    return this.#status;
  }

  /** How it stands: frozen, and the same object until something in it changes. See `subscribe()`. */
  get snapshot(): InstanceStatus {
    return this.#statusView.snapshot;
  }

  /** Calls `listener` whenever `snapshot` has become another one. Returns what ends that. Works unbound. */
  readonly subscribe: (listener: () => void) => () => void;

  /** A plain snapshot for tools. */
  inspect(): Inspection {
    return { ...inspectPeer(this.#peer), mapped: this.inspectMapped(this.#mapping) };
  }

  /** Calls `listener` at each event until the returned function is called, or the instance is closed. */
  on<Name extends keyof InstanceEvents>(event: Name, listener: (event: InstanceEvents[Name]) => void): () => void {
    this.#assertOpen();
    if (!EVENTS.has(event)) throw new TypeError(`an instance has no event '${event}'; it has ${[...EVENTS].join(', ')}`);
    checkListener(listener);
    const end = event === 'closed' ? this.#ended.on('closed', listener as () => void) : this.#peer.events.on(event, listener);
    const unsubscribe = (): void => {
      this.#subscriptions.delete(unsubscribe);
      end();
    };
    this.#subscriptions.add(unsubscribe);
    return unsubscribe;
  }

  /**
   * Leaves the group. The last instance of a peer first makes durable what can be, then releases sockets, files,
   * timers and the lock. Idempotent; all callers wait for the same end.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#status = 'closing';
    const reason = new SocommError('SOCOMM_CLOSED', `this instance of group ${this.group} was closed before that came about`);
    this.#ending.end(reason);
    for (const end of this.#endings) this.#peer.callSafely('close', end);
    this.#statusView.review();
    const documents = this.closeDocuments();
    try {
      await this.#release();
      await documents;
    } finally {
      this.#status = 'closed';
      this.#ended.emit('closed', {});
      this.#statusView.review();
      for (const end of this.#subscriptions) end();
    }
  }

  protected override parts(): InstanceParts {
    return {
      openPeer: () => {
        this.#assertOpen();
        return this.#peer;
      },
      waiting: (signal, work) => this.#ending.waiting(signal, work),
    };
  }

  protected override conversationHost(): InstanceHost {
    const peer = this.#peer;
    const { clock, random } = peer.options;
    const { id, doc } = this;
    return {
      ...{ id, doc, clock, random, talker: peer.talker, signals: peer.signals, mapping: this.#mapping },
      transact: (change) => this.transact(change),
      origin: this,
      instances: () => this.instances,
      silentPeers: () => peer.silentPeers,
      watchInstances: (listener) => peer.watch(listener),
      warn: (code, message) => peer.warnings.raise(code, message),
      assertOpen: () => this.#assertOpen(),
      onClose: (end) => {
        this.#endings.add(end);
        return () => void this.#endings.delete(end);
      },
    };
  }

  #assertOpen(): void {
    if (this.#status !== 'open') throw new SocommError('SOCOMM_CLOSED', `this instance of group ${this.group} is closed`);
    this.#peer.assertOpen();
  }
}

const EVENTS: ReadonlySet<keyof InstanceEvents> = new Set([
  'instance-joined',
  'instance-left',
  'writer-changed',
  'stalled',
  'recovered',
  'warning',
  'closed',
]);
