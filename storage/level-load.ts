/**
 * Reads one document whole and believes nothing: each value against its checksum, the snapshot against the checksum of
 * the whole, the log against its numbers and its chain. What fails is kept in quarantine and told; the rest is returned.
 *
 *   newest snapshot ── sound ──→ it, and the log above it
 *         │ not
 *         ↓
 *   older snapshot ─── sound ──→ it, and the log above that: longer to read, and nothing is lost
 *         │ not
 *         ↓
 *   the log alone
 */

import { crc32 } from 'node:zlib';

import { readEntry } from './document-entry.js';
import { decodeChunk, decodeDocument } from './entries.js';
import type { SnapshotEntry } from './entries.js';
import { chunkRange, entryCopyKey, isEntryCopyKey, logKey, logNumberIn, logRange } from './keys.js';
import type { Database, DatabaseSnapshot } from './level-open.js';
import { getTolerantly, lost, readTolerantly } from './level-read.js';
import { unpack } from './packed.js';
import { noQuarantine } from './quarantine.js';
import type { Quarantine } from './quarantine.js';
import { decodeRecord } from './records.js';
import type { Damage, LoadedDocument } from './store.js';

export interface ReadDocument {
  readonly loaded: LoadedDocument;
  /** The generation whose snapshot is there and does not verify: not one to fall back to. */
  readonly unsound: number | undefined;
}

/** `last` is the last record that should be there. Appends may go on meanwhile: all is read from one moment. */
export function readDocument(database: Database, document: string, last: number, quarantine: Quarantine): Promise<ReadDocument> {
  return withReader(database, document, quarantine, (reader) => reader.read(last));
}

export async function loadDocument(database: Database, document: string, last: number, quarantine: Quarantine): Promise<LoadedDocument> {
  return (await readDocument(database, document, last, quarantine)).loaded;
}

/** Every value of a document, those too that loading needs only where others fail. */
export function verifyDocument(database: Database, document: string, last: number, quarantine: Quarantine): Promise<readonly Damage[]> {
  return withReader(database, document, quarantine, (reader) => reader.verify(last));
}

/** Whether all of a snapshot is there and right. */
export function isSnapshotSound(database: Database, document: string, entry: SnapshotEntry): Promise<boolean> {
  return withReader(database, document, noQuarantine, (reader) => reader.isSound(entry));
}

async function withReader<Result>(
  database: Database,
  document: string,
  quarantine: Quarantine,
  work: (reader: DocumentReader) => Promise<Result>,
): Promise<Result> {
  const view = database.snapshot();
  try {
    return await work(new DocumentReader(database, view, document, quarantine));
  } finally {
    await view.close();
  }
}

/** A snapshot as it was found; `failure` says why it is not to be believed. */
type FoundSnapshot = { readonly state: Uint8Array | undefined } | { readonly failure: string; readonly stored: Uint8Array };

class DocumentReader {
  readonly #database: Database;
  readonly #view: DatabaseSnapshot;
  readonly #document: string;
  readonly #quarantine: Quarantine;
  readonly #damage: Damage[] = [];

  constructor(database: Database, view: DatabaseSnapshot, document: string, quarantine: Quarantine) {
    this.#database = database;
    this.#view = view;
    this.#document = document;
    this.#quarantine = quarantine;
  }

  async read(last: number): Promise<ReadDocument> {
    const { snapshot: newest, older } = await this.#readEntry();
    const found = await this.#findSnapshot(newest);
    if (!('failure' in found)) return this.#finish(found.state, newest, last, undefined);
    const before = older === undefined ? undefined : await this.#findSnapshot(older);
    const isStandIn = before !== undefined && !('failure' in before);
    await this.#tellSnapshot(newest, found, isStandIn ? '; the one before it and the log since stand in' : '');
    if (before !== undefined && 'failure' in before) await this.#tellSnapshot(older, before, '');
    return this.#finish(isStandIn ? before.state : undefined, older ?? newest, last, newest?.generation);
  }

