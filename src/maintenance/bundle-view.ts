/** A backup, a checkpoint or a spill as `openStore()` shows it. The file is read once, and believed as a whole. */

import type { BundledBlob } from '../../storage/bundle-blobs.js';
import type { BundledDocument } from '../../storage/bundle.js';
import { SocommError, describe } from '../base/errors.js';
import { isWhole, openBundled } from '../replica/bundled-document.js';
import { Y } from '../replica/replica.js';
import { openFromBundle, readBundleFile } from './bundle-file.js';
import type { StoreFinding, StoreView } from './store-view.js';

export async function openBundleView(path: string, signal: AbortSignal | undefined): Promise<StoreView> {
  const { purpose: kind, group, storeId, term, documents, blobCount, blobs } = await readBundleFile(path);
  let isClosed = false;
  const check = (): void => {
    signal?.throwIfAborted();
    if (isClosed) throw new SocommError('SOCOMM_CLOSED', `${path} was closed`);
  };
  const close = async (): Promise<void> => void (isClosed = true);
  return {
    ...{ path, kind, group, storeId, term, wasClean: true },
    documents: () => documents.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
    read: async (name) => {
      check();
      const document = documents.find((each) => each.name === name);
      return document === undefined ? new Y.Doc() : openFromBundle(path, document);
    },
    verify: async () => {
      const findings: StoreFinding[] = [];
      for (const document of documents) {
        check();
        findings.push(...tryDocument(document));
      }
      const { bytes: blobBytes, findings: ofBlobs } = await verifyBlobs(blobs(), check);
      findings.push(...ofBlobs);
      const isSound = findings.length === 0;
      return { isSound, findings, documents: documents.length, blobs: blobCount, blobBytes, spills: 0, checkpoints: 0 };
    },
    blobs,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Reads each through. */
async function verifyBlobs(
  blobs: AsyncIterable<BundledBlob>,
  check: () => void,
): Promise<{ readonly bytes: number; readonly findings: readonly StoreFinding[] }> {
  const findings: StoreFinding[] = [];
  let sum = 0;
  try {
    for await (const { hash, bytes, content } of blobs) {
      check();
      sum += bytes;
      const fault = await readThrough(content());
      if (fault !== undefined) findings.push({ kind: 'blob', name: hash, what: fault });
    }
  } catch (error) {
    check();
    findings.push({ kind: 'blob', name: '', what: describe(error) });
  }
  return { bytes: sum, findings };
}

async function readThrough(content: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  try {
    for await (const piece of content) void piece;
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

/** What is wrong with a document of a bundle; a difference is allowed to build on what others have. */
export function tryDocument(document: BundledDocument): readonly StoreFinding[] {
  const { name } = document;
  try {
    const doc = openBundled(document);
    const isUsable = document.encoding === 'update' || isWhole(doc);
    doc.destroy();
    return isUsable ? [] : [{ kind: 'gap', name, what: 'it builds on something that is missing' }];
  } catch (error) {
    return [{ kind: 'document', name, what: `it cannot be read: ${describe(error)}` }];
  }
}
