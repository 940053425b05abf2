/**
 * The frames that `test/vectors/frames.json` holds: at least one of each kind, plain and at its edges. Written by hand
 * and never at random: the file changes only when the protocol does.
 */

import * as encoding from 'lib0/encoding';

import { newInstanceId } from '../../src/base/ids.js';
import type { PeerId } from '../../src/base/ids.js';
import type { Frame, PeerStatus } from '../../sync/wire/frame.js';
import { sealed, withChecksum } from './seal.js';

export const GOLDEN_SENDER = '00112233445566ff' as PeerId;
const other = 'ffeeddccbbaa9900' as PeerId;

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const filled = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index & 0xff);

const newcomer: PeerStatus = {
  revision: 0,
  term: 0,
  isComplete: false,
  canWrite: false,
  isTakingOver: false,
  pid: 1,
  packageVersion: '0.1.0',
  trouble: '',
  instances: [],
};
const writer: PeerStatus = {
  revision: 300,
  term: 7,
  isComplete: true,
  canWrite: true,
  isTakingOver: false,
  pid: 4_194_304,
  packageVersion: '0.1.0',
  trouble: '',
  instances: [newInstanceId(GOLDEN_SENDER, 1), newInstanceId(GOLDEN_SENDER, 128)],
};
const vector = new Map([
  [GOLDEN_SENDER, 12],
  [other, 16_384],
]);
const tails = new Map([
  ['main', 12],
  ['préférences', 1],
]);
const address = {
  id: GOLDEN_SENDER,
  publisher: 'ipc:///run/user/1000/socomm/0f.p',
  messenger: 'ipc:///run/user/1000/socomm/0f.t',
  responder: 'ipc:///run/user/1000/socomm/0f.r',
};
/** State vectors and updates mean nothing to the codec: these only look like Yjs's. */
const stateVector = hex('0101c0843d05');
const update = hex('0101c0843d00040101740161 00'.replaceAll(' ', ''));

