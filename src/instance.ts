/**
 * What `join()` returns: one user of the group, with an id, an origin for its transactions, and its own events.
 * The peer behind it may serve other instances too; this class holds nothing that replicates.
 */

import type { FlushFailure } from '../sync/synchronizer.js';
import type { WriterRef } from '../sync/engine-io.js';
import { MAIN } from '../sync/membership.js';
import { Emitter } from './base/emitter.js';
import { SocommError, describe, unreachable } from './base/errors.js';
import type { InstanceId } from './base/ids.js';
import type { InstanceEvents } from './events.js';
import { inspectPeer, reportPeers } from './inspection.js';
import type { Inspection, PeerReport } from './inspection.js';
import type { Peer } from './peer.js';
import type { Y } from './replica/replica.js';
import { waitUntilSynced } from './waiting.js';

export interface FlushOptions {
  readonly signal?: AbortSignal;
  /** Rejects with SOCOMM_FLUSH_TIMEOUT after this long. Default: no limit. */
  readonly timeoutMs?: number;
}

export class Instance {
  readonly id: InstanceId;
  readonly group: string;
  readonly #peer: Peer;
  readonly #release: () => Promise<void>;
  /** What waits, and ends with the instance: no listeners on one signal, of which there could be hundreds. */
  readonly #waits = new Set<AbortController>();
  readonly #subscriptions = new Set<() => void>();
  /** The end of this instance is its own event: its peer may go on serving others. */
  readonly #ended: Emitter<Pick<InstanceEvents, 'closed'>>;
  #status: 'open' | 'closing' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  /** Made by `join()`. `release` gives the peer back. */
  constructor(peer: Peer, release: () => Promise<void>) {
    this.#peer = peer;
    this.#release = release;
    this.group = peer.options.group;
    this.#ended = new Emitter((error) => peer.warnings.raise('listener-threw', `a listener of 'closed' threw: ${describe(error)}`));
    this.id = peer.attach();
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
    await this.#waiting(options.signal, (signal) => waitUntilSynced(this.#peer, { signal, isImpatient: false }));
  }

  /**
   * Resolves with the writer's term when the writer has everything on disk that this peer wrote before the call,
   * in all documents and instances, and everything that it builds on. Waits through changes of the writer.
   * Errors: SOCOMM_NO_WRITER (nobody here may write), SOCOMM_FLUSH_TIMEOUT, SOCOMM_CLOSED; the signal's reason.
   */
  async flush({ signal, timeoutMs }: FlushOptions = {}): Promise<{ readonly term: number }> {
    this.#assertOpen();
    checkTimeout(timeoutMs);
    // Within a transaction, or an observer of one, Yjs has not told its update yet.
    await Promise.resolve();
    this.#peer.heal();
    const outcome = await this.#waiting(signal, async (limit, end) => {
      const { clock } = this.#peer.options;
      const cancel = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => end(flushTimeout(this.group, timeoutMs)));
      try {
        return await this.#peer.synchronizer.flush(limit);
      } finally {
        cancel?.();
      }
    });
    if (outcome.ok) return { term: outcome.term };
    throw flushFailed(this.group, outcome.reason);
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

  /** A plain snapshot for tools. */
  inspect(): Inspection {
    return inspectPeer(this.#peer);
  }

  /** Calls `listener` at each event until the returned function is called, or the instance is closed. */
  on<Name extends keyof InstanceEvents>(event: Name, listener: (event: InstanceEvents[Name]) => void): () => void {
    this.#assertOpen();
    if (!EVENTS.has(event)) throw new TypeError(`an instance has no event '${event}'; it has ${[...EVENTS].join(', ')}`);
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
    for (const wait of this.#waits) wait.abort(reason);
    try {
      await this.#release();
    } finally {
      this.#status = 'closed';
      this.#ended.emit('closed', {});
      for (const end of this.#subscriptions) end();
    }
  }

  /** Waits for `work` until the caller's signal, `end`, or the end of this instance gives it up. */
  async #waiting<Result>(given: AbortSignal | undefined, work: Work<Result>): Promise<Result> {
    given?.throwIfAborted();
    const wait = new AbortController();
    const abort = (): void => wait.abort(given?.reason);
    given?.addEventListener('abort', abort, { once: true });
    this.#waits.add(wait);
    try {
      return await work(wait.signal, (reason) => wait.abort(reason));
    } finally {
      this.#waits.delete(wait);
      given?.removeEventListener('abort', abort);
    }
  }

  #assertOpen(): void {
    if (this.#status !== 'open') throw new SocommError('SOCOMM_CLOSED', `this instance of group ${this.group} is closed`);
    this.#peer.assertOpen();
  }
}

type Work<Result> = (signal: AbortSignal, end: (reason: unknown) => void) => Promise<Result>;

const EVENTS: ReadonlySet<keyof InstanceEvents> = new Set([
  'instance-joined',
  'instance-left',
  'writer-changed',
  'stalled',
  'recovered',
  'warning',
  'closed',
]);

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) throw new TypeError(`timeoutMs is a number of milliseconds; got ${String(timeoutMs)}`);
}

function flushTimeout(group: string, timeoutMs: number): SocommError {
  const message = `the writer of group ${group} did not confirm within ${timeoutMs} ms; the change is applied and travels, but may not be on disk yet`;
  return new SocommError('SOCOMM_FLUSH_TIMEOUT', message);
}

function flushFailed(group: string, reason: FlushFailure): SocommError {
  switch (reason) {
    case 'no-writer':
      return new SocommError('SOCOMM_NO_WRITER', `nobody in group ${group} may write to disk: join one instance with storage: 'auto'`);
    case 'closed':
      return new SocommError('SOCOMM_CLOSED', `this instance of group ${group} was closed before the writer confirmed`);
    default:
      return unreachable(reason);
  }
}
