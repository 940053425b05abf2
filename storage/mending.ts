/**
 * A store whose database LevelDB must not read, or does not, goes on by itself: of what verifies in it a new one is made
 * (mended-level), in a folder beside it, and takes its place under the same store id. One rename of that folder, from `mending.new/` to
 * `mending/`, is the point of no return: before it the store is untouched, after it whoever opens next goes on from there.
 * Where nothing verifies, no empty store takes the place of one that held something, but for who has all of it in replicas.
 * Who calls this holds `owner.lock`. Spec: docs/STORAGE.md, "Mending".
 */

import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { SocommError, describe } from '../src/base/errors.js';
import { flushDrive, syncDirectory, writeFileAtomically } from './atomic-file.js';
import { ACCOUNT, finishMending } from './finish-mending.js';
import type { MendingAccount } from './finish-mending.js';
import { exists, nothing } from './finish-restore.js';
import { LAYOUT } from './layout.js';
import { storeFailure } from './level-open.js';
import { mendLevel } from './mended-level.js';
import type { MendingSource } from './mended-level.js';
import type { Damage } from './store.js';

export interface MendingOptions extends MendingSource {
  /** Why it has to be. */
  readonly failure: SocommError;
  /** Who opens has the whole state already. */
  readonly isReplicaWhole: boolean;
  /** Throws where the lock is not ours any more. */
  readonly checkOwned: () => void;
  /** For tests: called before each step, and may throw. */
  readonly step?: ((name: string) => void) | undefined;
}

/** What was found. Rejects with `failure` where nothing verifies, else as `Store.open()`: the store is then as it was. */
export async function mendStore(options: MendingOptions): Promise<readonly Damage[]> {
  const { directory, note, failure, isReplicaWhole, checkOwned, step = nothing } = options;
  const unfinished = join(directory, `${LAYOUT.mending}.new`);
  try {
    step('clear');
    await rm(unfinished, { recursive: true, force: true });
    step('build');
    const { damage, holdsAnything } = await mendLevel(options, unfinished);
    if (!holdsAnything && !isReplicaWhole) throw failure;
    const account: MendingAccount = {
      storeId: note.storeId,
      kept: await freeName(directory),
      damage: [{ document: undefined, what: summaryOf(holdsAnything) }, ...damage.map(({ document, what }) => ({ document, what }))],
    };
    await writeFileAtomically(join(unfinished, ACCOUNT), `${JSON.stringify(account, undefined, 2)}\n`);
    await flushDrive(join(directory, LAYOUT.ownerLock));
    checkOwned();
    step('decide');
    await rename(unfinished, join(directory, LAYOUT.mending));
    await syncDirectory(directory);
  } catch (cause) {
    // What cannot be deleted now is deleted by the next attempt.
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    if (cause === failure) throw failure;
    const { code } = storeFailure(directory, 'mending the store', cause);
    throw new SocommError(code, `${failure.message} What verifies could not be put into a new database: ${describe(cause)}`, { cause });
  }
  return finishMending(directory, note, step);
}

function summaryOf(holdsAnything: boolean): string {
  return holdsAnything
    ? 'the database was damaged; the whole of it was put away, and what verifies went into a new one'
    : 'the database was damaged and nothing of it verifies; the whole of it was put away, and a new one begins with what the live peers have';
}

/** The same damage may be met twice, where somebody puts the files back. */
async function freeName(directory: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = `store.${number}`;
    if (!(await exists(join(directory, LAYOUT.quarantine, name)))) return name;
  }
}
