/**
 * Makes a sound store of what can still be read of a damaged one: what verifies, what spills and checkpoints of the same
 * store can add, and nothing else. The old one is kept in `backups/`, untouched. Done only when a person asks for it.
 */

import { join } from 'node:path';

import { linkBlobs } from '../../storage/blobs/linking.js';
import { FileBundleFolder } from '../../storage/bundle-folder.js';
import { decodeBundle } from '../../storage/bundle.js';
import type { Bundle } from '../../storage/bundle.js';
import { LAYOUT } from '../../storage/layout.js';
import { replaceStore } from '../../storage/restore.js';
import { salvageStore } from '../../storage/salvage.js';
import { SocommError, describe } from '../base/errors.js';
import { systemRandom } from '../base/random.js';
import { addBundled, isWhole, storableStateOf } from '../replica/bundled-document.js';
import { StoredDoc, loadStoredDocument } from '../replica/stored-document.js';
import { PACKAGE_VERSION } from '../version.js';
import { holdGroup } from './hold-group.js';
import { inspectGroup } from './look-at-groups.js';
import type { LookOptions } from './look-at-groups.js';
import { readNote } from './restore-group.js';

export interface RepairedGroup {
  readonly directory: string;
  readonly storeId: string;
  /** Where the store lies that was there before. */
  readonly kept: string | undefined;
  readonly documents: readonly string[];
  /** What could not be read, for people. */
  readonly lost: readonly string[];
  /** What was taken in from elsewhere, for people. */
  readonly added: readonly string[];
}

/** Errors: SOCOMM_STORE_GONE where there is no store, SOCOMM_STORE_IN_USE while a peer lives, SOCOMM_STORE_NEWER, SOCOMM_STORE_FAILED. */
export async function repairGroup(group: string, options: LookOptions = {}): Promise<RepairedGroup> {
  const { directory: path, store } = await inspectGroup(group, options);
  if (store === undefined) throw new SocommError('SOCOMM_STORE_GONE', `${path} holds no store: there is nothing to repair.`);
  return holdGroup(group, options, async ({ directory, locks }) => {
    const note = await readNote(directory);
    const { documents, term, damage } = await salvageStore(directory);
    const lost = note === undefined ? ['store.json cannot be understood: it is written anew', ...damage] : [...damage];
    const added: string[] = [];
    const docs = new Map<string, StoredDoc>();
    for (const [name, loaded] of documents) docs.set(name, openAnyhow(name, loaded, lost));
    // What nobody confirmed yet is part of what there is; what was there at a checkpoint can only fill holes.
    await takeIn(docs, await readBundles(directory, LAYOUT.spill, lost), added);
    const holes = [...docs].filter(([, doc]) => !isWhole(doc)).length;
    if (damage.length > 0 || holes > 0) {
      const checkpoints = await readBundles(directory, LAYOUT.checkpoints, lost);
      await takeIn(
        docs,
        note === undefined ? [] : checkpoints.filter(({ bundle }) => bundle.storeId === (note.next ?? note.storeId)),
        added,
      );
    }
    const whole = [...docs].map(([document, doc]) => {
      if (!isWhole(doc)) lost.push(`document ${document}: a part that builds on something missing is left out`);
      const { state, stateVector } = storableStateOf(doc);
      doc.destroy();
      return { document, state, stateVector };
    });
    const { storeId, kept } = await replaceStore(directory, {
      group,
      locks,
      note,
      term,
      documents: whole,
      packageVersion: PACKAGE_VERSION,
      random: systemRandom,
    });
    if (kept !== undefined) await linkBlobs(directory, kept);
    return { directory, storeId, kept, documents: whole.map(({ document }) => document), lost, added };
  });
}

function openAnyhow(name: string, loaded: Parameters<typeof loadStoredDocument>[0], lost: string[]): StoredDoc {
  try {
    return loadStoredDocument(loaded);
  } catch (error) {
    lost.push(`document ${name} verifies and cannot be read (${describe(error)})`);
    return new StoredDoc();
  }
}

interface NamedBundle {
  readonly name: string;
  readonly bundle: Bundle;
}

async function readBundles(directory: string, folderName: string, lost: string[]): Promise<readonly NamedBundle[]> {
  const folder = new FileBundleFolder(join(directory, folderName));
  const bundles: NamedBundle[] = [];
  for (const name of await folder.list()) {
    const bytes = await folder.read(name);
    const decoded = bytes === undefined ? undefined : decodeBundle(bytes);
    if (decoded?.ok === true) bundles.push({ name: `${folderName}/${name}`, bundle: decoded.value });
    else if (decoded !== undefined) lost.push(`${folderName}/${name} does not verify (${decoded.reason})`);
  }
  return bundles;
}

async function takeIn(docs: Map<string, StoredDoc>, bundles: readonly NamedBundle[], added: string[]): Promise<void> {
  for (const { name: from, bundle } of bundles) {
    for (const { name, encoding, bytes } of bundle.documents) {
      const doc = docs.get(name) ?? new StoredDoc();
      docs.set(name, doc);
      const before = storableStateOf(doc).digest;
      addBundled(doc, { encoding, bytes });
      if (storableStateOf(doc).digest !== before) added.push(`document ${name}: what ${from} had beyond it`);
    }
  }
}
