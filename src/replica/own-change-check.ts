/**
 * Whether peers will take in a frame what the application has just written. It cannot be taken back; told at once, it can be
 * mended. Only depth is looked at, and for most changes by what is known of them or by their size alone: each level of values costs two bytes, of shared types
 * five, so a short update makes nothing deep that was shallow.
 */

import type * as Y from 'yjs';
import { FRAME_DEPTH_MAX } from './limits.js';
import type { OwnChanges } from './own-turn.js';
import { depthOf } from './type-depth.js';
import { isShallowEnough, whyTooDeep } from './update-check.js';

export class OwnChangeCheck {
  readonly #doc: Y.Doc;

  constructor(doc: Y.Doc) {
    this.#doc = doc;
  }

  /** Why peers will not take it; undefined where they will. */
  whyTooDeep({ update, changed, levelsMax }: OwnChanges): string | undefined {
    const levels = levelsMax ?? update.length / TYPE_BYTES;
    const isShort = levelsMax !== undefined || update.length < FRAME_DEPTH_MAX * VALUE_BYTES;
    if (isShort && isShallow(changed, FRAME_DEPTH_MAX - levels)) return undefined;
    return whyTooDeep(this.#doc, update);
  }

  /** Whether they will take it in an answer. */
  isFetchable(update: Uint8Array): boolean {
    return isShallowEnough(this.#doc, update);
  }
}

function isShallow(types: Iterable<{ readonly _item: Y.Item | null }>, depthMax: number): boolean {
  for (const { _item } of types) if (_item !== null && depthOf(_item, depthMax) + 1 > depthMax) return false;
  return true;
}

const VALUE_BYTES = 2;
/** Flags, kind of parent, client and clock of the parent, kind of type; and the section's own numbers. */
const TYPE_BYTES = 5;
