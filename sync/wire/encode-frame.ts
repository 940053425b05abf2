/**
 * Frame → bytes:  magic(2) version(1) kind:varUint sender(8) document:varString seq:varUint payload crc32(4, big endian)
 * The checksum covers everything before it. docs/PROTOCOL.md gives each payload in one line; keep both in step.
 */

import { crc32 } from 'node:zlib';
import * as encoding from 'lib0/encoding';
import { unreachable } from '../../src/base/errors.js';
import type { PeerId } from '../../src/base/ids.js';
import { MAINTENANCE_NUMBERS } from '../maintenance.js';
import type { MaintenanceOutcome } from '../maintenance.js';
import { KIND_NUMBERS, LASTING_KINDS, MAGIC_0, MAGIC_1, PROTOCOL, PROTOCOL_LASTING, REFUSAL_NUMBERS } from './frame.js';
import type { DocumentReport, Frame, PeerStatus, Tails, Vector } from './frame.js';

type Encoder = encoding.Encoder;

/** `version`: one that all who are to read it speak. */
export function encodeFrame(sender: PeerId, frame: Frame, version: number = PROTOCOL.protocolMax): Uint8Array {
  const to = encoding.createEncoder();
  encoding.writeUint8(to, MAGIC_0);
  encoding.writeUint8(to, MAGIC_1);
  encoding.writeUint8(to, LASTING_KINDS.has(frame.kind) ? PROTOCOL_LASTING : version);
  encoding.writeVarUint(to, KIND_NUMBERS[frame.kind]);
  writePeer(to, sender);
  encoding.writeVarString(to, 'document' in frame ? frame.document : '');
  encoding.writeVarUint(to, 'seq' in frame ? frame.seq : 0);
  writePayload(to, frame);
  const body = encoding.toUint8Array(to);
  const bytes = new Uint8Array(body.length + 4);
  bytes.set(body);
  new DataView(bytes.buffer).setUint32(body.length, crc32(body));
  return bytes;
}

function writePayload(to: Encoder, frame: Frame): void {
  switch (frame.kind) {
    case 'updates':
      return writeList(to, frame.updates, (update) => encoding.writeVarUint8Array(to, update));
    case 'tail':
      return encoding.writeVarUint(to, frame.clientId);
    case 'invite':
      return encoding.writeVarUint8Array(to, frame.stateVector);
    case 'ready':
      writeStatus(to, frame.status);
      return writeTails(to, frame.tails);
    case 'status':
      return writeStatus(to, frame.status);
    case 'pulse':
      encoding.writeVarUint(to, frame.beat);
      writeStatus(to, frame.status);
      writeVector(to, frame.revisions);
      writeList(to, frame.documents, (report) => {
        writeReport(to, report);
        writeVector(to, report.stored);
      });
      writeList(to, frame.watchers, (peer) => writePeer(to, peer));
      encoding.writeVarUint(to, frame.restMs);
      return writeVector(to, frame.missed);
    case 'goodbye':
      return writeTails(to, frame.tails);
    case 'silent':
      return writeList(to, frame.peers, (peer) => writePeer(to, peer));
    case 'hello':
      encoding.writeVarString(to, frame.address.publisher);
      encoding.writeVarString(to, frame.address.messenger);
      encoding.writeVarString(to, frame.address.responder);
      return writeIntroduction(to, frame);
    case 'welcome':
      return writeIntroduction(to, frame);
    case 'want':
      encoding.writeVarUint(to, frame.request);
      return encoding.writeVarUint8Array(to, frame.stateVector);
    case 'more':
      encoding.writeVarUint(to, frame.request);
      return encoding.writeVarUint(to, frame.index);
    case 'echo':
      encoding.writeVarUint(to, frame.beat);
      encoding.writeVarUint(to, frame.revision);
      encoding.writeVarUint(to, frame.heldRevision);
      return writeList(to, frame.documents, (report) => writeReport(to, report));
    case 'report':
      writeVector(to, frame.vector);
      return encoding.writeVarString(to, frame.digest);
    case 'holding':
      encoding.writeVarUint(to, frame.revision);
      encoding.writeUint8(to, frame.isAll ? 1 : 0);
      return writeList(to, frame.documents, (document) => encoding.writeVarString(to, document));
    case 'released':
      encoding.writeVarUint(to, frame.revision);
      return writeList(to, frame.documents, (document) => encoding.writeVarString(to, document));
    case 'recount':
      return;
    case 'flush':
      encoding.writeVarUint(to, frame.request);
      return writeTails(to, frame.targets);
    case 'maintain':
      encoding.writeVarUint(to, frame.request);
      encoding.writeUint8(to, MAINTENANCE_NUMBERS[frame.task.action]);
      return encoding.writeVarString(to, frame.task.target);
    case 'have':
      encoding.writeVarUint(to, frame.request);
      encoding.writeVarUint(to, frame.index);
      encoding.writeVarUint(to, frame.count);
      encoding.writeUint8(to, frame.isComplete ? 1 : 0);
      encoding.writeVarUint8Array(to, frame.bytes);
      writeVector(to, frame.vector);
      return encoding.writeVarUint8Array(to, frame.stateVector);
    case 'flushed':
      encoding.writeVarUint(to, frame.request);
      return encoding.writeVarUint(to, frame.term);
    case 'maintained':
      encoding.writeVarUint(to, frame.request);
      return writeOutcome(to, frame.outcome);
    case 'refused':
      encoding.writeVarUint(to, frame.request);
      return encoding.writeUint8(to, REFUSAL_NUMBERS[frame.reason]);
    default:
      unreachable(frame);
  }
}

