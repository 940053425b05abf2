/**
 * What lies in quarantine compressed (a snapshot that did not verify, a whole database) cannot be looked into, and so may name any blob
 * that is there when it is met first. These are noted beside the blobs, and kept as long as that lies there; what is put later is none
 * of theirs. (A store in `backups/` has links to its blobs.) Only the peer that collects calls this, before it removes anything.
 *
 *   blobs/held-<crc32 of the first line>.names    what they are held for, a JSON array; then a name per line
 */

import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { writeFileAtomically } from '../atomic-file.js';
import { whereMissing } from './blob-files.js';
import type { BlobHash } from './blob-hash.js';

export interface HoldingOptions {
  /** The folder `blobs/`. */
  readonly location: string;
  readonly quarantine: string;
  /** All blobs that are there. */
  readonly names: () => Promise<readonly BlobHash[]>;
}

/** The notes that count now, whole. */
export async function heldNames({ location, quarantine, names }: HoldingOptions): Promise<readonly Uint8Array[]> {
  const sealed = new Set(await sealedIn(quarantine));
  const notes: Uint8Array[] = [];
  const noted = new Set<string>();
  for (const file of (await readdir(location).catch(whereMissing<string[]>([]))).filter((name) => NOTE.test(name))) {
    const bytes = await readFile(join(location, file));
    const items = file.endsWith('.new') ? [] : itemsIn(bytes);
    if (items.some((item) => sealed.has(item))) notes.push(bytes);
    // All of what they were held for was taken away, by somebody who does not want it any more.
    else await rm(join(location, file), { force: true });
    for (const item of items) noted.add(item);
  }
  const fresh = [...sealed].filter((item) => !noted.has(item));
  if (fresh.length === 0) return notes;
  const all = await names();
  if (all.length === 0) return notes;
  const first = JSON.stringify(fresh);
  const note = Buffer.from([first, ...all, ''].join('\n'));
  await writeFileAtomically(join(location, `held-${crc32(first).toString(16).padStart(8, '0')}.names`), note);
  return [...notes, note];
}

const NOTE = /^held-[0-9a-f]{8}\.names(\.new)?$/;
const SNAPSHOT = /\.snapshot-[^.]*\.[0-9a-f]{8}\.bin$/;

/** What lies there and is compressed. */
async function sealedIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(whereMissing<[]>([]));
  return entries.filter((entry) => entry.isDirectory() || SNAPSHOT.test(entry.name)).map(({ name }) => name);
}

/** A note that nobody can read stands for nothing, and is made anew. */
function itemsIn(note: Uint8Array): readonly string[] {
  const text = Buffer.from(note.buffer, note.byteOffset, note.length);
  const end = text.indexOf('\n');
  try {
    const items: unknown = JSON.parse(text.toString('utf8', 0, end === -1 ? text.length : end));
    return Array.isArray(items) ? items.filter((item) => typeof item === 'string') : [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [];
  }
}
