/**
 * The directory of a store as `openStore()` shows it: a copy of its database, and the files beside it, which nobody writes
 * while this is looked at, or it does not matter. Verifying reads every value of every generation, and every bundle.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { FileBundleFolder } from '../../storage/bundle-folder.js';
import { decodeBundle } from '../../storage/bundle.js';
import { readBlobsIn } from '../../storage/blobs/file-blob-store.js';
import { LAYOUT } from '../../storage/layout.js';
import { readOwnerNote } from '../../storage/owner-note.js';
import type { Damage } from '../../storage/store.js';
import { openStoredGroup } from '../../storage/stored-group.js';
import type { StoredGroup } from '../../storage/stored-group.js';
import { SocommError, describe, systemCode } from '../base/errors.js';
import { isWhole } from '../replica/bundled-document.js';
import type { Y } from '../replica/replica.js';
import { loadStoredDocument } from '../replica/stored-document.js';
import { tryDocument } from './bundle-view.js';
import type { StoreFinding, StoreVerification, StoreView, StoreViewBlob } from './store-view.js';

export async function openDirectoryView(path: string, signal: AbortSignal | undefined): Promise<StoreView> {
  const stored = await openStoredGroup(path, { signal });
  const { group, opened } = stored;
  let isClosed = false;
  const check = (): void => {
    signal?.throwIfAborted();
    if (isClosed) throw new SocommError('SOCOMM_CLOSED', `${path} was closed`);
  };
  const close = (): Promise<void> => {
    isClosed = true;
    return stored.close();
  };
  return {
    ...{ path, kind: 'store', group, storeId: opened.storeId, term: opened.term, wasClean: opened.wasClean },
    documents: () => opened.documents.map(({ name, snapshotBytes, logBytes }) => ({ name, bytes: snapshotBytes + logBytes })),
    read: async (name, options = {}) => {
      check();
      return readDocument(path, stored, name, options.onDamage);
    },
    blobs: () => blobsOf(path),
    verify: () => verifyDirectory(path, stored, check),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readDocument(
  path: string,
  stored: StoredGroup,
  name: string,
  onDamage: ((what: string) => void) | undefined,
): Promise<Y.Doc> {
  const loaded = await stored.load(name);
  const damage = [...stored.opened.damage.filter(({ document }) => document === undefined || document === name), ...loaded.damage];
  if (damage.length > 0 && onDamage === undefined) {
    const advice = 'What is left of it is returned where `onDamage` is given; socomm doctor tells all.';
    throw new SocommError(
      'SOCOMM_STORE_DAMAGED',
      `${path}: document ${name} does not verify (${damage.map(({ what }) => what).join('; ')}). ${advice}`,
    );
  }
  for (const { what } of damage) onDamage?.(what);
  return loadStoredDocument(loaded);
}

async function verifyDirectory(path: string, stored: StoredGroup, check: () => void): Promise<StoreVerification> {
  const findings: StoreFinding[] = stored.opened.damage.map(findingOf);
  for (const { name } of stored.opened.documents) {
    check();
    findings.push(...(await verifyDocument(stored, name)));
  }
  const spills = await verifyFolder(path, 'spill', check);
  const checkpoints = await verifyFolder(path, 'checkpoint', check);
  const blobs = await verifyBlobs(path, check);
  findings.push(...blobs.findings, ...spills.findings, ...checkpoints.findings, ...(await verifyNotes(path)));
  return {
    isSound: findings.length === 0,
    // The survey at the opening and the reading of each document may come upon the same.
    findings: findings.filter((one, index) => findings.findIndex((other) => isSame(one, other)) === index),
    documents: stored.opened.documents.length,
    blobs: blobs.count,
    blobBytes: blobs.bytes,
    spills: spills.count,
    checkpoints: checkpoints.count,
  };
}

async function* blobsOf(path: string): AsyncGenerator<StoreViewBlob, void, undefined> {
  const store = readBlobsIn(path);
  for (const { hash, bytes } of await store.list()) yield { hash, bytes, content: () => store.stream(hash) };
}

async function verifyBlobs(
  path: string,
  check: () => void,
): Promise<{ readonly count: number; readonly bytes: number; readonly findings: readonly StoreFinding[] }> {
  const store = readBlobsIn(path);
  const findings: StoreFinding[] = [];
  for await (const { file, hash, what } of store.verify()) {
    check();
    findings.push({ kind: 'blob', name: hash ?? '', what: `${file}: ${what}` });
  }
  const found = await store.list();
  return { count: found.length, bytes: found.reduce((sum, { bytes }) => sum + bytes, 0), findings };
}

async function verifyDocument(stored: StoredGroup, name: string): Promise<readonly StoreFinding[]> {
  const damage = await stored.verify(name);
  const findings: StoreFinding[] = damage.map(findingOf);
  const loaded = await stored.load(name);
  findings.push(...loaded.damage.map(findingOf));
  try {
    const doc = loadStoredDocument(loaded);
    if (!isWhole(doc)) findings.push({ kind: 'gap', name, what: 'it builds on something that is missing' });
    doc.destroy();
  } catch (error) {
    findings.push({ kind: 'document', name, what: `it cannot be read: ${describe(error)}` });
  }
  return findings;
}

async function verifyFolder(
  path: string,
  kind: 'spill' | 'checkpoint',
  check: () => void,
): Promise<{ readonly count: number; readonly findings: readonly StoreFinding[] }> {
  const folder = new FileBundleFolder(join(path, kind === 'spill' ? LAYOUT.spill : LAYOUT.checkpoints));
  const names = await folder.list();
  const findings: StoreFinding[] = [];
  for (const name of names) {
    check();
    const bytes = await folder.read(name);
    if (bytes === undefined) continue;
    const decoded = decodeBundle(bytes);
    if (!decoded.ok) findings.push({ kind, name, what: `it does not verify (${decoded.reason})` });
    else
      findings.push(
        ...decoded.value.documents
          .flatMap(tryDocument)
          .map(({ name: document, what }) => ({ kind, name, what: `document ${document}: ${what}` })),
      );
  }
  return { count: names.length, findings };
}

/** `store.json` was read at the opening. */
async function verifyNotes(path: string): Promise<readonly StoreFinding[]> {
  if ((await readOwnerNote(path)) !== undefined) return [];
  const text = await readFile(join(path, LAYOUT.ownerNote), 'utf8').catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
  const what = text === undefined ? 'it is missing: how the last writer closed is not known' : 'it cannot be understood';
  return [{ kind: 'note', name: LAYOUT.ownerNote, what }];
}

function findingOf({ document, what }: Damage): StoreFinding {
  return document === undefined ? { kind: 'store', name: '', what } : { kind: 'document', name: document, what };
}

function isSame(one: StoreFinding, other: StoreFinding): boolean {
  return one.kind === other.kind && one.name === other.name && one.what === other.what;
}
