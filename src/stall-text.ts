/**
 * What people are told when nothing becomes durable: what is the matter, why, and what to do. Texts only; who decides that it is
 * so is sync/trouble.ts and sync/pulse.ts.
 */

import type { StallReason } from '../sync/engine-io.js';
import type { SocommErrorCode } from './base/errors.js';

export interface Stall {
  readonly group: string;
  readonly reason: StallReason;
  /** What this peer itself met with, where it did. */
  readonly failure?: string | undefined;
}

export function stallText({ group, reason, failure }: Stall): string {
  if (reason === 'writer-silent')
    return (
      `the writer of group ${group} holds the lock and has not been heard for 3 s: it is stopped or busy. ${MEANWHILE} ` +
      `Let it go on, or end its process: then another one takes over by itself. 'socomm status ${group}' names it`
    );
  const { why, remedy } = TROUBLES[reason] ?? { why: 'whoever may write met with an error', remedy: 'See the warnings of the group' };
  return `nobody in group ${group} can write to disk: ${(failure ?? why).replace(/\.$/, '')}. ${MEANWHILE} ${remedy} [${reason}]`;
}

const MEANWHILE = 'Everything goes on in memory and between the peers, and what is not on disk is spilled where that can be.';

const BY_ITSELF = 'whoever may write tries again by itself, every ten seconds at most';

const TROUBLES: Partial<Record<SocommErrorCode, { readonly why: string; readonly remedy: string }>> = {
  SOCOMM_STORE_FAILED: {
    why: 'the store cannot be read or written (is the disk full, or not writable?)',
    remedy: `Free space, or mend what keeps it from being written: ${BY_ITSELF}`,
  },
  SOCOMM_STORE_GONE: {
    why: 'the directory of the store was deleted or renamed',
    remedy: `Put it back: ${BY_ITSELF}. Or close all instances and join again`,
  },
  SOCOMM_STORE_IN_USE: {
    why: 'another program has the database of the store open',
    remedy: `End that program: ${BY_ITSELF}`,
  },
  SOCOMM_STORE_DAMAGED: {
    why: 'the store is damaged so that it cannot be opened',
    remedy: "Look with 'socomm doctor', and restore a backup",
  },
  SOCOMM_STORE_NEWER: {
    why: 'a newer version of socomm made the store',
    remedy: 'Update every program that uses the group',
  },
  SOCOMM_LOCK_UNAVAILABLE: {
    why: 'the lock of the store is not to be had: the file system does not lock, or the lock file cannot be opened',
    remedy: `Put the store on a local disk that this user may write: ${BY_ITSELF}`,
  },
};
