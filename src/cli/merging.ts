/**
 * Taking documents of a store that was elsewhere into a group: both sides' edits are kept. What was deleted here stays deleted, and
 * what was deleted there stays here.
 */

import { Y, isSocommError } from '../index.js';
import type { Instance, OpenDocument } from '../index.js';
import type { StoreView } from '../store.js';
import { countRoots, differencesOf } from './root-differences.js';
import type { RootDifference } from './root-differences.js';

export interface MergedDocument {
  readonly name: string;
  readonly roots: readonly RootDifference[];
}

export interface MergeReport {
  /** Only those in which something was new; `main` first. */
  readonly merged: readonly MergedDocument[];
  /** Why, of each that was not taken. */
  readonly leftOut: readonly string[];
}

export interface MergedBlobs {
  /** Those that were not here. */
  readonly count: number;
  readonly bytes: number;
}

export interface Merging {
  readonly signal: AbortSignal;
  readonly onDamage: (what: string) => void;
}

export async function mergeDocuments(instance: Instance, other: StoreView, { signal, onDamage }: Merging): Promise<MergeReport> {
  const merged: MergedDocument[] = [];
  const leftOut: string[] = [];
  const here = new Map((await instance.documents({ signal })).map(({ name, generation }) => [name, generation]));
  for (const { id, name, generation } of documentsOf(other)) {
    const target = await openTarget(instance, here, { name, generation, signal });
    if (target === undefined) {
      leftOut.push(`document ${name} was left out: it was deleted here`);
      continue;
    }
    const doc = await other.read(id, { onDamage });
    const before = countRoots(target.doc);
    target.transact(() => Y.applyUpdate(target.doc, Y.encodeStateAsUpdate(doc), instance));
    const roots = differencesOf(before, countRoots(target.doc));
    if (roots.length > 0) merged.push({ name, roots });
    doc.destroy();
    await target.close();
  }
  return { merged, leftOut };
}

/** To be done before the documents that name them are: nobody is to see a name whose blob is not there. */
export async function mergeBlobs(instance: Instance, other: StoreView, { signal, onDamage }: Merging): Promise<MergedBlobs> {
  let count = 0;
  let sum = 0;
  for await (const { hash, bytes, content } of other.blobs()) {
    if (await instance.blobs.has(hash)) continue;
    try {
      await instance.blobs.put(content(), { signal });
    } catch (error) {
      // What the documents there name and nobody can read is missing there, too.
      if (!isSocommError(error, 'SOCOMM_BLOB_DAMAGED')) throw error;
      onDamage(`blob ${hash} was left out: what is there of it is not what was put`);
      continue;
    }
    count++;
    sum += bytes;
  }
  return { count, bytes: sum };
}

interface Stored {
  readonly id: string;
  readonly name: string;
  readonly generation: number;
}

/** What people made there, `main` first: not the catalogue of it. Of one name, the last generation is what it is. */
function documentsOf(other: StoreView): readonly Stored[] {
  const stored = other.documents().map(({ name: id }) => {
    const [, name = id, generation = '1'] = /^(.*)~(\d+)$/.exec(id) ?? [];
    return { id, name, generation: Number(generation) };
  });
  const latest = new Map<string, Stored>();
  for (const each of stored) if (each.generation >= (latest.get(each.name)?.generation ?? 0)) latest.set(each.name, each);
  const main = latest.get(MAIN);
  const others = [...latest.values()].filter(({ id, name }) => name !== MAIN && !id.startsWith('~'));
  return main === undefined ? others : [main, ...others];
}

/** The document of that name here; undefined where this one was deleted here. */
async function openTarget(
  instance: Instance,
  here: ReadonlyMap<string, number>,
  { name, generation, signal }: Omit<Stored, 'id'> & { readonly signal: AbortSignal },
): Promise<OpenDocument | undefined> {
  const known = name === MAIN ? 1 : here.get(name);
  if (known !== undefined) return known > generation ? undefined : instance.document(name, { signal });
  const document = await instance.document(name, { signal });
  // There is none of that name: either there never was, or it was deleted, and now it is made anew.
  const made = instance.inspect().documents.find((each) => each.kind === 'stored' && each.name === name)?.generation ?? 1;
  if (made <= generation) return document;
  await document.close();
  await instance.deleteDocument(name, { signal });
  return undefined;
}

const MAIN = 'main';
