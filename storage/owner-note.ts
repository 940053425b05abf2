/**
 * `owner.json`: who writes and where to reach it, and what the last batch was when a writer closed in order.
 * It decides nothing: the lock says who owns, LevelDB says what is stored. So a note that cannot be read counts as none.
 * What it says of a clean close is how a later loss is told that leaves no hole.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { systemCode } from '../src/base/errors.js';
import { isPeerId } from '../src/base/ids.js';
import { writeFileAtomically } from './atomic-file.js';
import { LAYOUT } from './layout.js';
import type { LevelFiles } from './level-files.js';
import type { OwnerNote } from './store.js';

export interface StoredOwnerNote {
  readonly storeId: string;
  /** Undefined where the writer closed before it announced itself. */
  readonly owner: OwnerNote | undefined;
  /** The highest term that this store is known to have seen. */
  readonly term: number;
  /** Number of the last batch, after a clean close only. */
  readonly cleanBatch: number | undefined;
  /** LevelDB's files after a clean close; while somebody writes, the tables that were sound when it was opened. */
  readonly files?: LevelFiles | undefined;
}

/** Undefined where there is none, or none that can be read. Rejects only with errors of the disk. */
export async function readOwnerNote(directory: string): Promise<StoredOwnerNote | undefined> {
  let text: string;
  try {
    // At once: a takeover waits for it, and a busy machine takes longer to come back from the pool than to read so little.
    text = readFileSync(join(directory, LAYOUT.ownerNote), 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    return parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function writeOwnerNote(directory: string, note: StoredOwnerNote): Promise<void> {
  const { storeId, owner, term, cleanBatch, files } = note;
  return writeFileAtomically(
    join(directory, LAYOUT.ownerNote),
    `${JSON.stringify({ ...owner, term, storeId, cleanBatch, files }, undefined, 2)}\n`,
  );
}

function parse(found: unknown): StoredOwnerNote | undefined {
  if (typeof found !== 'object' || found === null) return undefined;
  const { storeId, term, cleanBatch, files, peer, publisher, responder } = found as Readonly<Record<string, unknown>>;
  if (typeof storeId !== 'string' || !isCount(term)) return undefined;
  const isComplete = isPeerId(peer) && typeof publisher === 'string' && typeof responder === 'string';
  return {
    ...{ storeId, term },
    owner: isComplete ? { peer, term, publisher, responder } : undefined,
    cleanBatch: isCount(cleanBatch) ? cleanBatch : undefined,
    files: isLevelFiles(files) ? files : undefined,
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isLevelFiles(value: unknown): value is LevelFiles {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((file: unknown) => {
    if (typeof file !== 'object' || file === null) return false;
    const { bytes, crc } = file as Readonly<Record<string, unknown>>;
    return isCount(bytes) && isCount(crc);
  });
}
