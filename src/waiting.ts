/** Waiting for a peer to be synced, and knowing when to stop waiting. */

import type { Peer } from './peer.js';
import { SocommError, describe, isSocommError } from './base/errors.js';

/** Where somebody holds the lock and no complete peer answers for this long, `join()` gives up. */
export const JOIN_SILENCE_MS = 3000;
const REVIEW_MS = 250;

export interface SyncedOptions {
  readonly signal?: AbortSignal | undefined;
  /** Rejects after 3 s of silence instead of waiting on. */
  readonly isImpatient: boolean;
}

/**
 * Resolves when the peer's `main` is synced: loaded from the store by who holds the lock, or exchanged with a peer that is synced.
 * Errors: SOCOMM_CLOSED; if impatient also SOCOMM_WRITER_STALLED, SOCOMM_WRITER_UNREACHABLE, and what made a takeover fail.
 */
export function waitUntilSynced(peer: Peer, { signal, isImpatient }: SyncedOptions): Promise<void> {
  if (peer.isSynced) return Promise.resolve();
  const { clock } = peer.options;
  return new Promise((resolve, reject) => {
    let heardAt = clock.now();
    let cancelReview: (() => void) | undefined;
    const end = (settle: () => void): void => {
      cancelReview?.();
      unwatch();
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const abort = (): void => end(() => reject(signal?.reason));
    const look = (): void => {
      if (peer.isSynced) return end(resolve);
      if (peer.status !== 'open') return end(() => reject(closed(peer)));
      if (isImpatient && isSocommError(peer.candidacy.failure) && !isAnyoneComplete(peer)) {
        const { failure } = peer.candidacy;
        return end(() => reject(failure));
      }
    };
    const review = (): void => {
      if (isSomethingUnderWay(peer)) heardAt = clock.now();
      if (clock.now() - heardAt < JOIN_SILENCE_MS) {
        cancelReview = clock.after(REVIEW_MS, review);
        return;
      }
      void explainSilence(peer).then((error) => end(() => reject(error)));
    };
    const unwatch = peer.watch(look);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) return abort();
    if (isImpatient) cancelReview = clock.after(REVIEW_MS, review);
    look();
  });
}

function closed(peer: Peer): SocommError {
  return new SocommError('SOCOMM_CLOSED', `the instance of group ${peer.options.group} was closed before it was synced`);
}

function isAnyoneComplete(peer: Peer): boolean {
  return [...peer.synchronizer.state.links.values()].some((link) => link.status?.isComplete === true);
}

/** We load, somebody answers us, or a writer that is not complete yet still pulses. */
function isSomethingUnderWay(peer: Peer): boolean {
  const now = peer.options.clock.now();
  const { documents, writer, writerHeardAt } = peer.synchronizer.state;
  if (peer.candidacy.state.kind === 'taking-over' || peer.role === 'writer') return true;
  if (writer !== undefined && now - writerHeardAt < REVIEW_MS) return true;
  for (const { catchUp } of documents.values())
    if (catchUp !== undefined && catchUp.chunks.length > 0 && now - catchUp.progressAt < REVIEW_MS) return true;
  return false;
}

async function explainSilence(peer: Peer): Promise<SocommError> {
  const { store, discovery, transport, group } = peer.options;
  try {
    const owner = await store.readOwner();
    if (owner !== undefined && discovery.isAlive(owner.peer) && !transport.canReach({ id: owner.peer, ...owner })) {
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