  async isSound(entry: SnapshotEntry): Promise<boolean> {
    return !('failure' in (await this.#findSnapshot(entry)));
  }

  async verify(last: number): Promise<readonly Damage[]> {
    const { snapshot: newest, older } = await this.#readEntry();
    for (const entry of older === undefined ? [newest] : [newest, older]) {
      const found = await this.#findSnapshot(entry);
      if ('failure' in found) await this.#tellSnapshot(entry, found, '');
      await this.#verifyEntryCopy(entry);
    }
    await this.#readLog(older ?? newest, last);
    return this.#damage;
  }

  async #finish(
    snapshot: Uint8Array | undefined,
    base: SnapshotEntry | undefined,
    last: number,
    unsound: number | undefined,
  ): Promise<ReadDocument> {
    const updates = await this.#readLog(base, last);
    return { loaded: { snapshot, updates, damage: this.#damage }, unsound };
  }

  async #readEntry(): Promise<{ readonly snapshot: SnapshotEntry | undefined; readonly older: SnapshotEntry | undefined }> {
    const { entry, damage } = await readEntry(this.#database, this.#document, this.#quarantine, { snapshot: this.#view });
    this.#damage.push(...damage);
    return entry;
  }

  async #verifyEntryCopy(entry: SnapshotEntry | undefined): Promise<void> {
    if (entry === undefined || entry.generation === 0) return;
    const key = entryCopyKey(this.#document, entry.generation);
    const bytes = await this.#get(key);
    const decoded = bytes === undefined ? undefined : decodeDocument(this.#document, bytes);
    if (bytes === undefined) this.#damage.push(lost(this.#document, `${key} is missing`));
    else if (decoded?.ok !== true) await this.#keep(`${key} does not verify`, 'entry', bytes);
  }

  /** Where nothing says that there is a snapshot, its chunks must not lie there either. */
  async #findSnapshot(entry: SnapshotEntry | undefined): Promise<FoundSnapshot> {
    if (entry?.generation === 0) return { state: undefined };
    const stored: Uint8Array[] = [];
    const pieces: Uint8Array[] = [];
    let failure: string | undefined;
    const range = { ...chunkRange(this.#document, entry?.generation), snapshot: this.#view };
    const onCorruption = (): void => void (failure ??= 'LevelDB cannot read a part of it');
    for await (const [key, bytes] of readTolerantly(this.#database.iterator(range), onCorruption)) {
      if (isEntryCopyKey(key)) continue;
      stored.push(bytes);
      const decoded = decodeChunk(this.#document, bytes);
      if (!decoded.ok) failure ??= `${key} does not verify (${decoded.reason})`;
      else if (decoded.value.index !== pieces.length || decoded.value.generation !== entry?.generation)
        failure ??= `${key} is out of place`;
      else pieces.push(decoded.value.bytes);
    }
    const fail = (reason: string): FoundSnapshot => ({ failure: failure ?? reason, stored: concat(stored) });
    if (entry === undefined) {
      return stored.length > 0 ? { failure: 'the entry that describes it is missing', stored: concat(stored) } : { state: undefined };
    }
    if (pieces.length !== entry.chunks) return fail(`${entry.chunks - pieces.length} of ${entry.chunks} chunks are missing`);
    const state = await unpack({ bytes: concat(pieces), isDeflated: entry.isDeflated }, entry.bytes);
    if (state === undefined) return fail('it cannot be inflated');
    if (crc32(state) !== entry.crc) return fail('its checksum is another');
    return failure === undefined ? { state } : fail(failure);
  }

  async #tellSnapshot(entry: SnapshotEntry | undefined, found: Extract<FoundSnapshot, { failure: string }>, then: string): Promise<void> {
    const what = `the snapshot does not verify: ${found.failure}${then}`;
    if (found.stored.length === 0) this.#damage.push(lost(this.#document, what));
    else await this.#keep(what, `snapshot-${entry?.generation ?? 'unknown'}`, found.stored);
  }

  async #readLog(entry: SnapshotEntry | undefined, last: number): Promise<readonly Uint8Array[]> {
    const updates: Uint8Array[] = [];
    const through = entry?.through ?? 0;
    let expected = through + 1;
    let previous = entry?.previous;
    for (const [key, bytes] of await this.#readRecords(through + 1, last)) {
      const number = logNumberIn(key);
      const decoded = decodeRecord(this.#document, bytes);
      if (number === undefined || !decoded.ok || decoded.value.number !== number) {
        const reason = decoded.ok ? 'under a wrong key' : decoded.reason;
        await this.#keep(`the record under ${key} does not verify (${reason})`, `record-${number ?? 'unknown'}`, bytes);
        if (number === expected) expected++;
        previous = undefined;
        continue;
      }
      if (number > expected) {
        this.#tellMissing(expected, number - 1);
        previous = undefined;
      }
      // Its own bytes verify, so they are what some writer meant, and a replica can take them in: told, but not kept back.
      if (decoded.value.previous !== undefined && previous !== undefined && decoded.value.previous !== previous) {
        this.#damage.push(lost(this.#document, `the record ${number} was written after another one than the one before it`));
      }
      updates.push(decoded.value.update);
      previous = decoded.value.crc;
      expected = number + 1;
    }
    if (expected <= last) this.#tellMissing(expected, last);
    return updates;
  }

  /** In order. Where LevelDB gives up on a range, the numbers that are still missing are asked for one by one. */
  async #readRecords(from: number, last: number): Promise<readonly [string, Uint8Array][]> {
    const found = new Map<string, Uint8Array>();
    let isWhole = true;
    const range = { ...logRange(this.#document, from), snapshot: this.#view };
    for await (const [key, bytes] of readTolerantly(this.#database.iterator(range), () => void (isWhole = false))) found.set(key, bytes);
    if (isWhole) return [...found];
    this.#damage.push(lost(this.#document, 'LevelDB cannot read a part of the log'));
    for (let number = from; number <= last; number++) {
      const key = logKey(this.#document, number);
      const bytes = found.has(key) ? undefined : await this.#get(key);
      if (bytes !== undefined) found.set(key, bytes);
    }
    return [...found].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  #get(key: string): Promise<Uint8Array | undefined> {
    return getTolerantly(this.#database, key, { snapshot: this.#view });
  }

  #tellMissing(from: number, through: number): void {
    this.#damage.push(
      lost(this.#document, from === through ? `the record ${from} is missing` : `the records ${from} to ${through} are missing`),
    );
  }

  async #keep(what: string, label: string, bytes: Uint8Array): Promise<void> {
    this.#damage.push(await this.#quarantine.keep(this.#document, what, label, bytes));
  }
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
