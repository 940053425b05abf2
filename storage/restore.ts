/**
 * Puts another store in the place of the one that is there: for a restore and for a repair. The new one is built whole, as
 * a store of its own with a new id, in the folder `replacement/` beside the old. One atomic write of `store.json`, which
 * then names both ids, is the point of no return: before it the old store is untouched, after it whoever opens next
 * brings the exchange to its end. Nothing is deleted: the old goes into `backups/`. Who calls this holds `owner.lock`.
 * Spec: docs/STORAGE.md, "Restore".
 *
 *   1 build and read back replacement/   2 store.json names both   3 old → backups/   4 new → its place   5 store.json names the new
 */

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { SocommError } from '../src/base/errors.js';
import { syncDirectory, writeFileAtomically } from './atomic-file.js';
import { finishMending } from './finish-mending.js';
import { exists, finishRestore, keptFolder, makeFolder, nothing, whereMissing } from './finish-restore.js';
import { LAYOUT } from './layout.js';
import { storeFailure } from './level-open.js';
import { LevelStore } from './level-store.js';
import type { LevelStoreOptions } from './level-store.js';
import { STORE_FORMAT, writeStoreNote } from './store-note.js';
import type { StoreNote } from './store-note.js';
import type { Snapshot } from './store.js';

export interface ReplacementOptions extends Pick<LevelStoreOptions, 'group' | 'packageVersion' | 'locks' | 'random'> {
  /** What `store.json` says now; undefined where there is none, or none that can be understood. */
  readonly note: StoreNote | undefined;
  /** At least as high as any term that the old store and the source of the new one have seen. */
  readonly term: number;
  readonly documents: readonly Pick<Snapshot, 'document' | 'state' | 'stateVector'>[];
  /** For tests: called before each step, and may throw. */
  readonly step?: (name: string) => void;
}

export interface ReplacedStore {
  readonly storeId: string;
  /** Where the old one lies now; undefined where there was none. */
  readonly kept: string | undefined;
}

/** Errors: SOCOMM_STORE_FAILED. Where it rejects before the point of no return, the old store is as it was. */
export async function replaceStore(directory: string, options: ReplacementOptions): Promise<ReplacedStore> {
  const { step = nothing } = options;
  const replacement = join(directory, LAYOUT.replacement);
  let kept: string | undefined;
  try {
    // One that was decided before and killed is the old one of this.
    const note = options.note && (await finishRestore(directory, options.note));
    if (note !== undefined) await finishMending(directory, note);
    step('clear');
    await rm(replacement, { recursive: true, force: true });
    step('build');
    const storeId = await build(replacement, options);
    const old = note?.storeId ?? storeId;
    if (await holdsAnything(directory)) kept = keptFolder(directory, old, storeId);
    if (kept !== undefined) {
      step('keep');
      await keepNote(directory, kept);
    }
    step('decide');
    const { group, packageVersion } = options;
    const decided: StoreNote = { format: STORE_FORMAT, storeId: old, next: storeId, group, packageVersion };
    await writeStoreNote(directory, decided);
    await finishRestore(directory, decided, step);
    return { storeId, kept };
  } catch (cause) {
    if (!(await isDecided(directory))) await dropLeftovers([replacement, kept]);
    throw storeFailure(directory, 'putting another store in its place', cause);
  }
}

/** An update without content (no structs, nothing deleted), which every version of Yjs takes. */
const NOTHING = Uint8Array.of(0, 0);

/** Made and closed as any store is, then opened again and compared: a disk that was full has been known to confirm and to forget. */
async function build(directory: string, { term, documents, ...options }: ReplacementOptions): Promise<string> {
  await makeFolder(directory);
  const store = new LevelStore({ directory, ...options });
  try {
    if (!store.lock.tryAcquire()) throw new SocommError('SOCOMM_STORE_IN_USE', `${directory} is in use: another restore is at work there.`);
    await store.open();
    // A record of nothing each: a document without any would not count in the sum by which an opening knows that none is missing.
    const counted = documents.map(({ document }) => ({ document, update: NOTHING, origins: new Map(), isTakeover: false }));
    await store.append(term, counted);
    for (const document of documents) await store.replace(term, { ...document, through: 1 });
    await store.close({ clean: true });
    const { storeId, damage } = await store.open();
    for (const { document, state } of documents) {
      const { snapshot, updates } = await store.load(document);
      if (damage.length > 0 || updates.length > 0 || snapshot === undefined || Buffer.compare(snapshot, state) !== 0) {
        throw new SocommError(
          'SOCOMM_STORE_FAILED',
          `${directory}: document ${document} does not come back as it was written. Look at the disk.`,
        );
      }
    }
    await store.close({ clean: true });
    await syncDirectory(directory);
    return storeId;
  } finally {
    await store.close({ clean: false });
    store.lock.release();
  }
}

async function holdsAnything(directory: string): Promise<boolean> {
  for (const name of [LAYOUT.storeNote, LAYOUT.level, LAYOUT.ownerNote, LAYOUT.spill]) if (await exists(join(directory, name))) return true;
  return false;
}

/** What cannot be deleted now is deleted by the next restore, and harms nobody until then: the failure before it is the one to tell. */
async function dropLeftovers(folders: readonly (string | undefined)[]): Promise<void> {
  const given = folders.filter((folder) => folder !== undefined);
  await Promise.allSettled(given.map((folder) => rm(folder, { recursive: true, force: true })));
}

/** Byte for byte, whatever it says: with it the folder is a whole store, which tools can open. */
async function keepNote(directory: string, kept: string): Promise<void> {
  await makeFolder(kept);
  const text = await readFile(join(directory, LAYOUT.storeNote)).catch(whereMissing);
  if (text !== undefined) await writeFileAtomically(join(kept, LAYOUT.storeNote), text);
}

async function isDecided(directory: string): Promise<boolean> {
  let text: string | undefined;
  try {
    text = await readFile(join(directory, LAYOUT.storeNote), 'utf8').catch(whereMissing);
  } catch {
    return true; // not known: then nothing is deleted
  }
  try {
    return typeof (JSON.parse(text ?? '{}') as { next?: unknown }).next === 'string';
  } catch {
    return false; // what cannot be understood was so before
  }
}
