/**
 * Whether updates from outside may be given to Yjs: all of a frame, before the first is applied, so that a frame that is refused
 * changes nothing. Total: whatever the bytes, it returns, and soon. Honest updates that fail come by catch-up (limits.ts).
 */

import * as Y from 'yjs';
import { describe } from '../base/errors.js';
import { LimitRefusal, Refusal } from './byte-reader.js';
import { FootingNotes, FootingReader, UNKNOWN_FOOTING } from './footing.js';
import * as limits from './limits.js';
import { Tally } from './tally.js';
import { UpdateScan } from './update-scan.js';
import type { ScanContext } from './update-scan.js';
import { assertShallow } from './type-depth.js';
import { assertLight } from './weight.js';
import type { FootedUpdate } from './whole-updates.js';

/** A frame comes unasked, an answer was asked for; a spill is somebody's difference to what the store once had. */
export type UpdateSource = 'frame' | 'catch-up' | 'spill';

export type CheckOutcome =
  /** `ownEnd`: where structs of our own client end that came from outside; 0 where there are none. */
  | { readonly ok: true; readonly ownEnd: number; readonly footed: readonly FootedUpdate[] }
  | { readonly ok: false; readonly detail: string; readonly isBeyondLimit: boolean };

export function checkUpdates(doc: Y.Doc, updates: readonly Uint8Array[], source: UpdateSource): CheckOutcome {
  const bytes = updates.reduce((sum, { length }) => sum + length, 0);
  if (source !== 'frame' && bytes > limits.CHECKED_ANSWER_BYTES_MAX)
    return { ok: true, ownEnd: 0, footed: footLarge(doc, updates, source) };
  try {
    const context = contextOf(doc, source);
    const footed: FootedUpdate[] = [];
    const tally = scanAll(updates, context, source, footed);
    // Most frames bring no shared types, and few structs.
    if (tally.types > 0) assertShallow(doc, updates, context);
    if (source === 'frame' && bytes <= limits.WEIGHED_FRAME_BYTES_MAX) assertLight(doc, updates, context, tally);
    return { ok: true, ownEnd: tally.ownEnd, footed };
  } catch (error) {
    return failureOf(error);
  }
}

/** Who had nothing asked for the whole: what another has integrated builds on nothing but itself, and a scan would cost a sixth of taking it in. */
function footLarge(doc: Y.Doc, updates: readonly Uint8Array[], source: UpdateSource): FootedUpdate[] {
  const isWhole = source === 'catch-up' && updates.length === 1 && doc.store.clients.size === 0;
  return updates.map((update) => ({ update, footing: isWhole ? UNKNOWN_FOOTING : new FootingReader(doc).read(update) }));
}

/** Why a frame with this change of our own would be refused for its depth. */
export function whyTooDeep(doc: Y.Doc, update: Uint8Array): string | undefined {
  const outcome = checkDepth(doc, update, 'frame');
  return outcome.ok ? undefined : outcome.detail;
}

/**
 * Whether peers take a change of our own in an answer, and whether what waited may be integrated: it was checked, but not on top of
 * what it waited for.
 */
export function isShallowEnough(doc: Y.Doc, update: Uint8Array): boolean {
  return checkDepth(doc, update, 'catch-up').ok;
}

function checkDepth(doc: Y.Doc, update: Uint8Array, source: UpdateSource): CheckOutcome {
  try {
    const context = contextOf(doc, source);
    const tally = new Tally();
    new UpdateScan(update, context, tally).run();
    if (tally.types > 0) assertShallow(doc, [update], context);
    return { ok: true, ownEnd: tally.ownEnd, footed: [] };
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): CheckOutcome {
  const detail = error instanceof Refusal ? `an update ${error.message}` : describe(error);
  return { ok: false, detail, isBeyondLimit: error instanceof LimitRefusal };
}

function contextOf({ store, clientID }: Y.Doc, source: UpdateSource): ScanContext {
  return {
    ownClient: clientID,
    clockOf: (client) => Y.getState(store, client),
    structCountOf: (client) => store.clients.get(client)?.length ?? 0,
    gapMax: source === 'frame' ? limits.CLOCK_GAP_MAX : Infinity,
    depthMax: source === 'frame' ? limits.FRAME_DEPTH_MAX : limits.ANSWER_DEPTH_MAX,
  };
}

function scanAll(updates: readonly Uint8Array[], context: ScanContext, source: UpdateSource, footed: FootedUpdate[]): Tally {
  const tally = new Tally();
  const footing = new FootingNotes(context.clockOf);
  for (const update of updates) {
    const { structs, deleteRanges, types } = tally;
    new UpdateScan(update, context, tally, footing).run();
    footed.push({ update, footing: footing.take(tally.types > types) });
    if (source !== 'frame') continue;
    // Bytes of encoding V2 look like this, but for what is left behind them; and nobody publishes nothing.
    if (tally.structs === structs && tally.deleteRanges === deleteRanges) throw new Refusal('changes nothing');
    assertWithin(tally);
  }
  return tally;
}

/** For each update of a frame: nothing is made here that could be spared. */
function assertWithin(tally: Tally): void {
  if (tally.structs > limits.STRUCTS_IN_FRAME_MAX) tooMany('structs', limits.STRUCTS_IN_FRAME_MAX);
  if (tally.deleteRanges > limits.DELETE_RANGES_IN_FRAME_MAX) tooMany('deletions', limits.DELETE_RANGES_IN_FRAME_MAX);
  if (tally.deleteSteps > limits.DELETE_STEPS_IN_FRAME_MAX) tooMany('structs under deletions', limits.DELETE_STEPS_IN_FRAME_MAX);
  if (tally.clientsInUpdate > limits.CLIENTS_IN_UPDATE_MAX) tooMany('clients', limits.CLIENTS_IN_UPDATE_MAX);
  if (tally.roots.size > limits.ROOTS_IN_FRAME_MAX) tooMany('root types', limits.ROOTS_IN_FRAME_MAX);
  if (tally.subdocuments > limits.SUBDOCUMENTS_IN_FRAME_MAX) tooMany('subdocuments', limits.SUBDOCUMENTS_IN_FRAME_MAX);
}

function tooMany(what: string, max: number): never {
  throw new LimitRefusal(`brings more than ${max} ${what} in one frame`);
}
