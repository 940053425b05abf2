/**
 * Backups and checkpoints as files: read and believed as a whole or not at all, written under a temporary name, synced, and
 * given their name only where nothing has it.
 */

import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { syncDirectory } from '../../storage/atomic-file.js';
import { decodeBundle } from '../../storage/bundle.js';
import type { Bundle, BundledDocument } from '../../storage/bundle.js';
import { readBundleParts } from '../../storage/bundle-blobs.js';
import type { BundleFile } from '../../storage/bundle-blobs.js';
import { SocommError, describe, systemCode } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { isWhole, openBundled } from '../replica/bundled-document.js';
import type { Y } from '../replica/replica.js';

/** Errors: SOCOMM_DIRECTORY_INVALID where it cannot be read, and those of `parseBundle`. */
export async function readBundleFile(path: string): Promise<Bundle & Pick<BundleFile, 'blobCount' | 'blobs'>> {
  const { bundle, blobCount, blobs } = await readBundleParts(path).catch((cause: unknown) => {
    const code = systemCode(cause) ?? describe(cause);
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new SocommError(
      'SOCOMM_DIRECTORY_INVALID',
      `${path} ${what}. Name the directory of a store, or the file of a backup or checkpoint.`,
      {
        cause,
      },
    );
  });
  return { ...parseBundle(path, bundle), blobCount, blobs };
}

/** Errors: SOCOMM_BACKUP_DAMAGED, SOCOMM_STORE_NEWER. */
export function parseBundle(path: string, bytes: Uint8Array): Bundle {
  const decoded = decodeBundle(bytes);
  if (decoded.ok) return decoded.value;
  if (decoded.reason === 'newer-version') {
    throw new SocommError('SOCOMM_STORE_NEWER', `${path} was written by a newer version of socomm. Update this program.`);
  }
  throw damaged(path, `it does not verify (${decoded.reason})`);
}

/** Loads a document of it on trial. Errors: SOCOMM_BACKUP_DAMAGED. */
export function openFromBundle(path: string, document: BundledDocument): Y.Doc {
  let doc: Y.Doc;
  try {
    doc = openBundled(document);
  } catch (cause) {
    throw damaged(path, `document ${document.name} cannot be read (${describe(cause)})`, cause);
  }
  if (document.encoding === 'state' && !isWhole(doc)) throw damaged(path, `document ${document.name} builds on something that is missing`);
  return doc;
}

/** Errors: SOCOMM_TARGET_EXISTS, SOCOMM_TARGET_INVALID. Leaves nothing behind when it throws. */
export async function writeNewFile(path: string, content: AsyncIterable<Uint8Array>, random: Random): Promise<void> {
  const temporaryPath = `${path}.${Buffer.from(random.bytes(4)).toString('hex')}.new`;
  try {
    if (await exists(path)) throw taken(path);
    const file = await open(temporaryPath, 'wx', 0o600);
    try {
      for await (const piece of content) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await giveName(temporaryPath, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(temporaryPath, { force: true }).catch(() => undefined); // where even the folder cannot be looked into, nothing was left there
    throw cause instanceof SocommError ? cause : await invalid(path, cause);
  }
}

/** A link is refused where the name is taken, whoever took it a moment ago; a rename would write over it. */
async function giveName(temporaryPath: string, path: string): Promise<void> {
  try {
    await link(temporaryPath, path);
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') throw taken(path);
    // The file system of a memory stick knows no links.
    if (await exists(path)) throw taken(path);
    return rename(temporaryPath, path);
  }
  await rm(temporaryPath, { force: true });
}

async function exists(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
  return found !== undefined;
}

function taken(path: string): SocommError {
  return new SocommError(
    'SOCOMM_TARGET_EXISTS',
    `${path} is there already, and nothing is written over it. Choose another name, or remove it first.`,
  );
}

async function invalid(path: string, cause: unknown): Promise<SocommError> {
  const code = systemCode(cause) ?? describe(cause);
  const isFolderMissing = code === 'ENOENT' && !(await exists(dirname(path)).catch(() => true));
  const why = isFolderMissing
    ? `the folder ${dirname(path)} does not exist: make it first`
    : `the writer of the group, whose process makes the file, cannot write there (${code}): ${ADVICE.get(code) ?? 'choose another folder'}`;
  return new SocommError('SOCOMM_TARGET_INVALID', `${path} cannot be written: ${why}. Nothing was left there.`, { cause });
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ENAMETOOLONG', 'choose a shorter name'],
  ['ENOSPC', 'free space on its disk, or choose another folder'],
]);

function damaged(path: string, what: string, cause?: unknown): SocommError {
  return new SocommError(
    'SOCOMM_BACKUP_DAMAGED',
    `${path} is no backup or checkpoint that can be used: ${what}. Nothing was changed; take another one.`,
    {
      cause,
    },
  );
}
