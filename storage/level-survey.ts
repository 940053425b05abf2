/**
 * What a store holds, learnt at the opening without reading logs through: the store's entry, each document's entry and
 * the end of its log. Everything that contradicts itself is told; nothing here writes to LevelDB.
 *
 *   1. meta            missing or damaged: the same is derived from the rest
 *   2. document/…      entries that do not verify are put aside; their documents are found again in step 5
 *   3. end of each log    from the end back to the first record that verifies
 *   4. the sum of all last numbers against meta: an end that was lost while other logs went on, or a whole document
 *   5. log/…, snapshot/…  where the sum is not to be had or differs, or anything is damaged: documents without an entry; the copy beside a
 *                         snapshot stands in. A takeover waits for the survey, and to look for keys LevelDB reads what is stored under them.
 */

import { NO_ENTRY, readEntryCopy, standIn } from './document-entry.js';
import { decodeDocument, decodeMeta } from './entries.js';
import type { DocumentEntry, MetaEntry } from './entries.js';
import { META_KEY, afterDocument, documentIn, documentKey, sectionRange, unescapeDocument } from './keys.js';
import type { KeyRange } from './keys.js';
import type { Database } from './level-open.js';
import { getTolerantly, lost, readTolerantly } from './level-read.js';
import { readLogEnd } from './log-end.js';
import type { LogEnd } from './log-end.js';
import type { Quarantine } from './quarantine.js';
import type { DocumentState } from './store-state.js';
import { countRecords } from './store-state.js';
import type { Damage } from './store.js';

export interface Survey {
  /** Undefined where there is none that verifies. */
  readonly meta: MetaEntry | undefined;
  readonly isMetaMissing: boolean;
  readonly documents: ReadonlyMap<string, DocumentState>;
  readonly strays: readonly string[];
  /** The highest that any verified value names: what `meta` said, or would have said. */
  readonly term: number;
  readonly batch: number;
  readonly damage: readonly Damage[];
}

export interface SurveyOptions {
  /** What a repair brought together may be of different times, and then no sum says anything. */
  readonly isMixed?: boolean;
}

export async function surveyDatabase(database: Database, quarantine: Quarantine, { isMixed = false }: SurveyOptions = {}): Promise<Survey> {
  const damage: Damage[] = [];
  const strays: string[] = [];
  // Side by side, as a takeover waits for it: each answer comes by way of the thread pool.
  const readEnds = (entries: ReadonlyMap<string, DocumentEntry>): Promise<readonly NamedLogEnd[]> =>
    Promise.all([...entries].map(async ([name, entry]) => ({ name, entry, end: await readLogEnd(database, name, entry, quarantine) })));
  const [{ meta, isMetaMissing }, { entries, ends }] = await Promise.all([
    readMeta(database, quarantine, damage),
    readDocumentEntries(database, quarantine, damage, strays).then(async (read) => ({ entries: read, ends: await readEnds(read) })),
  ]);
  const isWhole = !isMixed && damage.length === 0 && ends.length > 0 && ends.every(counts) && recordsIn(ends) === meta?.records;
  const found = isWhole ? [] : await Promise.all([findDocuments(database, 'log', damage), findDocuments(database, 'snapshot', damage)]);
  const foundEntries = new Map<string, DocumentEntry>();
  const lostEntries = new Set<string>();
  for (const name of new Set(found.flat())) {
    if (entries.has(name)) continue;
    const copy = await readEntryCopy(database, name);
    foundEntries.set(name, copy ?? NO_ENTRY);
    lostEntries.add(name);
    damage.push(copy === undefined ? lost(name, 'the entry of the document is missing, and no snapshot names one') : standIn(name));
  }
  const documents = new Map<string, DocumentState>();
  let term = meta?.term ?? 0;
  let batch = meta?.batch ?? 0;
  for (const { name, entry, end } of [...ends, ...(await readEnds(foundEntries))]) {
    documents.set(name, { ...end.state, isEntryLost: lostEntries.has(name) });
    damage.push(...end.damage);
    strays.push(...end.strays);
    term = Math.max(term, end.term);
    batch = Math.max(batch, end.batch, entry.snapshot?.generation ?? 0);
  }
  const records = countRecords(documents);
  if (meta !== undefined && records < meta.records) {
    damage.push(lost(undefined, `${meta.records - records} of ${meta.records} records are missing at the end of some logs`));
  }
  return { meta, isMetaMissing, documents, strays, term, batch, damage };
}

