/**
 * What may be left of blobs by a process that ended at some step: those whose put resolved are there and verify, others are there
 * whole or not at all, none is in the way of a later put, and what was half written is gone after two collections.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { systemRandom } from '../../src/base/random.js';
import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import { blobsIn } from '../../storage/blobs/file-blob-store.js';
import type { Remote } from '../process/members.js';
import { contentOf, hashOf } from './blob-content.mjs';

export interface ToldBlob {
  readonly name: string;
  readonly bytes: number;
}

export interface ToldBlobs {
  /** Puts that were begun. */
  readonly begun: readonly ToldBlob[];
  /** Names of those that resolved, but for those that were given up afterwards. */
  readonly acknowledged: readonly string[];
}

export const NO_BLOBS: ToldBlobs = { begun: [], acknowledged: [] };

/** What a process said of its blobs, in this order: `putting <name> <bytes>`, `put <name>`, `leaving <name>`. */
export function toldBlobs(lines: readonly string[]): ToldBlobs {
  const begun = new Map<string, ToldBlob>();
  const acknowledged = new Set<string>();
  for (const line of lines) {
    const [word = '', name = '', bytes] = line.split(' ');
    if (word === 'putting') begun.set(name, { name, bytes: Number(bytes) });
    else if (word === 'put') acknowledged.add(name);
    else if (word === 'leaving') acknowledged.delete(name);
  }
  return { begun: [...begun.values()], acknowledged: [...acknowledged] };
}

/** Of two processes after one another. */
export function bothBlobs(before: ToldBlobs, after: readonly string[]): ToldBlobs {
  return toldBlobs([
    ...before.begun.map(({ name, bytes }) => `putting ${name} ${bytes}`),
    ...before.acknowledged.map((name) => `put ${name}`),
    ...after,
  ]);
}

/** Asked of a peer that has joined since. Undefined where all is well. */
export async function whatIsWrongWithBlobs(remote: Remote, { begun, acknowledged }: ToldBlobs): Promise<string | undefined> {
  for (const { name, bytes } of begun) {
    const hash = hashOf(contentOf(name, bytes));
    const found = await remote.ask<string>('readBlob', { hash });
    if (found === hash || (found === 'SOCOMM_BLOB_MISSING' && !acknowledged.includes(name))) continue;
    return `blob ${name}, ${acknowledged.includes(name) ? 'acknowledged' : 'never acknowledged'}: ${found}`;
  }
  for (const { name, bytes } of begun) {
    const hash = hashOf(contentOf(name, bytes));
    if ((await remote.ask('putBlob', { name, bytes })) !== hash) return `blob ${name} was put again, under another name`;
    const found = await remote.ask<string>('readBlob', { hash });
    if (found !== hash) return `blob ${name} was put again, and is ${found}`;
  }
  return undefined;
}

/** The one who collects withdraws twice, with hours in between, which no test waits for: the store is asked itself. Nobody lives. */
export async function whatIsNotCleaned(directory: string, { begun }: ToldBlobs): Promise<string | undefined> {
  const store = blobsIn(directory, systemRandom);
  const all = new Set(begun.map(({ name, bytes }) => hashOf(contentOf(name, bytes)) as BlobHash));
  try {
    for (let round = 0; round < 2; round++) await (await store.retire(new Set())).finish(all);
    const unclean = readdirSync(join(directory, 'blobs')).filter((name) => !/\.(pack|blob)$/.test(name));
    if (unclean.length > 0) return `left for good: ${unclean.join(', ')}`;
    for (const hash of all) if (hashOf(await store.get(hash)) !== hash) return `after cleaning, ${hash} is another`;
    return undefined;
  } finally {
    await store.close();
  }
}
