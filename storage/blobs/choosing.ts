/** Which files are worth withdrawing: large blobs that may go, packs that are mostly dead, and small packs where there are many. */

import type { BlobHash } from './blob-hash.js';
import type { BlobIndex, IndexedFile } from './blob-index.js';
import { PACKS_SMALL_MAX, PACK_REWRITTEN_BYTES_MAX, PACK_SMALL_BYTES } from './limits.js';
import { PACK_HEAD_BYTES } from './pack-entry.js';

/** Their names. Nothing that is withdrawn already. */
export function chooseFiles(index: BlobIndex, candidates: ReadonlySet<BlobHash>): readonly string[] {
  const files = [...index.files].filter(({ file }) => !file.isRetired).sort((left, right) => (left.file.name < right.file.name ? -1 : 1));
  /** A second copy of what another file holds is dead, but in one of the two only. */
  const claimed = new Set<BlobHash>();
  const isDead = (hash: BlobHash): boolean => candidates.has(hash) || claimed.has(hash);
  const chosen: string[] = [];
  const small: IndexedFile[] = [];
  let rewritten = 0;
  for (const known of files) {
    const { file, hashes, size } = known;
    const live = [...hashes].filter((hash) => !isDead(hash));
    const liveBytes = live.reduce((sum, hash) => sum + PACK_HEAD_BYTES + bytesIn(index, file.name, hash), 0);
    const isMostlyDead = file.kind === 'single' ? live.length === 0 : liveBytes * 2 <= size;
    if (isMostlyDead && rewritten + liveBytes <= PACK_REWRITTEN_BYTES_MAX) {
      chosen.push(file.name);
      rewritten += liveBytes;
      // What it holds alone stays its own: it is copied.
      if (file.kind === 'pack') for (const hash of live) claimed.add(hash);
      continue;
    }
    for (const hash of live) claimed.add(hash);
    if (file.kind === 'pack' && size < PACK_SMALL_BYTES) small.push(known);
  }
  if (small.length > PACKS_SMALL_MAX) chosen.push(...small.map(({ file }) => file.name));
  return chosen;
}

function bytesIn(index: BlobIndex, name: string, hash: BlobHash): number {
  return index.places(hash).find(({ file }) => file === name)?.length ?? 0;
}
