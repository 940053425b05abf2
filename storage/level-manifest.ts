/**
 * What LevelDB's `MANIFEST` names: the tables that count, and the log that goes on from them. Everything else in the folder is
 * left over from a process that was killed, half written as often as not, and LevelDB deletes it: nobody may judge a store by it.
 *
 * A MANIFEST is a log (level-log) of edits:  tag • …, numbers of variable length, texts with their length before them.
 * The tags are those of LevelDB's db/version_edit.cc.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Cursor } from './cursor.js';
import { readLogRecords } from './level-log.js';

export interface LevelVersion {
  /** Of the file that was read. */
  readonly manifest: string;
  /** By number: length in bytes. */
  readonly tables: ReadonlyMap<number, number>;
  /** Logs below this one count no more; 0 where there is none yet. */
  readonly logNumber: number;
}

/**
 * Of a MANIFEST that was cut, what is left of it. Undefined where that is not enough for LevelDB to open either.
 * At once: a takeover waits for it, and a MANIFEST is short.
 */
export function readLevelVersion(level: string): LevelVersion | undefined {
  try {
    const manifest = readFileSync(join(level, 'CURRENT'), 'latin1').trim();
    if (!/^MANIFEST-\d+$/.test(manifest)) return undefined;
    const tables = new Map<number, number>();
    let logNumber: number | undefined;
    for (const edit of readLogRecords(readFileSync(join(level, manifest)))) logNumber = applyEdit(new Cursor(edit), tables) ?? logNumber;
    // LevelDB names CURRENT after the first edit with a log in it was synced.
    return logNumber === undefined ? undefined : { manifest, tables, logNumber };
  } catch (error) {
    // What cannot be read is LevelDB's to tell, but a disk that fails is told as such.
    if (error instanceof RangeError || isMissing(error)) return undefined;
    throw error;
  }
}

/** The log's new number, where the edit names one. */
function applyEdit(edit: Cursor, tables: Map<number, number>): number | undefined {
  let logNumber: number | undefined;
  while (!edit.isAtEnd) {
    const tag = edit.readVarint();
    if (tag === TAG.comparator) edit.take(edit.readVarint());
    else if (tag === TAG.logNumber) logNumber = edit.readVarint();
    else if (tag === TAG.nextFile || tag === TAG.lastSequence || tag === TAG.previousLog) edit.readVarint();
    else if (tag === TAG.compactPointer) {
      edit.readVarint();
      edit.take(edit.readVarint());
    } else if (tag === TAG.deletedFile) {
      edit.readVarint();
      tables.delete(edit.readVarint());
    } else if (tag === TAG.newFile) {
      edit.readVarint();
      tables.set(edit.readVarint(), edit.readVarint());
      edit.take(edit.readVarint());
      edit.take(edit.readVarint());
    } else throw new RangeError(`an edit with the unknown tag ${tag}`);
  }
  return logNumber;
}

const TAG = {
  ...{ comparator: 1, logNumber: 2, nextFile: 3, lastSequence: 4, compactPointer: 5 },
  ...{ deletedFile: 6, newFile: 7, previousLog: 9 },
} as const;

function isMissing(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'ENOENT';
}