export const goldenFrames: Readonly<Record<string, Frame>> = {
  'updates: one': { kind: 'updates', document: 'main', seq: 1, updates: [update] },
  'updates: a list, and a long number': {
    kind: 'updates',
    document: 'main',
    seq: Number.MAX_SAFE_INTEGER,
    updates: [update, hex(''), filled(130)],
  },
  'updates: of a document with a name beyond ASCII': { kind: 'updates', document: 'préférences 🎹', seq: 127, updates: [update] },
  tail: { kind: 'tail', document: 'main', seq: 128, clientId: 2 ** 53 - 1 },
  'ready: of a newcomer': { kind: 'ready', status: newcomer, tails: new Map() },
  'ready: of the writer': { kind: 'ready', status: writer, tails },
  status: { kind: 'status', status: writer },
  'status: of one that cannot write': {
    kind: 'status',
    status: { ...newcomer, revision: 4, canWrite: true, trouble: 'SOCOMM_STORE_GONE' },
  },
  'pulse: without documents': {
    kind: 'pulse',
    beat: 1,
    status: newcomer,
    revisions: new Map(),
    documents: [],
    watchers: [],
    restMs: 1000,
    missed: new Map(),
  },
  'pulse: of who stands in': {
    kind: 'pulse',
    beat: 2,
    status: newcomer,
    revisions: new Map(),
    documents: [],
    watchers: [],
    restMs: 1000,
    missed: new Map([[other, 1500]]),
  },
  pulse: {
    kind: 'pulse',
    beat: 3600,
    status: writer,
    revisions: new Map([[other, 3]]),
    documents: [
      { document: 'main', vector, digest: '0123456789abcdef', stored: new Map([[other, 16_000]]) },
      { document: 'préférences', vector: new Map(), digest: '', stored: new Map() },
    ],
    watchers: [other],
    restMs: 2000,
    missed: new Map(),
  },
  goodbye: { kind: 'goodbye', tails },
  report: { kind: 'report', document: '~memory/midi map', vector, digest: '0123456789abcdef' },
  'report: while it is being changed': { kind: 'report', document: '~memory/midi map', vector: new Map(), digest: '' },
  silent: { kind: 'silent', peers: [other, GOLDEN_SENDER] },
  'silent: nobody any more': { kind: 'silent', peers: [] },
  hello: { kind: 'hello', address, protocolMin: 1, protocolMax: 1, status: newcomer, tails: new Map() },
  'hello: with numbers given before anybody was there': { kind: 'hello', address, protocolMin: 1, protocolMax: 3, status: writer, tails },
  welcome: { kind: 'welcome', protocolMin: 1, protocolMax: 1, status: writer, tails },
  want: { kind: 'want', document: 'main', request: 5, stateVector },
  more: { kind: 'more', document: 'main', request: 5, index: 4 },
  invite: { kind: 'invite', document: 'main', stateVector },
  'invite: because digests differ': { kind: 'invite', document: 'main', stateVector: hex('') },
  echo: {
    kind: 'echo',
    beat: 3600,
    revision: 3,
    heldRevision: 130,
    documents: [{ document: 'main', vector, digest: '0123456789abcdef' }],
  },
  flush: { kind: 'flush', request: 6, targets: tails },
  'holding: all': { kind: 'holding', revision: 130, isAll: true, documents: ['préférences', 'sessions/2026-11-23~2'] },
  'holding: none': { kind: 'holding', revision: 131, isAll: true, documents: [] },
  'holding: one more': { kind: 'holding', revision: 132, isAll: false, documents: ['~catalogue'] },
  released: { kind: 'released', revision: 133, documents: ['préférences'] },
  recount: { kind: 'recount' },
  'maintain: backup': { kind: 'maintain', request: 8, task: { action: 'backup', target: '/home/ada/sauvegardes/préréglages' } },
  'maintain: checkpoint': { kind: 'maintain', request: 9, task: { action: 'checkpoint', target: 'before the tour' } },
  'maintain: compact': { kind: 'maintain', request: 16_384, task: { action: 'compact', target: '' } },
  'have: whole': { kind: 'have', document: 'main', request: 5, index: 0, count: 1, bytes: update, vector, stateVector, isComplete: true },
  'have: a later chunk': {
    kind: 'have',
    document: 'main',
    request: 5,
    index: 4095,
    count: 4096,
    bytes: filled(200),
    vector: new Map(),
    stateVector: hex(''),
    isComplete: false,
  },
  flushed: { kind: 'flushed', request: 6, term: 7 },
  'maintained: done': { kind: 'maintained', request: 8, outcome: { ok: true, report: '{"bytes":1024}' } },
  'maintained: not done': { kind: 'maintained', request: 9, outcome: { ok: false, code: 'SOCOMM_IO', message: 'the disk said no' } },
  'refused: not-writer': { kind: 'refused', request: 6, reason: 'not-writer' },
  'refused: unknown-document': { kind: 'refused', request: 5, reason: 'unknown-document' },
  'refused: expired': { kind: 'refused', request: 5, reason: 'expired' },
  'refused: version': { kind: 'refused', request: 0, reason: 'version' },
  'refused: store-failed': { kind: 'refused', request: 6, reason: 'store-failed' },
  'refused: crowded': { kind: 'refused', request: 0, reason: 'crowded' },
  'refused: not-yet': { kind: 'refused', request: 5, reason: 'not-yet' },
};

/** Bytes that a decoder must refuse, and why. */
export const goldenRefusals: Readonly<Record<string, Uint8Array>> = {
  'a trouble that is no code': sealed({ kind: 4 }, (to) => {
    for (const number of [1, 0, 0, 1]) encoding.writeVarUint(to, number);
    for (const text of ['0.1.0', 'no disk']) encoding.writeVarString(to, text);
    encoding.writeVarUint(to, 0);
  }),
  'maintenance that nobody knows': sealed({ kind: 22 }, (to) => {
    encoding.writeVarUint(to, 1);
    encoding.writeUint8(to, 4);
    encoding.writeVarString(to, '');
  }),
  'documents held whose names are too much for one frame': sealed({ kind: 23 }, (to) => {
    encoding.writeVarUint(to, 1);
    encoding.writeUint8(to, 0);
    encoding.writeVarUint(to, 129);
    for (let count = 0; count < 129; count++) encoding.writeVarString(to, 'n'.repeat(512));
  }),
  'no frame': hex('474554202f20485454502f312e310d0a0d0a'),
  'a version that is not there yet': sealed({ kind: 2, version: 2, document: 'main', seq: 1 }),
  'a wrong checksum': sealed({ kind: 2, document: 'main', seq: 1 }).map((byte, index, { length }) =>
    index === length - 1 ? byte ^ 1 : byte,
  ),
  'a kind that is not there yet': sealed({ kind: 63 }, undefined),
  'trailing bytes': withChecksum(Buffer.concat([sealed({ kind: 2, document: 'main', seq: 1 }).subarray(0, -4), hex('0000')])),
  'a document name that is no UTF-8': sealed({ kind: 2, document: hex('6dff'), seq: 1 }),
  'a number above 2^53 - 1': withChecksum(Buffer.concat([sealed({ kind: 2, document: 'main' }).subarray(0, -5), hex('8080808080808010')])),
};
