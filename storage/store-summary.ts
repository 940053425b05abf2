/**
 * What an opening found, put together from three witnesses: `store.json`, `owner.json` and the survey of LevelDB.
 * Where they disagree the higher number counts, so that no term and no batch number is given twice. Pure.
 */

import { SocommError } from '../src/base/errors.js';
import { lost } from './level-read.js';
import type { Survey } from './level-survey.js';
import type { StoredOwnerNote } from './owner-note.js';
import { STORE_FORMAT } from './store-note.js';
import type { StoreNote } from './store-note.js';
import { countRecords, describeDocument } from './store-state.js';
import type { StoreState } from './store-state.js';
import type { Damage, OpenedStore } from './store.js';

export interface StoreSummary {
  readonly state: StoreState;
  readonly opened: OpenedStore;
}

/** Throws SOCOMM_STORE_MISMATCH and SOCOMM_STORE_NEWER. */
export function summarize(directory: string, { storeId }: StoreNote, owner: StoredOwnerNote | undefined, survey: Survey): StoreSummary {
  const { meta, documents, strays } = survey;
  if (meta !== undefined && meta.format > STORE_FORMAT) {
    throw new SocommError('SOCOMM_STORE_NEWER', `${directory} is of format ${meta.format}. Update every program that uses this group.`);
  }
  if (meta !== undefined && meta.storeId !== storeId) {
    throw new SocommError(
      'SOCOMM_STORE_MISMATCH',
      `In ${directory}, store.json belongs to store ${storeId} and level/ to store ${meta.storeId}: one of them was copied from elsewhere. Put back the other.`,
    );
  }
  // A note of another store came with a copied file and says nothing about this one.
  const known = owner?.storeId === storeId ? owner : undefined;
  const term = Math.max(survey.term, known?.term ?? 0);
  const batch = Math.max(survey.batch, known?.cleanBatch ?? 0);
  return {
    state: {
      meta: { format: STORE_FORMAT, storeId, term, batch, records: countRecords(documents) },
      documents,
      lostEntries: [...documents.values()].filter(({ isEntryLost }) => isEntryLost).map(({ name }) => name),
      strays,
    },
    opened: {
      ...{ storeId, term },
      documents: [...documents.values()].map(describeDocument),
      wasClean: known?.cleanBatch !== undefined && known.cleanBatch === survey.batch,
      damage: [...survey.damage, ...compare(survey, known)],
    },
  };
}

/** What only a comparison shows: an end that is missing leaves no hole. */
function compare({ meta, isMetaMissing, batch }: Survey, known: StoredOwnerNote | undefined): readonly Damage[] {
  const damage: Damage[] = [];
  if (isMetaMissing) damage.push(lost(undefined, 'the entry of the store is missing: its numbers are those of what is left'));
  const found = meta?.batch ?? batch;
  if (known?.cleanBatch !== undefined && known.cleanBatch > found) {
    damage.push(
      lost(undefined, `the store was closed in order with batch ${known.cleanBatch} and now ends with batch ${found}: the end is missing`),
    );
  }
  return damage;
}
