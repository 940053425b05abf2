/**
 * Bytes → frame, for bytes from anywhere: total, never throws, never allocates by a number that it has not checked.
 * The checksum is looked at first: nothing of a damaged frame is interpreted.
 */

import { crc32 } from 'node:zlib';
import * as decoding from 'lib0/decoding';
import { describe } from '../../src/base/errors.js';
import type { SocommErrorCode } from '../../src/base/errors.js';
import { newInstanceId } from '../../src/base/ids.js';
import type { InstanceId, PeerId } from '../../src/base/ids.js';
import * as limits from '../limits.js';
import { MAINTENANCE_NUMBERS } from '../maintenance.js';
import type { MaintenanceAction, MaintenanceOutcome } from '../maintenance.js';
import { readBytes, readCount, readFlags, readList, readNames, readPeer, readText, readVector } from './reading.js';
import { KIND_NUMBERS, LASTING_KINDS, MAGIC_0, MAGIC_1, PROTOCOL, PROTOCOL_LASTING, REFUSAL_NUMBERS } from './frame.js';
import type { DocumentReport, Frame, FrameKind, PeerStatus, ProtocolRange, ReceivedFrame, RefusalReason } from './frame.js';

export type Decoded =
  | ({ readonly ok: true } & ReceivedFrame)
  /** `sender`: whom a frame names that is whole and means nothing. */
  | { readonly ok: false; readonly reason: DecodeFailure; readonly detail: string; readonly sender?: PeerId | undefined };

export type DecodeFailure = 'foreign' | 'version' | 'checksum' | 'unknown-kind' | 'malformed' | 'too-large';

type Decoder = decoding.Decoder;

const KINDS = new Map<number, FrameKind>(Object.entries(KIND_NUMBERS).map(([kind, number]) => [number, kind as FrameKind]));
const REFUSALS = new Map<number, RefusalReason>(
  Object.entries(REFUSAL_NUMBERS).map(([reason, number]) => [number, reason as RefusalReason]),
);
const ACTIONS = new Map<number, MaintenanceAction>(
  Object.entries(MAINTENANCE_NUMBERS).map(([action, number]) => [number, action as MaintenanceAction]),
);
const CODE = /^SOCOMM_[A-Z_]{1,40}$/;
/** magic, version, kind, sender, empty document, seq, checksum */
const SHORTEST = 2 + 1 + 1 + 8 + 1 + 1 + 4;

/** `range`: the versions that the reader speaks. */
export function decodeFrame(bytes: Uint8Array, range: ProtocolRange = PROTOCOL): Decoded {
  if (bytes.length > limits.FRAME_BYTES_MAX) return failed('too-large', `${bytes.length} bytes`);
  if (bytes.length < SHORTEST || bytes[0] !== MAGIC_0 || bytes[1] !== MAGIC_1) return failed('foreign', `${bytes.length} bytes`);
  const version = bytes[2] ?? 0;
  const isSpoken = version >= range.protocolMin && version <= range.protocolMax;
  if (!isSpoken && version !== PROTOCOL_LASTING) return failed('version', `protocol ${version}`);
  const body = bytes.subarray(0, bytes.length - 4);
  const checksum = new DataView(bytes.buffer, bytes.byteOffset + body.length, 4).getUint32(0);
  if (crc32(body) !== checksum) return failed('checksum', `${bytes.length} bytes`);
  try {
    return decodeBody(body, isSpoken);
  } catch (error) {
    // lib0 throws where the bytes end early, and we where a number is out of bounds: both are the sender's fault.
    return { ...failed('malformed', describe(error)), sender: claimedSender(body) };
  }
}

function failed(reason: DecodeFailure, detail: string): Extract<Decoded, { ok: false }> {
  return { ok: false, reason, detail };
}

/** Of a frame that cannot be read. */
function claimedSender(body: Uint8Array): PeerId | undefined {
  const from = decoding.createDecoder(body);
  from.pos = 3;
  try {
    readCount(from);
    return readPeer(from);
  } catch {
    return undefined; // it names nobody
  }
}

