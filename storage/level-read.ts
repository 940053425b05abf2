/** Reading from a LevelDB that may be damaged: what it cannot read is told, and everything behind it is still read. */

import { systemCode } from '../src/base/errors.js';
import type { Database, ReadOptions } from './level-open.js';
import type { Damage } from './store.js';

/** LevelDB leaves out blocks that it cannot read, and says so when it comes to the end. Other errors are the disk's, and thrown. */
export async function* readTolerantly<Entry>(entries: AsyncIterable<Entry>, onCorruption: () => void): AsyncGenerator<Entry> {
  try {
    yield* entries;
  } catch (error) {
    if (systemCode(error) !== 'LEVEL_CORRUPTION') throw error;
    onCorruption();
  }
}

/** Undefined also where LevelDB cannot read the value: whoever needs it finds it missing. */
export async function getTolerantly(database: Database, key: string, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
  try {
    return await database.get(key, options);
  } catch (error) {
    if (systemCode(error) !== 'LEVEL_CORRUPTION') throw error;
    return undefined;
  }
}

/** Damage of which there are no bytes to keep. */
export function lost(document: string | undefined, what: string): Damage {
  return { document, what, keptAs: undefined };
}
