/**
 * The names of everything inside LevelDB, and nothing else. Text, so that a stranger can read a dump; numbers with
 * leading zeros, so that their order is LevelDB's order.
 *
 *   meta                                            format, store id, term, batch, records in all documents
 *   document/<document>                             what its snapshot is and where its log begins
 *   log/<document>/<number, 16 digits>              one record
 *   snapshot/<document>/<generation, 16>/<index, 8> one chunk of a snapshot
 *   snapshot/<document>/<generation, 16>/entry      the document's entry once more, as that snapshot's batch wrote it
 */

export const META_KEY = 'meta';

export type Section = 'document' | 'log' | 'snapshot';

/** Keys from `gte` to below `lt`. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/**
 * A document's name as part of a key or file name: no `/`, and nothing that a file system minds.
 * A name that is no well-formed text is a `TypeError`.
 */
export function escapeDocument(document: string): string {
  try {
    return encodeURIComponent(document).replaceAll('*', '%2A');
  } catch (cause) {
    throw new TypeError('A document name must be well-formed text, without lone surrogates', { cause });
  }
}

/** Undefined where the text was not made by `escapeDocument`: a damaged key. */
export function unescapeDocument(escaped: string): string | undefined {
  try {
    const document = decodeURIComponent(escaped);
    return escapeDocument(document) === escaped ? document : undefined;
  } catch {
    return undefined;
  }
}

export function documentKey(document: string): string {
  return `document/${escapeDocument(document)}`;
}

export function logKey(document: string, number: number): string {
  return `log/${escapeDocument(document)}/${digits(number, 16)}`;
}

export function chunkKey(document: string, generation: number, index: number): string {
  return `snapshot/${escapeDocument(document)}/${digits(generation, 16)}/${digits(index, 8)}`;
}

/** Sorts behind the chunks that it describes. */
export function entryCopyKey(document: string, generation: number): string {
  return `snapshot/${escapeDocument(document)}/${digits(generation, 16)}/${ENTRY_COPY}`;
}

export function isEntryCopyKey(key: string): boolean {
  return key.startsWith('snapshot/') && key.endsWith(`/${ENTRY_COPY}`);
}

/** Undefined for a key that belongs to no generation. */
export function generationIn(key: string): number | undefined {
  const text = key.split('/', 3)[2] ?? '';
  return /^\d{16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

/** Everything of one kind, of all documents. `0` is the character after `/`. */
export function sectionRange(section: Section): KeyRange {
  return { gte: `${section}/`, lt: `${section}0` };
}

/** The log of one document, from a number on, through a number. */
export function logRange(document: string, from = 0, through = Number.MAX_SAFE_INTEGER): KeyRange {
  return {
    gte: logKey(document, from),
    lt: through === Number.MAX_SAFE_INTEGER ? `log/${escapeDocument(document)}0` : logKey(document, through + 1),
  };
}

/** The chunks of one document, of one generation or of all. */
export function chunkRange(document: string, generation?: number): KeyRange {
  const prefix = `snapshot/${escapeDocument(document)}${generation === undefined ? '' : `/${digits(generation, 16)}`}`;
  return { gte: `${prefix}/`, lt: `${prefix}0` };
}

/** The first key behind everything that a section holds of one document. */
export function afterDocument(section: 'log' | 'snapshot', escaped: string): string {
  return `${section}/${escaped}0`;
}

/** The escaped document in a key of a section. */
export function documentIn(key: string): string {
  return key.split('/', 2)[1] ?? '';
}

/** Undefined for a key that no `logKey` call returns. */
export function logNumberIn(key: string): number | undefined {
  const text = key.slice(key.lastIndexOf('/') + 1);
  return /^\d{16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

const ENTRY_COPY = 'entry';

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
