/**
 * Where a document's log ends, read from its end: usually one record, more only where the last ones do not verify.
 * And where it begins after a snapshot: what that replaces.
 */

import { ORIGIN } from './entries.js';
import type { DocumentEntry } from './entries.js';
import { chunkRange, generationIn, logKey, logNumberIn, logRange } from './keys.js';
import type { LogBase, Replaced } from './level-batch.js';
import type { Database } from './level-open.js';
import { getTolerantly, lost, readTolerantly } from './level-read.js';
import type { Quarantine } from './quarantine.js';
import { decodeRecord } from './records.js';
import type { StoredRecord } from './records.js';
import type { DocumentState } from './store-state.js';
import type { Damage } from './store.js';

export interface LogEnd {
  readonly state: DocumentState;
  readonly term: number;
  readonly batch: number;
  readonly strays: readonly string[];
  readonly damage: readonly Damage[];
}

/**
 * 1. Go back to the first record that verifies; the snapshot stands in where there is none.
 * 2. What does not verify but follows it without a hole keeps its number: loading shows it as damage until a snapshot covers it.
 * 3. What does not verify and follows nothing (a flipped bit in a key sends it anywhere) is a stray. It must not decide
 *    where numbering goes on.
 * The log that is kept below the snapshot has no say here: only where the snapshot does not verify is it looked through.
 */
export async function readLogEnd(
  database: Database,
  name: string,
  { snapshot, older }: DocumentEntry,
  quarantine: Quarantine,
): Promise<LogEnd> {
  const damage: Damage[] = [];
  const strays: string[] = [];
  const { verified, size, unverified } = await readBack(database, name, snapshot?.through ?? 0, damage);
  let { last, previous, offset } =
    verified !== undefined && verified.number > (snapshot?.through ?? 0)
      ? { last: verified.number, previous: verified.crc, offset: verified.offset + size }
      : { last: snapshot?.through ?? 0, previous: snapshot?.previous, offset: snapshot?.offset ?? 0 };
  for (const [key, bytes] of unverified.reverse()) {
    const number = logNumberIn(key);
    const told = await quarantine.keep(name, `the record under ${key} does not verify`, `record-${number ?? 'unknown'}`, bytes);
    damage.push(told);
    if (number === last + 1) [last, previous, offset] = [number, undefined, offset + bytes.length];
    else if (told.keptAs !== undefined) strays.push(key);
  }
  return {
    state: { name, snapshot, older, isEntryLost: false, last, previous, offset },
    ...{ term: verified?.term ?? 0, batch: verified?.batch ?? 0, strays, damage },
  };
}

interface ReadBack {
  readonly verified: StoredRecord | undefined;
  /** Bytes of the verified record. */
  readonly size: number;
  /** Behind it, the last one first. */
  readonly unverified: [string, Uint8Array][];
}

async function readBack(database: Database, name: string, through: number, damage: Damage[]): Promise<ReadBack> {
  const unverified: [string, Uint8Array][] = [];
  const tellCorruption = (): void => void damage.push(lost(name, 'LevelDB cannot read a part of the log'));
  for await (const [key, bytes] of readTolerantly(database.iterator({ ...logRange(name), reverse: true }), tellCorruption)) {
    const decoded = decodeRecord(name, bytes);
    if (decoded.ok && decoded.value.number === logNumberIn(key)) return { verified: decoded.value, size: bytes.length, unverified };
    if ((logNumberIn(key) ?? Infinity) > through) unverified.push([key, bytes]);
  }
  return { verified: undefined, size: 0, unverified };
}

/**
 * What a snapshot through a record takes the place of, and what the record after that one builds on. The snapshot before stays
 * as the older generation; where that one is known to be `unsound`, the one before it stays instead.
 */
export async function readReplaced(
  database: Database,
  before: DocumentState,
  through: number,
  unsound: number | undefined,
): Promise<Replaced> {
  const { name, snapshot = ORIGIN, older } = before;
  const kept = snapshot.generation === unsound && older !== undefined ? older : snapshot;
  const obsolete: string[] = [];
  // A key that cannot be read stays behind. Loading reads neither generations that no entry names nor numbers below the older one.
  for await (const key of readTolerantly(database.keys(chunkRange(name)), () => undefined)) {
    if (kept === ORIGIN || generationIn(key) !== kept.generation) obsolete.push(key);
  }
  for await (const key of readTolerantly(database.keys(logRange(name, 0, kept.through)), () => undefined)) obsolete.push(key);
  return { obsolete, kept, base: await readLogBase(database, before, through) };
}

/** All that there is of a document beside its entry. What cannot be read stays behind, and no entry names it. */
export async function keysOf(database: Database, name: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const range of [chunkRange(name), logRange(name)])
    for await (const key of readTolerantly(database.keys(range), () => undefined)) keys.push(key);
  return keys;
}

/** Where the record cannot be read any more, the next one is not held to it. */
async function readLogBase(database: Database, before: DocumentState, through: number): Promise<LogBase> {
  const { name, snapshot } = before;
  if (through === before.last) return before;
  if (through === (snapshot?.through ?? 0)) return { offset: snapshot?.offset ?? 0, previous: snapshot?.previous };
  const bytes = await getTolerantly(database, logKey(name, through));
  const decoded = bytes === undefined ? undefined : decodeRecord(name, bytes);
  if (bytes === undefined || decoded?.ok !== true) return { offset: snapshot?.offset ?? 0, previous: undefined };
  return { offset: decoded.value.offset + bytes.length, previous: decoded.value.crc };
}
