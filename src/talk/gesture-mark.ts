/** What is said of a gesture: that it moves, or that it is over and where that was written. */

import { describe } from '../base/errors.js';
import { Y } from '../replica/replica.js';
import { lib0 } from './codecs/lib0.js';

/** The item that a commit made, by its id in the document. */
export interface Write {
  readonly client: number;
  readonly clock: number;
}

export interface Mark {
  readonly isMoving: boolean;
  readonly value: unknown;
  /** Undefined while it moves, and where nothing had to be written. */
  readonly write?: Write | undefined;
}

const CODEC = lib0();
export const GESTURE_CODEC = CODEC.name;

/** `[value]` moves, `[value, true]` is over, `[value, true, client, clock]` is over and was written. */
export function encodeMark({ isMoving, value, write }: Mark): Uint8Array {
  if (isMoving) return CODEC.encode([value]);
  return CODEC.encode(write === undefined ? [value, true] : [value, true, write.client, write.clock]);
}

export type DecodedMark = { readonly ok: true; readonly mark: Mark } | { readonly ok: false; readonly why: string };

export function decodeMark(codec: string, bytes: Uint8Array): DecodedMark {
  if (codec !== GESTURE_CODEC) return { ok: false, why: `it was encoded with ${codec}` };
  try {
    const said = CODEC.decode(bytes);
    if (!Array.isArray(said) || said.length === 0) return { ok: false, why: 'it is no gesture' };
    const [value, isOver, client, clock] = said as unknown[];
    const write = isCount(client) && isCount(clock) ? { client, clock } : undefined;
    return { ok: true, mark: { isMoving: isOver !== true, value, write } };
  } catch (error) {
    return { ok: false, why: describe(error) };
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The item that stands under a key. */
export function writeOf(map: Y.Map<unknown>, key: string): Write | undefined {
  const item = map._map.get(key);
  return item === undefined ? undefined : { client: item.id.client, clock: item.id.clock };
}

/** Whether a document has that item, current or long overwritten. */
export function contains(doc: Y.Doc, { client, clock }: Write): boolean {
  return Y.getState(doc.store, client) > clock;
}
