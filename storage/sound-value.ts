/** Whether what LevelDB returned is what was written under that very key: the seal of the value, and the names and numbers within it. */

import { decodeChunk, decodeDocument, decodeMeta } from './entries.js';
import {
  META_KEY,
  chunkKey,
  documentIn,
  documentKey,
  entryCopyKey,
  generationIn,
  isEntryCopyKey,
  logKey,
  unescapeDocument,
} from './keys.js';
import { decodeRecord } from './records.js';

export function isSoundValue(key: string, value: Uint8Array): boolean {
  if (key === META_KEY) return decodeMeta(value).ok;
  const document = unescapeDocument(documentIn(key));
  if (document === undefined) return false;
  if (key.startsWith('log/')) {
    const record = decodeRecord(document, value);
    return record.ok && key === logKey(document, record.value.number);
  }
  if (isEntryCopyKey(key)) {
    const generation = generationIn(key);
    if (generation === undefined || key !== entryCopyKey(document, generation)) return false;
    const entry = decodeDocument(document, value);
    return entry.ok && entry.value.snapshot?.generation === generation;
  }
  if (key.startsWith('snapshot/')) {
    const chunk = decodeChunk(document, value);
    return chunk.ok && key === chunkKey(document, chunk.value.generation, chunk.value.index);
  }
  return key === documentKey(document) && decodeDocument(document, value).ok;
}
