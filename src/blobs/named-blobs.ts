/** The blobs that some documents name, for whoever carries both away together; and putting them where they are missing. */

import type { BundledBlob } from '../../storage/bundle-blobs.js';
import { isSocommError } from '../base/errors.js';
import type { BlobStore } from '../../storage/blobs/blob-store.js';
import { ReferenceScan } from './reference-scan.js';

/** Those that are there and sound; each was read through. What is damaged is told by the store, and left out. */
export async function namedBlobs(store: BlobStore, documents: Iterable<Uint8Array>, signal?: AbortSignal): Promise<readonly BundledBlob[]> {
  const all = await store.list();
  const scan = new ReferenceScan(new Set(all.map(({ hash }) => hash)), signal);
  if (all.length > 0) for (const bytes of documents) await scan.read(bytes);
  const named: BundledBlob[] = [];
  for (const { hash, bytes } of all) {
    if (!scan.found.has(hash)) continue;
    signal?.throwIfAborted();
    if (await isSound(store, hash)) named.push({ hash, bytes, content: () => store.stream(hash) });
  }
  return named;
}

async function isSound(store: BlobStore, hash: BundledBlob['hash']): Promise<boolean> {
  try {
    for await (const piece of store.stream(hash)) void piece;
    return true;
  } catch (error) {
    if (isSocommError(error, 'SOCOMM_BLOB_DAMAGED') || isSocommError(error, 'SOCOMM_BLOB_MISSING')) return false;
    throw error;
  }
}

/** Puts what is missing or damaged. Durable when it resolves. Returns how many these were. */
export async function takeInBlobs(store: BlobStore, blobs: AsyncIterable<BundledBlob>): Promise<number> {
  let count = 0;
  for await (const { hash, content } of blobs) {
    if (await isSound(store, hash)) continue;
    await store.putStream(content());
    count++;
  }
  return count;
}
