/**
 * What people call documents, and what the engine, the store and the wire call them. A name can be used again after its document
 * was deleted, and then means another one: the next generation. So an id is never used twice, and a late peer cannot bring back what was deleted.
 *
 *   main            the document that `join()` opens
 *   notes           `notes`, generation 1; later ones are `notes~2`, `notes~3` …
 *   ~memory/notes   `notes`, replicated and never written
 *   ~catalogue/7    one of the shelves on which it is kept which documents there are
 */

import { createHash } from 'node:crypto';
import { MEMORY_PREFIX } from '../../sync/keys.js';
import { MAIN } from '../../sync/membership.js';

export const DOCUMENT_NAME_CHARS_MAX = 128;
/** The catalogue is cut up, so that who opens one document among ten thousand fetches a small part of the list of all. */
export const CATALOGUE_SHELVES = 16;

export type DocumentKeep = 'store' | 'memory';

/** An id, taken apart. */
export interface DocumentIdentity {
  readonly kind: 'main' | 'stored' | 'memory' | 'catalogue';
  /** What people call it; of a shelf of the catalogue its id. */
  readonly name: string;
  readonly generation: number;
}

/** Throws a TypeError for what is no name. */
export function checkDocumentName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name.length <= DOCUMENT_NAME_CHARS_MAX && NAME.test(name)) return;
  const got = typeof name === 'string' ? JSON.stringify(name.slice(0, DOCUMENT_NAME_CHARS_MAX + 1)) : typeof name;
  throw new TypeError(
    `a document's name has 1 to ${DOCUMENT_NAME_CHARS_MAX} characters: letters and digits (a to z, 0 to 9), and . _ - / : @ or a space inside; ` +
      `it begins with a letter or digit; got ${got}`,
  );
}

export function storedId(name: string, generation: number): string {
  return generation === 1 ? name : `${name}~${generation}`;
}

export function memoryId(name: string): string {
  return `${MEMORY_PREFIX}${name}`;
}

export function isStoredId(id: string): boolean {
  return !id.startsWith(MEMORY_PREFIX);
}

/** The shelf that names all generations of a document. */
export function shelfOf(name: string): string {
  const [byte = 0] = createHash('sha256').update(name).digest();
  return `${SHELF_PREFIX}${byte % CATALOGUE_SHELVES}`;
}

export function isShelf(id: string): boolean {
  return id.startsWith(SHELF_PREFIX);
}

export const SHELVES: readonly string[] = Array.from({ length: CATALOGUE_SHELVES }, (_, index) => `~catalogue/${index}`);

export function identify(id: string): DocumentIdentity {
  if (id === MAIN) return { kind: 'main', name: id, generation: 1 };
  if (isShelf(id)) return { kind: 'catalogue', name: id, generation: 1 };
  if (!isStoredId(id)) return { kind: 'memory', name: id.slice(MEMORY_PREFIX.length), generation: 1 };
  const at = id.lastIndexOf('~');
  const generation = at === -1 ? 1 : Number(id.slice(at + 1));
  return Number.isSafeInteger(generation) && generation > 1
    ? { kind: 'stored', name: id.slice(0, at), generation }
    : { kind: 'stored', name: id, generation: 1 };
}

const SHELF_PREFIX = '~catalogue/';
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._\-/:@ ]*[A-Za-z0-9._\-/:@])?$/;
