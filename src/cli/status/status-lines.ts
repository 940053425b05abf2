/** The status of a group as people read it. */

import { formatBytes, formatCount, visible } from '../output/format.js';
import { formatPairs, formatTable } from '../output/table.js';
import type { Style } from '../output/terminal.js';
import { formatPointer } from '../pointer.js';
import type { Status } from './status.js';

type Paint = (style: Style, text: string) => string;

export function statusLines(status: Status, paint: Paint): readonly string[] {
  const dim = (text: string): string => paint('dim', text);
  return [
    ...headLines(status, paint),
    ...peerLines(status, dim),
    ...documentLines(status, dim),
    ...rootLines(status, dim),
    ...warningLines(status, paint),
  ];
}

const STATES = {
  running: { style: 'green', text: 'running' },
  stalled: { style: 'red', text: 'run, but nobody who has the whole state answers' },
  stored: { style: 'yellow', text: 'stored, run by nobody' },
} as const;

/** Others were there to catch up from. */
const WRITER_SILENT = { style: 'red', text: 'run, but its writer does not answer' } as const;
const NOBODY_CAN_WRITE = { style: 'red', text: 'run, but nobody can write to disk' } as const;

function headLines(status: Status, paint: Paint): readonly string[] {
  const { group, directory, writer, store, rates, state, stall, blobs } = status;
  const named = writer === undefined ? 'none' : `${writer.id}${writer.pid === undefined ? '' : `, pid ${writer.pid}`}, term ${writer.term}`;
  const pairs: (readonly [string, string])[] = [['directory', directory]];
  if (state !== 'stored') pairs.push(['writer', named]);
  if (store !== undefined)
    pairs.push(['store', `${formatBytes(store.bytes)} on disk, term ${store.term}, id ${store.id?.slice(0, 8) ?? 'unknown'}`]);
  if (blobs.count > 0) pairs.push(['blobs', `${formatCount(blobs.count)}, ${formatBytes(blobs.bytes)}`]);
  if (rates !== undefined)
    pairs.push(['traffic', `${formatCount(rates.framesPerSecond)} frames/s, ${formatBytes(rates.bytesPerSecond)}/s`]);
  const { style, text } = headOf(status);
  const told = stall === undefined ? [] : ['', `${paint('red', 'stalled:')} ${visible(stall.text)}`];
  return [`${paint('bold', group)}  ${paint(style, text)}`, ...formatPairs(pairs, (name) => paint('dim', name)), ...told];
}

function headOf({ state, stall, documents }: Status): { readonly style: Style; readonly text: string } {
  if (stall !== undefined && stall.reason !== 'writer-silent') return NOBODY_CAN_WRITE;
  return state === 'stalled' && documents.length > 0 ? WRITER_SILENT : STATES[state];
}

function peerLines({ peers, state }: Status, dim: (text: string) => string): readonly string[] {
  if (state === 'stored') return [];
  const hasTrouble = peers.some(({ trouble }) => trouble !== '');
  const columns = [
    { heading: 'peer' },
    { heading: 'pid', isNumber: true },
    { heading: 'role' },
    { heading: 'instances', isNumber: true },
    { heading: 'version' },
    ...(hasTrouble ? [{ heading: 'trouble' }] : []),
  ];
  const rows = peers.map((it) => [
    it.id,
    String(it.pid),
    it.role,
    it.instances === undefined ? '–' : String(it.instances),
    it.version,
    ...(hasTrouble ? [it.trouble] : []),
  ]);
  return ['', ...formatTable(columns, rows, dim)];
}

/** A screen has so many lines. */
const DOCUMENTS_SHOWN_MAX = 30;

function documentLines({ documents }: Status, dim: (text: string) => string): readonly string[] {
  if (documents.length === 0) return [];
  const columns = [
    { heading: 'document' },
    { heading: 'digest' },
    { heading: 'state', isNumber: true },
    { heading: 'snapshot', isNumber: true },
    { heading: 'log', isNumber: true },
    { heading: 'records', isNumber: true },
  ];
  const shown = documents.length > DOCUMENTS_SHOWN_MAX ? documents.slice(0, DOCUMENTS_SHOWN_MAX) : documents;
  const rows = shown.map((it) => [
    it.name,
    it.digest ?? '–',
    size(it.stateBytes),
    size(it.snapshotBytes),
    size(it.logBytes),
    it.logRecords === undefined ? '–' : formatCount(it.logRecords),
  ]);
  const left = documents.length - shown.length;
  return ['', ...formatTable(columns, rows, dim), ...(left === 0 ? [] : [dim(`… and ${formatCount(left)} more: --json has all`)])];
}

function size(bytes: number | undefined): string {
  return bytes === undefined ? '–' : formatBytes(bytes);
}

function rootLines({ roots }: Status, dim: (text: string) => string): readonly string[] {
  if (roots.length === 0) return [];
  const columns = [{ heading: 'root' }, { heading: 'type' }, { heading: 'entries', isNumber: true }];
  const rows = roots.map(({ name, type, entries }) => [formatPointer([name]), type, entries === undefined ? '–' : formatCount(entries)]);
  return ['', ...formatTable(columns, rows, dim)];
}

function warningLines({ warnings, damage }: Status, paint: Paint): readonly string[] {
  const told = [...warnings.map(({ code, message }) => `${message} [${code}]`), ...damage];
  return told.length === 0 ? [] : ['', ...told.map((text) => `${paint('yellow', 'warning:')} ${visible(text)}`)];
}