function decodeBody(body: Uint8Array, isSpoken: boolean): Decoded {
  const from = decoding.createDecoder(body);
  from.pos = 3;
  const kindNumber = readCount(from);
  const kind = KINDS.get(kindNumber);
  if (!isSpoken && (kind === undefined || !LASTING_KINDS.has(kind))) return failed('version', `kind ${kindNumber} of protocol ${body[2]}`);
  if (kind === undefined) return failed('unknown-kind', `kind ${kindNumber}`);
  const sender = readPeer(from);
  const document = readText(from, limits.DOCUMENT_NAME_BYTES_MAX);
  const seq = readCount(from);
  const frame = readPayload(from, { kind, sender, document, seq });
  if (from.pos !== body.length) throw new RangeError(`${body.length - from.pos} bytes too many`);
  return { ok: true, sender, frame };
}

interface Header {
  readonly kind: FrameKind;
  readonly sender: PeerId;
  readonly document: string;
  readonly seq: number;
}

function readPayload(from: Decoder, { kind, sender, document, seq }: Header): Frame {
  switch (kind) {
    case 'updates':
      return { kind, document, seq, updates: readUpdates(from) };
    case 'tail':
      return { kind, document, seq, clientId: readCount(from) };
    case 'invite':
      return { kind, document, stateVector: readBytes(from) };
    case 'ready':
      return { kind, status: readStatus(from, sender), tails: readTails(from) };
    case 'status':
      return { kind, status: readStatus(from, sender) };
    case 'pulse':
      return {
        kind,
        beat: readCount(from),
        status: readStatus(from, sender),
        revisions: readVector(from),
        documents: eachOnce(readList(from, limits.DOCUMENTS_IN_FRAME_MAX, () => ({ ...readReport(from), stored: readVector(from) }))),
        watchers: readList(from, limits.LINKS_MAX, () => readPeer(from)),
        restMs: readCount(from),
        missed: readVector(from),
      };
    case 'goodbye':
      return { kind, tails: readTails(from) };
    case 'silent':
      return { kind, peers: readList(from, limits.LINKS_MAX, () => readPeer(from)) };
    case 'hello': {
      const publisher = readText(from, limits.ENDPOINT_BYTES_MAX);
      const messenger = readText(from, limits.ENDPOINT_BYTES_MAX);
      const responder = readText(from, limits.ENDPOINT_BYTES_MAX);
      return { kind, address: { id: sender, publisher, messenger, responder }, ...readIntroduction(from, sender) };
    }
    case 'welcome':
      return { kind, ...readIntroduction(from, sender) };
    case 'want':
      return { kind, document, request: readCount(from), stateVector: readBytes(from) };
    case 'more':
      return { kind, document, request: readCount(from), index: readCount(from) };
    case 'echo':
      return {
        kind,
        beat: readCount(from),
        revision: readCount(from),
        heldRevision: readCount(from),
        documents: eachOnce(readList(from, limits.DOCUMENTS_IN_FRAME_MAX, () => readReport(from))),
      };
    case 'report':
      return { kind, document, vector: readVector(from), digest: readText(from, 64) };
    case 'holding':
      return { kind, revision: readCount(from), isAll: readFlags(from, 1) === 1, documents: readNames(from) };
    case 'released':
      return { kind, revision: readCount(from), documents: readNames(from) };
    case 'recount':
      return { kind };
    case 'flush':
      return { kind, request: readCount(from), targets: readTails(from) };
    case 'maintain': {
      const request = readCount(from);
      const action = ACTIONS.get(decoding.readUint8(from));
      if (action === undefined) throw new RangeError('unknown action');
      return { kind, request, task: { action, target: readText(from, limits.MAINTENANCE_TARGET_BYTES_MAX) } };
    }
    case 'maintained':
      return { kind, request: readCount(from), outcome: readOutcome(from) };
    case 'have':
      return readHave(from, document);
    case 'flushed':
      return { kind, request: readCount(from), term: readCount(from) };
    case 'refused': {
      const request = readCount(from);
      const reason = REFUSALS.get(decoding.readUint8(from));
      if (reason === undefined) throw new RangeError('unknown reason of a refusal');
      return { kind, request, reason };
    }
  }
}

