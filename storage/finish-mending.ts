/**
 * The second half of mending, from the point of no return on: the folder `mending/` is there, whole, with a database and the
 * account of what was found. The damaged database goes into `quarantine/`, the new one takes its place, the account is returned.
 * Nothing is deleted but the empty shell. The first half is mending.ts. Spec: docs/STORAGE.md, "Mending".
 */

import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { syncDirectory, writeFileAtomically } from './atomic-file.js';
import { exists, makeFolder, moveAway, nothing, whereMissing } from './finish-restore.js';
import { LAYOUT } from './layout.js';
import type { StoreNote } from './store-note.js';
import type { Damage } from './store.js';

/** In `mending/`, and later beside what was put away. */
export const ACCOUNT = 'account.json';

export interface MendingAccount {
  readonly storeId: string;
  /** The folder in `quarantine/` that the damaged database goes to. */
  readonly kept: string;
  readonly damage: readonly Pick<Damage, 'document' | 'what'>[];
}

/**
 * Brings to its end what was decided and not finished; returns what was found damaged, which nobody may have been told. To be
 * called by whoever opens the store, with the lock held. May be killed and called again at any step.
 */
export async function finishMending(
  directory: string,
  { storeId }: StoreNote,
  step: (name: string) => void = nothing,
): Promise<readonly Damage[]> {
  const mending = join(directory, LAYOUT.mending);
  // At once: a takeover waits for it.
  if (!existsSync(mending)) return [];
  const text = await readFile(join(mending, ACCOUNT), 'utf8').catch(whereMissing);
  // All but the last file of it was cleaned up when somebody was killed.
  if (text === undefined) return [];
  const account = JSON.parse(text) as MendingAccount;
  if (account.storeId !== storeId) {
    // A restore came in between: the store that this was made of is kept in `backups/` or in `quarantine/`.
    await rm(mending, { recursive: true, force: true });
    return [];
  }
  const kept = join(directory, LAYOUT.quarantine, account.kept);
  // As long as the new database is not in its place, what lies there is the damaged one.
  if (await exists(join(mending, LAYOUT.level))) {
    step('keep');
    await makeFolder(kept);
    // With these the folder is a store that tools can look at.
    await copyOver(join(directory, LAYOUT.storeNote), join(kept, LAYOUT.storeNote));
    await writeFileAtomically(join(kept, ACCOUNT), text);
    for (const name of [LAYOUT.ownerNote, LAYOUT.level]) {
      step(`move away ${name}`);
      await moveAway(directory, kept, name);
    }
    await syncDirectory(join(directory, LAYOUT.quarantine));
    await syncDirectory(directory);
    step('move in level');
    await rename(join(mending, LAYOUT.level), join(directory, LAYOUT.level));
    await syncDirectory(directory);
  }
  step('clean up');
  await rm(mending, { recursive: true, force: true });
  return account.damage.map(({ document, what }) => ({ document, what, keptAs: kept }));
}

async function copyOver(from: string, to: string): Promise<void> {
  const content = await readFile(from).catch(whereMissing);
  if (content !== undefined) await writeFileAtomically(to, content);
}
