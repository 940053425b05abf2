/**
 * `owner.json`: who writes and where to reach it, and what the last batch was when a writer closed in order.
 * It decides nothing: the lock says who owns, LevelDB says what is stored. So a note that cannot be read counts as none.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { systemCode } from '../src/base/errors.js';
import { isPeerId } from '../src/base/ids.js';
import { writeFileAtomically } from './atomic-file.js';
import { LAYOUT } from './layout.js';
import type { OwnerNote } from './store.js';

export interface StoredOwnerNote {
  readonly storeId: string;
  /** Undefined where the writer closed before it announced itself. */
  readonly owner: OwnerNote | undefined;
  /** The highest term that this store is known to have seen. */
  readonly term: number;
  /** Number of the last batch, after a clean close only. */
  readonly cleanBatch: number | undefined;
}

/** Undefined where there is none, or none that can be read. Rejects only with errors of the disk. */
export async function readOwnerNote(directory: string): Promise<StoredOwnerNote | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, LAYOUT.ownerNote), 'utf8');
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
  const { storeId, owner, term, cleanBatch } = note;
  return writeFileAtomically(
    join(directory, LAYOUT.ownerNote),
    `${JSON.stringify({ ...owner, term, storeId, cleanBatch }, undefined, 2)}\n`,
  );
}

function parse(found: unknown): StoredOwnerNote | undefined {
  if (typeof found !== 'object' || found === null) return undefined;
  const { storeId, term, cleanBatch, peer, publisher, responder } = found as Readonly<Record<string, unknown>>;
  if (typeof storeId !== 'string' || !isCount(term)) return undefined;
  const isComplete = isPeerId(peer) && typeof publisher === 'string' && typeof responder === 'string';
  return {
    ...{ storeId, term },
    owner: isComplete ? { peer, term, publisher, responder } : undefined,
    cleanBatch: isCount(cleanBatch) ? cleanBatch : undefined,
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
