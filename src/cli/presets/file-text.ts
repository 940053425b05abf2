/**
 * The text of a whole file, unpacked, within FILE_BYTES_MAX. A file that nobody promised to be JSON is first looked at:
 * a folder of presets may also hold samples and pictures of any size.
 */

import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { messageOf } from '../../library/exchange/reading-error.js';
import { readJson } from '../../library/exchange/json-text.js';
import { FILE_BYTES_MAX } from '../limits.js';
import type { SourceFile } from '../../library/exchange/sources.js';

export type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'problem'; readonly cause: string }
  /** Nobody promised JSON, and it does not begin as an object does. */
  | { readonly kind: 'unlikely'; readonly cause: string; readonly line?: number; readonly column?: number };

export async function readWholeFile(file: SourceFile): Promise<FileText> {
  try {
    if (!file.isPromised && !file.isPacked && !looksLikeObject(await readBeginning(file.path)))
      return unlikely(await readBeginning(file.path));
    if (file.bytes > FILE_BYTES_MAX) return { kind: 'problem', cause: `larger than ${FILE_BYTES_MAX} bytes` };
    const packed = await readFile(file.path);
    const bytes = file.isPacked ? await unpack(packed, { maxOutputLength: FILE_BYTES_MAX }) : packed;
    if (!file.isPromised && !looksLikeObject(bytes)) return unlikely(bytes.subarray(0, BEGINNING_BYTES));
    const text = decodeText(bytes);
    return text === undefined ? { kind: 'problem', cause: 'not UTF-8 text' } : { kind: 'text', text };
  } catch (error) {
    return { kind: file.isPacked && !file.isPromised ? 'unlikely' : 'problem', cause: `cannot be read: ${messageOf(error)}` };
  }
}

/** Undefined for what is not UTF-8. A byte order mark is left out. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const unpack = promisify(gunzip);
const BEGINNING_BYTES = 512;

async function readBeginning(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function looksLikeObject(bytes: Uint8Array): boolean {
  const beginning = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, BEGINNING_BYTES));
  return beginning.toString('utf8').replace('\ufeff', '').trimStart().startsWith('{');
}

function unlikely(beginning: Uint8Array): FileText {
  if (beginning.length === 0) return { kind: 'unlikely', cause: 'empty' };
  const text = decodeText(beginning);
  const reading = text === undefined ? undefined : readJson(text);
  if (reading?.kind === 'mistake') return { kind: 'unlikely', ...reading.mistake };
  return { kind: 'unlikely', cause: reading === undefined ? 'not UTF-8 text' : 'not an object' };
}
