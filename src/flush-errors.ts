/** With what `flush()` rejects, and what it says: the same change is applied and replicated all the while. */

import { SocommError, isSocommError } from './base/errors.js';
import type { SocommErrorCode } from './base/errors.js';
import type { Peer } from './peer.js';
import { stallText } from './stall-text.js';

export function flushTimeout({ options: { group }, synchronizer }: Peer, timeoutMs: number): SocommError {
  const { stallReason, writer } = synchronizer.state;
  const late = `nobody confirmed within ${timeoutMs} ms that the change is on disk; it is applied and travels all the same`;
  if (stallReason !== undefined) return new SocommError('SOCOMM_FLUSH_TIMEOUT', `${late}: ${stallText({ group, reason: stallReason })}`);
  const why =
    writer === undefined
      ? `group ${group} has no writer at the moment: one is being found, or the lock is held by somebody who does not answer`
      : `the writer of group ${group} is busy, or its disk is slow`;
  return new SocommError('SOCOMM_FLUSH_TIMEOUT', `${late}: ${why}. Call flush() again to wait on, or look with 'socomm status ${group}'`);
}

export function flushFailed({ options: { group }, candidacy }: Peer, code: SocommErrorCode): SocommError {
  switch (code) {
    case 'SOCOMM_NO_WRITER':
      return new SocommError(code, `nobody in group ${group} may write to disk: join one instance with storage: 'auto'`);
    case 'SOCOMM_CLOSED':
      return new SocommError(code, `this instance of group ${group} was closed before the writer confirmed`);
    default: {
      const { failure } = candidacy;
      const own = isSocommError(failure, code) ? failure : undefined;
      return new SocommError(code, stallText({ group, reason: code, failure: own?.message }), { cause: own });
    }
  }
}