interface NamedLogEnd {
  readonly name: string;
  readonly entry: DocumentEntry;
  readonly end: LogEnd;
}

/**
 * Every number up to its last belongs to a record that was written: one that only a flipped bit made must not make up for one that is lost.
 * Where one has no number at all, as in stores that were restored once, others may be missing that had none either.
 */
function counts({ end: { damage, strays, state } }: NamedLogEnd): boolean {
  return damage.length === 0 && strays.length === 0 && state.last > 0;
}

function recordsIn(ends: readonly NamedLogEnd[]): number {
  return ends.reduce((sum, { end }) => sum + end.state.last, 0);
}

async function readMeta(database: Database, quarantine: Quarantine, damage: Damage[]): Promise<Pick<Survey, 'meta' | 'isMetaMissing'>> {
  const bytes = await getTolerantly(database, META_KEY);
  if (bytes === undefined) return { meta: undefined, isMetaMissing: true };
  const decoded = decodeMeta(bytes);
  if (decoded.ok) return { meta: decoded.value, isMetaMissing: false };
  damage.push(await quarantine.keep(undefined, `the entry of the store does not verify (${decoded.reason})`, 'meta', bytes));
  return { meta: undefined, isMetaMissing: false };
}

async function readDocumentEntries(
  database: Database,
  quarantine: Quarantine,
  damage: Damage[],
  strays: string[],
): Promise<Map<string, DocumentEntry>> {
  const entries = new Map<string, DocumentEntry>();
  const tellCorruption = (): void => void damage.push(lost(undefined, 'LevelDB cannot read a part of the document entries'));
  for await (const [key, bytes] of readTolerantly(database.iterator(sectionRange('document')), tellCorruption)) {
    const name = unescapeDocument(documentIn(key));
    const decoded = name === undefined || documentKey(name) !== key ? undefined : decodeDocument(name, bytes);
    if (name !== undefined && decoded?.ok === true) {
      entries.set(name, decoded.value);
      continue;
    }
    const told = await quarantine.keep(
      name,
      `the entry under ${key} does not verify (${decoded?.ok === false ? decoded.reason : 'key'})`,
      'entry',
      bytes,
    );
    damage.push(told);
    // An entry that nothing else stands behind would be told at every opening; where a log or a snapshot does, they bring the name back.
    if (told.keptAs !== undefined) strays.push(key);
  }
  return entries;
}

/** How many keys are read at once in search of documents. */
const KEYS_AT_ONCE_MAX = 64;

/**
 * The names of all documents that have a log, or a snapshot. Of many small ones some dozens are found with each reading; a long log is
 * left with a seek behind it.
 */
async function findDocuments(database: Database, section: 'log' | 'snapshot', damage: Damage[]): Promise<readonly string[]> {
  const names: string[] = [];
  let range: KeyRange | undefined = sectionRange(section);
  let escaped: string | undefined;
  while (range !== undefined) {
    let last: string | undefined;
    let left = KEYS_AT_ONCE_MAX;
    const tellCorruption = (): void => void (left = 0);
    for await (const key of readTolerantly(database.keys({ ...range, limit: KEYS_AT_ONCE_MAX }), tellCorruption)) {
      last = key;
      left--;
      if (documentIn(key) === escaped) continue;
      escaped = documentIn(key);
      const name = unescapeDocument(escaped);
      if (name === undefined) damage.push(lost(undefined, `the key ${JSON.stringify(key)} belongs to no document`));
      else names.push(name);
    }
    // Those were all, where nothing kept us from reading on: no further question, for a takeover waits.
    if (last === undefined || escaped === undefined || left > 0) break;
    const next = afterDocument(section, escaped);
    // A damaged key may sort behind its own end; never go back.
    range = next > last ? { gte: next, lt: range.lt } : undefined;
  }
  return names;
}
