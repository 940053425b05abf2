/** Waiting until a document is the whole one, and knowing when to stop: nobody is given an empty one that an application would fill with defaults. */

import { SocommError } from '../base/errors.js';
import type { Peer } from '../peer.js';
import { stallText } from '../stall-text.js';

/** While nothing becomes durable and nobody who answers has the document, opening it waits no longer than this. */
export const DOCUMENT_SILENCE_MS = 3000;

export interface DocumentWait {
  readonly signal: AbortSignal;
  /** Rejects when the group stalls, instead of waiting on. */
  readonly isImpatient: boolean;
}

/**
 * Errors: SOCOMM_CLOSED where it is closed meanwhile; if impatient, what `stalled` says: SOCOMM_WRITER_STALLED, or why nobody can write.
 * The signal's reason.
 */
export function waitForDocument(peer: Peer, id: string, { signal, isImpatient }: DocumentWait): Promise<void> {
  if (isWhole(peer, id)) return Promise.resolve();
  const { clock, group } = peer.options;
  return new Promise((resolve, reject) => {
    let cancelLimit: (() => void) | undefined;
    const end = (settle: () => void): void => {
      cancelLimit?.();
      unwatch();
      signal.removeEventListener('abort', abort);
      settle();
    };
    const abort = (): void => end(() => reject(signal.reason));
    const look = (): void => {
      const { documents, stallReason } = peer.synchronizer.state;
      if (isWhole(peer, id)) return end(resolve);
      if (peer.status !== 'open' || !documents.has(id))
        return end(() => reject(new SocommError('SOCOMM_CLOSED', `document ${id} of group ${group} was closed before it was synced`)));
      if (!isImpatient || stallReason === undefined) {
        cancelLimit?.();
        cancelLimit = undefined;
        return;
      }
      cancelLimit ??= clock.after(DOCUMENT_SILENCE_MS, () => {
        const code = stallReason === 'writer-silent' ? 'SOCOMM_WRITER_STALLED' : stallReason;
        end(() =>
          reject(new SocommError(code, `document ${id} did not come: ${stallText({ group, reason: stallReason, failure: undefined })}`)),
        );
      });
    };
    const unwatch = peer.watch(look);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) return abort();
    look();
  });
}

export function isWhole({ synchronizer }: Peer, id: string): boolean {
  return synchronizer.state.documents.get(id)?.isSynced === true;
}