function readUpdates(from: Decoder): Uint8Array[] {
  const updates = readList(from, limits.UPDATES_IN_FRAME_MAX, () => readBytes(from));
  let bytes = 0;
  for (const update of updates) bytes += update.length;
  if (bytes > limits.FRAME_UPDATES_BYTES_MAX) throw new RangeError(`updates of ${bytes} bytes`);
  return updates;
}

function readHave(from: Decoder, document: string): Frame {
  const request = readCount(from);
  const index = readCount(from);
  const count = readCount(from);
  if (count < 1 || count > limits.CHUNKS_MAX || index >= count) throw new RangeError(`chunk ${index} of ${count}`);
  const isComplete = readFlags(from, 1) === 1;
  const bytes = readBytes(from);
  if (bytes.length > limits.CHUNK_BYTES) throw new RangeError(`chunk of ${bytes.length} bytes`);
  const vector = readVector(from);
  const stateVector = readBytes(from);
  return { kind: 'have', document, request, index, count, bytes, vector, stateVector, isComplete };
}

function readOutcome(from: Decoder): MaintenanceOutcome {
  const ok = readFlags(from, 1) === 1;
  const code = readCode(from);
  const text = readText(from, limits.MAINTENANCE_TEXT_BYTES_MAX);
  if (ok && code === '') return { ok, report: text };
  if (!ok && code !== '') return { ok, code, message: text };
  throw new RangeError('neither done nor failed');
}

/** Why something failed; empty where nothing did. It is shown to people and becomes an error's code. */
function readCode(from: Decoder): SocommErrorCode | '' {
  const code = readText(from, 47);
  if (code !== '' && !CODE.test(code)) throw new RangeError('text that is no code');
  return code as SocommErrorCode | '';
}

function readIntroduction(from: Decoder, sender: PeerId) {
  return {
    protocolMin: readCount(from),
    protocolMax: readCount(from),
    status: readStatus(from, sender),
    tails: readTails(from),
  };
}

function readStatus(from: Decoder, sender: PeerId): PeerStatus {
  const revision = readCount(from);
  const term = readCount(from);
  const flags = readFlags(from, 7);
  const pid = readCount(from);
  const packageVersion = readText(from, 64);
  const trouble = readCode(from);
  const instances = readList(from, limits.INSTANCES_MAX, () => readInstance(from, sender));
  return {
    revision,
    term,
    isComplete: (flags & 1) !== 0,
    canWrite: (flags & 2) !== 0,
    isTakingOver: (flags & 4) !== 0,
    pid,
    packageVersion,
    trouble,
    instances,
  };
}

function readInstance(from: Decoder, sender: PeerId): InstanceId {
  const text = readText(from, 16);
  const number = Number(text);
  // One id, one text: `1e3` or ` 7` would be a second name of the same instance.
  if (!Number.isSafeInteger(number) || String(number) !== text || number < 0) throw new RangeError('an instance has no number');
  return newInstanceId(sender, number);
}

function readReport(from: Decoder): DocumentReport {
  const document = readText(from, limits.DOCUMENT_NAME_BYTES_MAX);
  const vector = readVector(from);
  return { document, vector, digest: readText(from, 64) };
}

/** Each report is compared and answered: one document a thousand times would be a lot of work for a small frame. */
function eachOnce<Report extends DocumentReport>(reports: readonly Report[]): readonly Report[] {
  if (new Set(reports.map(({ document }) => document)).size < reports.length) throw new RangeError('a document reported twice');
  return reports;
}

function readTails(from: Decoder): Map<string, number> {
  return new Map(readList(from, limits.DOCUMENTS_IN_FRAME_MAX, () => [readText(from, limits.DOCUMENT_NAME_BYTES_MAX), readCount(from)]));
}
