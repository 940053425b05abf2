/** What `socomm/store` opens: a directory that nobody runs, or one file. */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { storeFailure } from '../../storage/level-open.js';
import { systemCode } from '../base/errors.js';
import { openBundleView } from './bundle-view.js';
import { openDirectoryView } from './directory-view.js';
import type { StoreView } from './store-view.js';

/**
 * Opens the directory of a store, or a backup, for looking only. `signal` ends the opening and, later, what is read: between
 * two documents. Errors: SOCOMM_DIRECTORY_INVALID where there is neither, SOCOMM_STORE_IN_USE while a writer lives,
 * SOCOMM_STORE_DAMAGED and SOCOMM_BACKUP_DAMAGED where nothing can be read, SOCOMM_STORE_NEWER, SOCOMM_NATIVE_MISSING; the signal's reason.
 */
export async function openStore(path: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<StoreView> {
  if (typeof path !== 'string' || path === '') throw new TypeError('openStore() takes the path of a store directory or of a backup');
  signal?.throwIfAborted();
  const location = resolve(path);
  const found = await stat(location).catch((error: unknown) => {
    // Whoever reads it says what is wrong.
    if (systemCode(error) === undefined) throw error;
  });
  try {
    return await (found?.isDirectory() === true ? openDirectoryView(location, signal) : openBundleView(location, signal));
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw storeFailure(location, 'looking at the store', cause);
  }
}
