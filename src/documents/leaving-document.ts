/** What becomes of what one document holds and nobody confirmed, when the document leaves this peer: made durable, else saved; of a deleted one set aside. */

import type { BundledDocument } from '../../storage/bundle.js';
import { describe } from '../base/errors.js';
import type { Peer } from '../peer.js';
import type { Spiller } from '../spill/spiller.js';
import type { Warnings } from '../warnings.js';
import { identify } from './document-name.js';

/** A writer that does not answer delays the closing of a document by no more than this. */
export const DOCUMENT_FLUSH_MS = 2000;

/** Never rejects. False where it has to wait: nothing may be closed that is neither durable nor saved. */
export async function makeSafe(peer: Peer, id: string): Promise<boolean> {
  if (await makeDurable(peer, id)) return true;
  // Our own store will have it, or another writer comes: a spill would only go round in a circle.
  if (peer.role === 'writer') return false;
  return peer.spiller.saveApart(id);
}

/** Never rejects. False where no writer has said in time that it has all that was written here. */
export async function makeDurable(peer: Peer, id: string): Promise<boolean> {
  const { spiller } = peer;
  peer.heal();
  if (spiller.isSafe(id)) return true;
  const limit = new AbortController();
  const cancel = peer.options.clock.after(DOCUMENT_FLUSH_MS, () => limit.abort());
  try {
    await peer.synchronizer.flush(limit.signal);
  } catch (error) {
    if (!limit.signal.aborted) throw error;
  } finally {
    cancel();
  }
  return spiller.isSafe(id);
}

/** The document is deleted. What was confirmed went with it; what was not may have been written by somebody who did not know. */
export function setAsideLateEdits(peer: Peer, id: string): void {
  const { spiller, warnings } = peer;
  peer.heal();
  const late = spiller.lateEdits(id);
  if (late !== undefined) void tellLateEdits(late, spiller, warnings);
}

/** Saves what was written to a deleted document, and says where. Never rejects. */
export async function tellLateEdits(late: BundledDocument, spiller: Spiller, warnings: Warnings): Promise<void> {
  const { name, generation } = identify(late.name);
  const what = `document '${name}' (generation ${generation}) was deleted while ${late.bytes.length} bytes that were written to it were not on disk yet`;
  try {
    const keptAs = await spiller.setAside(late);
    warnings.raise(
      'late-edits-set-aside',
      `${what}: ${keptAs === undefined ? 'they could not be kept' : `kept as ${keptAs}, which openStore() reads`}`,
    );
  } catch (error) {
    warnings.raise('late-edits-set-aside', `${what}, and they could not be saved: ${describe(error)}`);
  }
}
