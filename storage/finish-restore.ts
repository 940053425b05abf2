/**
 * The second half of putting another store in the place of the one that is there, from the point of no return on: what
 * `store.json` has decided comes about, however often it is killed on the way. The first half is restore.ts.
 * Nothing is deleted but the empty shell of the replacement; the old store goes into `backups/`. Spec: docs/STORAGE.md, "Restore".
 */

import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { systemCode } from '../src/base/errors.js';
import { syncDirectory } from './atomic-file.js';
import { LAYOUT } from './layout.js';
import { writeStoreNote } from './store-note.js';
import type { StoreNote } from './store-note.js';

/**
 * Brings an exchange to its end that was decided and not finished; returns the note that counts from then on. To be called
 * by whoever opens the store, right after reading `store.json`, with the lock held. May be killed and called again at any step.
 */
export async function finishRestore(directory: string, note: StoreNote, step: (name: string) => void = nothing): Promise<StoreNote> {
  if (note.next === undefined) return note;
  const replacement = join(directory, LAYOUT.replacement);
  const kept = keptFolder(directory, note.storeId, note.next);
  // As long as the new database is not in its place, what lies there is the old one.
  if (await exists(join(replacement, LAYOUT.level))) {
    for (const name of [LAYOUT.spill, LAYOUT.ownerNote, LAYOUT.level]) {
      step(`move away ${name}`);
      await moveAway(directory, kept, name);
    }
    await syncDirectory(directory);
    step('move in level');
    await rename(join(replacement, LAYOUT.level), join(directory, LAYOUT.level));
  }
  step('move in owner.json');
  await renameIfThere(join(replacement, LAYOUT.ownerNote), join(directory, LAYOUT.ownerNote));
  await syncDirectory(directory);
  step('finish');
  const final: StoreNote = { format: note.format, storeId: note.next, group: note.group, packageVersion: note.packageVersion };
  await writeStoreNote(directory, final);
  step('clean up');
  await rm(replacement, { recursive: true, force: true });
  return final;
}

/** Both ids, and so never twice, and the same each time the exchange is taken up again. */
export function keptFolder(directory: string, oldId: string, newId: string): string {
  return join(directory, LAYOUT.backups, `replaced-${oldId.slice(0, 8)}-by-${newId.slice(0, 8)}`);
}

/** What lies in `kept` already was moved there before: it stays. */
export async function moveAway(directory: string, kept: string, name: string): Promise<void> {
  // What was moved before the kill is the old one; what lies there since then is not.
  if (await exists(join(kept, name))) return;
  if (!(await exists(join(directory, name)))) return;
  await makeFolder(kept);
  await rename(join(directory, name), join(kept, name));
  await syncDirectory(kept);
}

export async function makeFolder(kept: string): Promise<void> {
  await mkdir(kept, { recursive: true, mode: 0o700 });
}

async function renameIfThere(from: string, to: string): Promise<void> {
  if (await exists(from)) await rename(from, to);
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(whereMissing)) !== undefined;
}

export function whereMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
  return undefined;
}

export function nothing(): void {
  // nobody watches the steps
}
