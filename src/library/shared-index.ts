/**
 * One index for each document, however many instances of this peer have opened its library: three hundred instances of one process
 * list ten thousand presets once.
 */

import type { Y } from '../index.js';
import { PresetIndex } from './preset-index.js';
import type { IndexUser } from './preset-index.js';

/** Of documents that nobody else holds any more, nothing stays. */
const INDEXES = new WeakMap<Y.Doc, PresetIndex>();

export interface IndexUse {
  readonly index: PresetIndex;
  /** Gives it back. */
  end(): void;
}

export function useIndex(user: IndexUser): IndexUse {
  const { doc, presets } = user.records;
  const index = INDEXES.get(doc) ?? new PresetIndex(presets);
  INDEXES.set(doc, index);
  const leave = index.use(user);
  return {
    index,
    end: () => {
      leave();
      if (!index.isUsed && INDEXES.get(doc) === index) INDEXES.delete(doc);
    },
  };
}
