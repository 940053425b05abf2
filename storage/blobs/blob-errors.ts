/** What goes wrong with blobs, as errors that say what to do. */

import { SocommError, isSocommError, systemCode } from '../../src/base/errors.js';
import type { BlobHash } from './blob-hash.js';

export function blobMissing(hash: BlobHash, location: string): SocommError {
  return new SocommError(
    'SOCOMM_BLOB_MISSING',
    `there is no blob ${hash} in ${location}. It was never put into this group, or no document has named it for long. Put its content again.`,
  );
}

export function blobDamaged(hash: BlobHash, location: string): SocommError {
  return new SocommError(
    'SOCOMM_BLOB_DAMAGED',
    `what ${location} holds of blob ${hash} is not what was put there; it was moved aside into quarantine/. Put its content again, or take it from a backup.`,
  );
}

export function blobTooLarge(bytes: number, bytesMax: number, advice: string): SocommError {
  return new SocommError('SOCOMM_TOO_LARGE', `a blob of ${bytes} bytes: at most ${bytesMax} go ${advice}`);
}

/** Of the folder of blobs; `storeDirectory` is what must be there. */
export function blobsFailed(location: string, doing: string, cause: unknown): SocommError {
  if (isSocommError(cause)) return cause;
  const code = systemCode(cause);
  if (code === 'ENOENT')
    return new SocommError(
      'SOCOMM_STORE_GONE',
      `${location}: ${doing} failed, because the store's directory is gone. It is not made anew.`,
      {
        cause,
      },
    );
  const said = cause instanceof Error ? cause.message : String(cause);
  return new SocommError(
    'SOCOMM_STORE_FAILED',
    `${location}: ${doing} failed (${said}). Look at free space, permissions and the health of the disk.`,
    {
      cause,
    },
  );
}