/** `code` is empty where it was done. */
function writeOutcome(to: Encoder, outcome: MaintenanceOutcome): void {
  encoding.writeUint8(to, outcome.ok ? 1 : 0);
  encoding.writeVarString(to, outcome.ok ? '' : outcome.code);
  encoding.writeVarString(to, outcome.ok ? outcome.report : outcome.message);
}

interface Introduction {
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly status: PeerStatus;
  readonly tails: Tails;
}

function writeIntroduction(to: Encoder, { protocolMin, protocolMax, status, tails }: Introduction): void {
  encoding.writeVarUint(to, protocolMin);
  encoding.writeVarUint(to, protocolMax);
  writeStatus(to, status);
  writeTails(to, tails);
}

function writeStatus(to: Encoder, status: PeerStatus): void {
  encoding.writeVarUint(to, status.revision);
  encoding.writeVarUint(to, status.term);
  encoding.writeUint8(to, (status.isComplete ? 1 : 0) | (status.canWrite ? 2 : 0) | (status.isTakingOver ? 4 : 0));
  encoding.writeVarUint(to, status.pid);
  encoding.writeVarString(to, status.packageVersion);
  encoding.writeVarString(to, status.trouble);
  // An instance's id begins with its peer's: only the number behind it travels.
  writeList(to, status.instances, (instance) => encoding.writeVarString(to, instance.slice(17)));
}

function writeReport(to: Encoder, { document, vector, digest }: DocumentReport): void {
  encoding.writeVarString(to, document);
  writeVector(to, vector);
  encoding.writeVarString(to, digest);
}

function writeTails(to: Encoder, tails: Tails): void {
  encoding.writeVarUint(to, tails.size);
  for (const [document, seq] of tails) {
    encoding.writeVarString(to, document);
    encoding.writeVarUint(to, seq);
  }
}

function writeVector(to: Encoder, vector: Vector): void {
  encoding.writeVarUint(to, vector.size);
  for (const [peer, seq] of vector) {
    writePeer(to, peer);
    encoding.writeVarUint(to, seq);
  }
}

function writePeer(to: Encoder, peer: PeerId): void {
  encoding.writeUint8Array(to, Buffer.from(peer, 'hex'));
}

function writeList<Item>(to: Encoder, items: readonly Item[], write: (item: Item) => void): void {
  encoding.writeVarUint(to, items.length);
  for (const item of items) write(item);
}
