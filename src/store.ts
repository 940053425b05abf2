/**
 * `socomm/store`: what lies in a store, for scripts and tools, without joining: of a directory that nobody runs, or of a
 * backup or checkpoint, which is one file. It elects nobody and changes no byte.
 *
 * ```js
 * const store = await openStore('/backups/2026-11-23.socomm');
 * const doc = await store.read('main');
 * const { findings } = await store.verify();
 * await store.close();
 * ```
 */

export { openStore } from './maintenance/open-store.js';
export type { StoreFinding, StoreVerification, StoreView, StoreViewBlob, StoreViewDocument } from './maintenance/store-view.js';
/** The Yjs that this copy works with. */
export { Y } from './replica/replica.js';
