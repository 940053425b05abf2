import { expect, test } from 'vitest';

import { logKey } from '../../storage/keys.js';
import { planAppend } from '../../storage/level-batch.js';
import type { BatchPlan } from '../../storage/level-batch.js';
import { decodeRecord } from '../../storage/records.js';
import type { StoredRecord } from '../../storage/records.js';
import { afterBatch } from '../../storage/store-state.js';
import type { StoreState } from '../../storage/store-state.js';
import { record } from '../contract/store.js';

const EMPTY: StoreState = {
  meta: { format: 1, storeId: '0'.repeat(32), term: 0, batch: 1, records: 0 },
  documents: new Map(),
  lostEntries: [],
  strays: [],
};

function recordOf({ operations }: BatchPlan, number: number): StoredRecord | undefined {
  const found = operations.find(({ key }) => key === logKey('main', number));
  const decoded = found?.type === 'put' ? decodeRecord('main', found.value) : undefined;
  return decoded?.ok === true ? decoded.value : undefined;
}

test('each record names the checksum of the one before, and a takeover begins a chain', () => {
  const first = planAppend(EMPTY, 3, [record('main', 1), record('main', 2)]);
  const second = planAppend(afterBatch({ ...EMPTY, documents: new Map() }, first.change), 4, [
    record('main', 3),
    record('main', 4, true),
    record('main', 5),
  ]);
  expect(recordOf(first, 1)).toMatchObject({ previous: undefined, term: 3, batch: 2, offset: 0, isTakeover: false });
  expect(recordOf(first, 2)?.previous).toBe(recordOf(first, 1)?.crc);
  expect(recordOf(second, 3)).toMatchObject({ previous: recordOf(first, 2)?.crc, term: 4, batch: 3 });
  expect(recordOf(second, 4)).toMatchObject({ previous: undefined, isTakeover: true });
  expect(recordOf(second, 5)?.previous).toBe(recordOf(second, 4)?.crc);
});

test('a plan leaves the state that it began from alone', () => {
  planAppend(EMPTY, 3, [record('main', 1)]);
  expect(EMPTY.documents.size).toBe(0);
  expect(EMPTY.meta).toMatchObject({ term: 0, batch: 1, records: 0 });
});

test('strays go first, so that a number among them can be written again', () => {
  const key = logKey('main', 1);
  const { operations, change } = planAppend({ ...EMPTY, strays: [key] }, 1, [record('main', 1)]);
  const touching = operations.filter((operation) => operation.key === key);
  expect(touching.map(({ type }) => type)).toEqual(['del', 'put']);
  expect(afterBatch({ ...EMPTY, documents: new Map() }, change).strays).toEqual([]);
});
