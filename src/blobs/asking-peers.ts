/** Asks every peer that lives which of some blobs it needs, and answers such a question: hashes there, hashes back, 32 bytes each. */

import { isBlobHash } from '../../storage/blobs/blob-hash.js';
import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import type { Enquiries } from '../../talk/enquiries.js';
import type { PeerId } from '../base/ids.js';

export interface AskingPeersOptions {
  readonly enquiries: Enquiries;
  /** Those that we are linked with. */
  readonly linked: () => readonly PeerId[];
  /** Those that live, by the roster's word. */
  readonly living: () => Promise<readonly PeerId[]>;
}

/** Undefined where one that lives is not linked with us, or does not answer: it may need any of them. */
export async function askPeers(
  { enquiries, linked, living }: AskingPeersOptions,
  candidates: ReadonlySet<BlobHash>,
): Promise<ReadonlySet<BlobHash> | undefined> {
  const known = new Set(linked());
  const alive = await living();
  if (alive.some((peer) => !known.has(peer))) return undefined;
  const question = encodeHashes(candidates);
  const answers = await Promise.all([...new Set([...known, ...alive])].map((peer) => enquiries.ask(peer, question)));
  const needed = new Set<BlobHash>();
  for (const answer of answers) {
    if (answer === undefined) return undefined;
    const hashes = decodeHashes(answer);
    if (hashes === undefined) return undefined;
    for (const hash of hashes) needed.add(hash);
  }
  return needed;
}

/** Lets others ask us. */
export function answerPeers(enquiries: Enquiries, neededHere: (candidates: ReadonlySet<BlobHash>) => Promise<ReadonlySet<BlobHash>>): void {
  enquiries.answerWith(async (question) => {
    const candidates = decodeHashes(question);
    return candidates === undefined ? undefined : encodeHashes(await neededHere(candidates));
  });
}

const HASH_BYTES = 32;

function encodeHashes(hashes: ReadonlySet<BlobHash>): Uint8Array {
  return Buffer.from([...hashes].join(''), 'hex');
}

function decodeHashes(bytes: Uint8Array): ReadonlySet<BlobHash> | undefined {
  if (bytes.length % HASH_BYTES !== 0) return undefined;
  const text = Buffer.from(bytes).toString('hex');
  const hashes: readonly string[] = text.match(/.{64}/g) ?? [];
  return new Set(hashes.filter((hash) => isBlobHash(hash)));
}
