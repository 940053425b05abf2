/**
 * Where bytes go that did not verify: copied into `quarantine/` and told, never dropped in silence. A file is named after
 * what it holds, checksum included, so that finding the same damage twice keeps it once.
 */

import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { describe, systemCode } from '../src/base/errors.js';
import { writeFileAtomically } from './atomic-file.js';
import { escapeDocument } from './keys.js';
import type { Damage } from './store.js';

export interface Quarantine {
  /** `label` says which part of the document the bytes were, e.g. `record-17`. Never rejects: damage on a full disk is still told. */
  keep(document: string | undefined, what: string, label: string, bytes: Uint8Array): Promise<Damage>;
}

/** How much of a document's name goes into a file name. */
export const QUARANTINE_NAME_CHARS_MAX = 64;

export class QuarantineFolder implements Quarantine {
  readonly #folder: string;

  /** The folder is made when the first thing goes in. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async keep(document: string | undefined, what: string, label: string, bytes: Uint8Array): Promise<Damage> {
    const owner = document === undefined ? 'store' : escapeDocument(document).slice(0, QUARANTINE_NAME_CHARS_MAX);
    const path = join(this.#folder, `${owner}.${label}.${crc32(bytes).toString(16).padStart(8, '0')}.bin`);
    try {
      await mkdir(this.#folder, { mode: 0o700 }).catch(acceptExisting);
      if (!(await exists(path))) await writeFileAtomically(path, bytes);
      return { document, what, keptAs: path };
    } catch (error) {
      return { document, what: `${what}; it could not be copied aside (${systemCode(error) ?? describe(error)})`, keptAs: undefined };
    }
  }
}

/** For looking at a store without changing it. */
export const noQuarantine: Quarantine = {
  keep: async (document, what) => ({ document, what, keptAs: undefined }),
};

function acceptExisting(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
