/** Waiting for a peer to be synced, and knowing when to stop waiting. */

import { describeRange } from '../sync/versions.js';
import type { Peer } from './peer.js';
import { SocommError, describe, isSocommError } from './base/errors.js';

/** Where somebody holds the lock and no complete peer answers for this long, `join()` gives up. */
export const JOIN_SILENCE_MS = 3000;
/** Who has the lock may be loading a large store, and cannot answer meanwhile: for this long that counts as an answer. */
export const JOIN_LOADING_MAX_MS = 30_000;
const REVIEW_MS = 250;

export interface SyncedOptions {
  readonly signal?: AbortSignal | undefined;
  /** Rejects after 3 s of silence instead of waiting on. */
  readonly isImpatient: boolean;
}

/**
 * Resolves when the peer's `main` is synced: loaded from the store by who holds the lock, or exchanged with a peer that is synced.
 * Errors: SOCOMM_CLOSED; if impatient also SOCOMM_WRITER_STALLED, SOCOMM_WRITER_UNREACHABLE, SOCOMM_VERSION_REFUSED, and what made a
 * takeover fail.
 */
export function waitUntilSynced(peer: Peer, { signal, isImpatient }: SyncedOptions): Promise<void> {
  if (peer.isSynced) return Promise.resolve();
  const { clock } = peer.options;
  return new Promise((resolve, reject) => {
    const startedAt = clock.now();
    let heardAt = startedAt;
    let reviewedAt = startedAt;
    let cancelReview: (() => void) | undefined;
    let hasEnded = false;
    const end = (settle: () => void): void => {
      hasEnded = true;
      cancelReview?.();
      unwatch();
      unwatchSignal?.();
      settle();
    };
    const abort = (): void => end(() => reject(signal?.reason));
    const look = (): void => {
      if (peer.isSynced) return end(resolve);
      if (peer.status !== 'open') return end(() => reject(closed(peer)));
      const { failure } = peer.candidacy;
      // Whoever has not spoken yet may have the whole state: a store that fails is no reason to keep out of a group that lives in memory.
      if (isImpatient && isSocommError(failure) && !mayAnyoneBeComplete(peer)) return end(() => reject(failure));
      if (isImpatient && isRefused(peer)) return end(() => reject(versionRefused(peer)));
    };
    const review = (): void => {
      // A loop that was blocked, or a machine that slept, is our own silence and nobody else's.
      const lateMs = Math.max(0, clock.now() - reviewedAt - REVIEW_MS);
      reviewedAt = clock.now();
      look();
      if (hasEnded) return;
      heardAt = Math.max(heardAt + lateMs, lastHeardAt(peer, startedAt));
      if (clock.now() - heardAt < JOIN_SILENCE_MS) {
        cancelReview = clock.after(REVIEW_MS, review);
        return;
      }
      const { failure } = peer.candidacy;
      if (isSocommError(failure)) return end(() => reject(failure));
      void explainSilence(peer).then((error) => end(() => reject(error)));
    };
    const unwatch = peer.watch(look);
    const unwatchSignal = signal && peer.signals.watch(signal, abort);
    if (signal?.aborted === true) return abort();
    if (isImpatient) cancelReview = clock.after(REVIEW_MS, review);
    look();
  });
}

function closed(peer: Peer): SocommError {
  return new SocommError('SOCOMM_CLOSED', `the instance of group ${peer.options.group} was closed before it was synced`);
}

/** Others are there, none of them speaks our version, and the store is theirs. */
function isRefused({ synchronizer, candidacy }: Peer): boolean {
  const { refused, links, hasRoster } = synchronizer.state;
  const isOurs = candidacy.state.kind === 'taking-over' || candidacy.state.kind === 'leading';
  return hasRoster && refused.size > 0 && links.size === 0 && !isOurs;
}

function versionRefused({ synchronizer, options: { group } }: Peer): SocommError {
  const { refused, protocol } = synchronizer.state;
  const theirs = [...refused.values()].map(({ protocol: range }) => (range === undefined ? 'another one' : describeRange(range)));
  return new SocommError(
    'SOCOMM_VERSION_REFUSED',
    `this copy speaks version ${describeRange(protocol)} of the protocol, the peers of group ${group} speak ${[...new Set(theirs)].join(', ')}: ` +
      'nothing was joined; update the program that holds the older copy of socomm, and restart both',
  );
}

function mayAnyoneBeComplete(peer: Peer): boolean {
  return [...peer.synchronizer.state.links.values()].some(({ status }) => status === undefined || status.isComplete);
}

/** When somebody last showed that the whole state is on its way: us loading, an answer in chunks, a pulse, a peer that loads. */
function lastHeardAt(peer: Peer, startedAt: number): number {
  const now = peer.options.clock.now();
  const { documents, links, writerHeardAt } = peer.synchronizer.state;
  if (peer.candidacy.state.kind === 'taking-over' || peer.role === 'writer') return now;
  const isLoading = [...links.values()].some(({ status }) => status?.isTakingOver === true);
  if (isLoading && now - startedAt < JOIN_LOADING_MAX_MS) return now;
  const progress = [...documents.values()].map(({ catchUp }) =>
    catchUp === undefined || catchUp.chunks.size === 0 ? 0 : catchUp.progressAt,
  );
  return Math.max(startedAt, writerHeardAt, ...progress);
}

async function explainSilence(peer: Peer): Promise<SocommError> {
  const { store, discovery, transport, group } = peer.options;
  try {
    const owner = await store.readOwner();
    if (owner !== undefined && peer.synchronizer.state.refused.has(owner.peer)) return versionRefused(peer);
    if (owner !== undefined && discovery.isAlive(owner.peer) && !transport.canReach(owner)) {
      return new SocommError(
        'SOCOMM_WRITER_UNREACHABLE',
        `the writer of group ${group} lives, but its sockets (${owner.publisher}, ${owner.responder}) cannot be reached from here; ` +
          `both sides need the same runtime directory: set SOCOMM_RUNTIME_DIRECTORY or the option runtimeDirectory to one that both may open`,
      );
    }
  } catch (cause) {
    return new SocommError(
      'SOCOMM_WRITER_STALLED',
      `nobody in group ${group} answered, and owner.json could not be read: ${describe(cause)}`,
      { cause },
    );
  }
  return new SocommError(
    'SOCOMM_WRITER_STALLED',
    `somebody holds the lock of ${store.location}, but no peer of group ${group} that has the whole state answered for ${JOIN_SILENCE_MS / 1000} s; ` +
      `the writer may be stopped or busy: look with 'socomm status ${group}', try again, or join with wait: 'none'`,
  );
}
