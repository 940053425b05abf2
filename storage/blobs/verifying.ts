/** Reads every file of blobs through, and says what is wrong. Changes nothing, and believes no index. */

import { readdir } from 'node:fs/promises';

import { systemCode } from '../../src/base/errors.js';
import { BlobFiles, whereMissing } from './blob-files.js';
import { BLOB_HASH_CHARS, RunningHash, hashOf } from './blob-hash.js';
import type { BlobHash } from './blob-hash.js';
import type { BlobFinding } from './blob-store.js';
import { BLOB_PIECE_BYTES } from './limits.js';
import { scanPack } from './pack-scan.js';

export async function* verifyFiles(files: BlobFiles): AsyncGenerator<BlobFinding, void, undefined> {
  for (const file of await files.list()) {
    if (file.kind === 'pack') yield* verifyPack(files, file.name);
    else if (file.kind === 'single' && (await hashOfFile(files, file.name)) !== file.hash && (await files.size(file.name)) !== undefined)
      yield { file: file.name, hash: file.hash, what: 'its content is not what was put there' };
  }
}

/** All that lies in the folder `quarantine/`, but for damaged blobs themselves; each piece begins with the end of the one before. */
export async function* readAside(quarantine: string): AsyncGenerator<Uint8Array, void, undefined> {
  const names = await readdir(quarantine).catch(whereMissing<readonly string[]>([]));
  const files = new BlobFiles(quarantine);
  for (const name of names) {
    if (name.startsWith('store.blob-')) continue;
    const size = await files.size(name);
    for (let at = 0; at < (size ?? 0); at += BLOB_PIECE_BYTES) {
      const from = Math.max(0, at - BLOB_HASH_CHARS);
      const piece = await files.read(name, from, BLOB_PIECE_BYTES + (at - from)).catch(whereFolder);
      if (piece !== undefined) yield piece;
    }
  }
}

/** What LevelDB kept of a whole database is a folder, and compressed. */
function whereFolder(error: unknown): undefined {
  if (systemCode(error) !== 'EISDIR') throw error;
}

async function* verifyPack(files: BlobFiles, name: string): AsyncGenerator<BlobFinding, void, undefined> {
  const size = await files.size(name);
  const scan = await files.with(name, 'r', (file) => scanPack(file, 0, size ?? 0));
  // It was moved meanwhile: what it held is read at its new place.
  if (scan === undefined) return;
  for (const { from, to } of scan.gaps) yield { file: name, hash: undefined, what: `bytes ${from} to ${to} are no entry` };
  for (const { hash, offset, length } of scan.entries) {
    const content = await files.read(name, offset, length);
    if (content !== undefined && hashOf(content) !== hash)
      yield { file: name, hash, what: `the content at byte ${offset} is not what was put there` };
  }
}

async function hashOfFile(files: BlobFiles, name: string): Promise<BlobHash> {
  const running = new RunningHash();
  for (let at = 0; ;) {
    const piece = await files.read(name, at, BLOB_PIECE_BYTES);
    if (piece === undefined || piece.length === 0) return running.finish();
    running.add(piece);
    at += piece.length;
  }
}
