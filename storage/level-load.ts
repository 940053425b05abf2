/**
 * Reads one document whole and believes nothing: each value against its checksum, the snapshot against the checksum of
 * the whole, the log against its numbers and its chain. What fails is kept in quarantine and told; the rest is returned.
 */

import { crc32 } from 'node:zlib';

import { decodeChunk, decodeDocument } from './entries.js';
import type { SnapshotEntry } from './entries.js';
import { chunkRange, documentKey, logKey, logNumberIn, logRange } from './keys.js';
import type { Database, DatabaseSnapshot } from './level-open.js';
import { getTolerantly, lost, readTolerantly } from './level-read.js';
import type { Quarantine } from './quarantine.js';
import { decodeRecord } from './records.js';
import type { Damage, LoadedDocument } from './store.js';

/** `last` is the last record that should be there. Appends may go on meanwhile: all is read from one moment. */
export async function loadDocument(database: Database, document: string, last: number, quarantine: Quarantine): Promise<LoadedDocument> {
  const view = database.snapshot();
  try {
    return await new DocumentReader(database, view, document, quarantine).read(last);
  } finally {
    await view.close();
  }
}

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

  async read(last: number): Promise<LoadedDocument> {
    const entry = await this.#readEntry();
    const snapshot = await this.#readSnapshot(entry);
    const updates = await this.#readLog(entry, last);
    return { snapshot, updates, damage: this.#damage };
  }

  async #readEntry(): Promise<SnapshotEntry | undefined> {
    const bytes = await this.#get(documentKey(this.#document));
    if (bytes === undefined) return undefined;
    const decoded = decodeDocument(this.#document, bytes);
    if (decoded.ok) return decoded.value.snapshot;
    await this.#keep(`the entry of the document does not verify (${decoded.reason})`, 'entry', bytes);
    return undefined;
  }

  async #readSnapshot(entry: SnapshotEntry | undefined): Promise<Uint8Array | undefined> {
    const stored: Uint8Array[] = [];
    const pieces: Uint8Array[] = [];
    let failure: string | undefined;
    const range = { ...chunkRange(this.#document, entry?.generation), snapshot: this.#view };
    const onCorruption = (): void => void (failure ??= 'LevelDB cannot read a part of it');
    for await (const [key, bytes] of readTolerantly(this.#database.iterator(range), onCorruption)) {
      stored.push(bytes);
      const decoded = decodeChunk(this.#document, bytes);
      if (!decoded.ok) failure ??= `${key} does not verify (${decoded.reason})`;
      else if (decoded.value.index !== pieces.length || decoded.value.generation !== entry?.generation)
        failure ??= `${key} is out of place`;
      else pieces.push(decoded.value.bytes);
    }
    if (entry === undefined) failure = stored.length > 0 ? 'the entry that describes it is missing' : failure;
    else if (pieces.length !== entry.chunks) failure ??= `${entry.chunks - pieces.length} of ${entry.chunks} chunks are missing`;
    const state = concat(pieces);
    if (entry !== undefined && crc32(state) !== entry.crc) failure ??= 'its checksum is another';
    if (failure === undefined) return entry === undefined ? undefined : state;
    await this.#keep(`the snapshot does not verify: ${failure}`, `snapshot-${entry?.generation ?? 'unknown'}`, concat(stored));
    return undefined;
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
