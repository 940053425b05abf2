/**
 * What the tables put in: for each kind of frame and of input one example under the kind's own name, which the compiler asks for,
 * and further ones under `<kind>: <what is special about it>`.
 */

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import type { Input } from '../../sync/engine-io.js';
import { readyKey } from '../../sync/keys.js';
import { MUTED_MS, STALL_MS } from '../../sync/limits.js';
import { PROTOCOL } from '../../sync/wire/frame.js';
import type { DocumentReport, Frame, FrameKind } from '../../sync/wire/frame.js';
import { FakeReplica, NOTHING, itemsOf, vectorWith } from './fake-replica.js';
import { AWAKE, MAIN, PEER, SELF, STATUS, addressOf, entryOf } from './scene.js';
import type { Scene } from './scene.js';

/** Complete by kind, open for variants. */
type Samples<Kind extends string, Made> = Readonly<Record<Kind, (scene: Scene) => Made>> & Readonly<Record<string, (scene: Scene) => Made>>;

const document = MAIN;
const STRANGER = '9999999999999999' as PeerId;
const UNREADABLE = Uint8Array.of(0xff);
const tails = new Map([[MAIN, 1]]);
const news = { ...STATUS, revision: 2 };
const report = (vector: readonly (readonly [PeerId, number])[], digest = ''): DocumentReport => ({
  document,
  vector: new Map(vector),
  digest,
});
const pulse = (reported: DocumentReport): Frame => ({
  kind: 'pulse',
  beat: 1,
  status: STATUS,
  revisions: new Map(),
  documents: [{ ...reported, stored: new Map([[PEER, 1]]) }],
  ...AWAKE,
});
/** The question that is under way, or one that was never asked. */
const asked = ({ engine }: Scene): number => engine.documents.get(MAIN)?.catchUp?.request ?? 4711;
const answer = { kind: 'have', document, index: 0, count: 1, vector: new Map([[PEER, 1]]), isComplete: true } as const;
const whole = { ...answer, bytes: itemsOf(PEER, 1), stateVector: vectorWith(PEER, 1) };

const TASK = { action: 'compact', target: '' } as const;
const DONE = { ok: true, report: 'done' } as const;
/** Maintenance of ours is under way: its number, or one that was never asked. */
function asksFor(scene: Scene): number {
  scene.feed({ kind: 'maintain', maintenance: 1, task: TASK });
  const request = scene.engine.maintenance.get(1)?.request ?? -1;
  return request < 0 ? 4711 : request;
}

function openNotes(scene: Scene): void {
  scene.feed({ kind: 'document-opened', document: 'notes', replica: new FakeReplica(SELF), isStored: true });
}

const updates = { kind: 'updates', document, seq: 1, updates: [itemsOf(PEER, 1)] } as const;

export const frames = {
  updates: () => updates,
  'updates: known': () => ({ kind: 'updates', document, seq: 0, updates: [itemsOf(PEER, 1)] }),
  'updates: again, after they were refused': (scene) => {
    scene.hear(updates);
    scene.feed({ kind: 'rejected', document, from: PEER, cause: { kind: 'frame', seq: 1 }, detail: 'no update', isBeyondLimit: false });
    return updates;
  },
  'updates: behind a hole': () => ({ kind: 'updates', document, seq: 3, updates: [itemsOf(PEER, 3)] }),
  tail: () => ({ kind: 'tail', document, seq: 1, clientId: 7 }),
  'tail: known': () => ({ kind: 'tail', document, seq: 0, clientId: 7 }),
  'tail: of our client id': ({ replica }) => ({ kind: 'tail', document, seq: 0, clientId: replica.clientId() }),
  ready: () => ({ kind: 'ready', status: news, tails: new Map() }),
  'ready: with numbers': () => ({ kind: 'ready', status: news, tails }),
  status: () => ({ kind: 'status', status: news }),
  'status: of a new writer': () => ({ kind: 'status', status: { ...news, term: 9 } }),
  pulse: () => pulse(report([])),
  'pulse: with numbers': () => pulse(report([[PEER, 1]])),
  'pulse: of another digest': () => pulse(report([], 'other')),
  silent: () => ({ kind: 'silent', peers: [SELF, PEER, STRANGER] }),
  'silent: of nobody': () => ({ kind: 'silent', peers: [] }),
  goodbye: () => ({ kind: 'goodbye', tails: new Map() }),
  'goodbye: with numbers': () => ({ kind: 'goodbye', tails }),
  hello: () => ({ kind: 'hello', address: addressOf(PEER), ...PROTOCOL, status: news, tails: new Map() }),
  'hello: of another version': () => {
    return { kind: 'hello', address: addressOf(PEER), protocolMin: 900, protocolMax: 901, status: news, tails: new Map() };
  },
  welcome: () => ({ kind: 'welcome', ...PROTOCOL, status: news, tails: new Map() }),
  'welcome: with numbers': () => ({ kind: 'welcome', ...PROTOCOL, status: news, tails }),
  want: () => ({ kind: 'want', document, request: 1, stateVector: NOTHING }),
  'want: of who has more': () => ({ kind: 'want', document, request: 1, stateVector: vectorWith(PEER, 1) }),
  'want: unreadable': () => ({ kind: 'want', document, request: 1, stateVector: UNREADABLE }),
  more: () => ({ kind: 'more', document, request: 1, index: 1 }),
  invite: () => ({ kind: 'invite', document, stateVector: vectorWith(PEER, 1) }),
  'invite: blank': () => ({ kind: 'invite', document, stateVector: new Uint8Array() }),
  'invite: with nothing new': () => ({ kind: 'invite', document, stateVector: NOTHING }),
  'invite: unreadable': () => ({ kind: 'invite', document, stateVector: UNREADABLE }),
  echo: () => ({ kind: 'echo', beat: 1, revision: 1, heldRevision: 0, documents: [report([])] }),
  'echo: with numbers': () => ({ kind: 'echo', beat: 1, revision: 1, heldRevision: 0, documents: [report([[PEER, 1]])] }),
  'echo: of a later status': () => ({ kind: 'echo', beat: 1, revision: 9, heldRevision: 0, documents: [] }),
  'echo: of who holds documents': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'echo', beat: 1, revision: 1, heldRevision: 3, documents: [] };
  },
  report: () => ({ kind: 'report', ...report([]) }),
  'report: with numbers': () => ({ kind: 'report', ...report([[PEER, 1]]) }),
  'report: of another digest': () => ({ kind: 'report', ...report([], 'other') }),
  holding: () => ({ kind: 'holding', revision: 1, isAll: false, documents: ['notes'] }),
  'holding: told to the writer': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'holding', revision: 1, isAll: true, documents: ['notes', MAIN, '~memory/notes'] };
  },
  'holding: what the writer has': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    openNotes(scene);
    return { kind: 'holding', revision: 1, isAll: false, documents: ['notes'] };
  },
  'holding: behind a lost one': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'holding', revision: 3, isAll: false, documents: ['notes'] };
  },
  released: () => ({ kind: 'released', revision: 1, documents: ['notes'] }),
  'released: by the last holder': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    scene.hear({ kind: 'holding', revision: 1, isAll: false, documents: ['notes'] });
    openNotes(scene);
    return { kind: 'released', revision: 2, documents: ['notes'] };
  },
  'released: behind a lost one': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    scene.hear({ kind: 'holding', revision: 1, isAll: false, documents: ['notes'] });
    openNotes(scene);
    return { kind: 'released', revision: 3, documents: ['notes'] };
  },
  recount: () => ({ kind: 'recount' }),
  'recount: of who holds something': (scene) => {
    openNotes(scene);
    return { kind: 'recount' };
  },
  'want: of what the writer has not open': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'want', document: 'notes', request: 1, stateVector: NOTHING };
  },
  'want: of memory that the writer has not open': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'want', document: '~memory/notes', request: 1, stateVector: NOTHING };
  },
  'flush: of what the writer has not open': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'flush', request: 1, targets: new Map([['notes', 1]]) };
  },
  'refused: by a writer that is about to open it': (scene) => ({ kind: 'refused', request: asked(scene), reason: 'not-yet' }),
  flush: () => ({ kind: 'flush', request: 1, targets: tails }),
  maintain: () => ({ kind: 'maintain', request: 1, task: TASK }),
  'maintain: of the writer': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'maintain', request: 1, task: TASK };
  },
  'maintain: again': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    scene.hear({ kind: 'maintain', request: 1, task: TASK });
    return { kind: 'maintain', request: 1, task: TASK };
  },
  'maintain: again, when it is done': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    scene.hear({ kind: 'maintain', request: 1, task: TASK });
    scene.feed({ kind: 'maintained', peer: PEER, request: 1, outcome: DONE });
    return { kind: 'maintain', request: 1, task: TASK };
  },
  have: (scene) => ({ ...whole, request: asked(scene) }),
  'have: a part': (scene) => ({ ...whole, request: asked(scene), count: 2 }),
  'have: of another question': () => ({ ...whole, request: 815 }),
  'have: unreadable': (scene) => ({ ...whole, request: asked(scene), stateVector: UNREADABLE }),
  flushed: () => ({ kind: 'flushed', request: 1, term: 1 }),
  maintained: () => ({ kind: 'maintained', request: 1, outcome: DONE }),
  'maintained: what was asked': (scene) => {
    const request = asksFor(scene);
    return { kind: 'maintained', request, outcome: DONE };
  },
  'refused: what was asked': (scene) => ({ kind: 'refused', request: asksFor(scene), reason: 'not-writer' }),
  'status: in trouble': () => ({ kind: 'status', status: { ...news, term: 0, trouble: 'SOCOMM_STORE_GONE' } }),
  'status: in trouble, as we are': (scene) => {
    scene.feed({ kind: 'trouble', trouble: 'SOCOMM_STORE_FAILED' });
    return { kind: 'status', status: { ...news, term: 0, trouble: 'SOCOMM_STORE_GONE' } };
  },
  refused: (scene) => ({ kind: 'refused', request: asked(scene), reason: 'expired' }),
  'refused: for our version': () => ({ kind: 'refused', request: 0, reason: 'version' }),
  'refused: for want of room': () => ({ kind: 'refused', request: 0, reason: 'crowded' }),
} satisfies Samples<FrameKind, Frame>;

const frame = { kind: 'frame', seq: 1 } as const;
const catchUp = { kind: 'catch-up', vector: new Map([[PEER, 1]]), stateVector: vectorWith(PEER, 1), isComplete: true } as const;
/** As the shell does: the outcome of an `apply` comes when the replica has changed. */
function applied({ replica }: Scene, cause: Extract<Input, { kind: 'applied' }>['cause'], ...items: number[]): Input {
  replica.apply([itemsOf(PEER, ...items)]);
  return { kind: 'applied', document, from: PEER, cause };
}

/** Time passes until the engine wants to be woken, or for so long; what it is woken for before is not part of the cell. */
function tick(scene: Scene, afterMs?: number): Input {
  const { engine } = scene;
  const endsAt = afterMs === undefined ? engine.wakeAt : scene.now + afterMs;
  for (scene.now = Math.min(engine.wakeAt, endsAt); scene.now < endsAt; scene.now = Math.min(engine.wakeAt, endsAt))
    scene.feed({ kind: 'tick' });
  return { kind: 'tick' };
}

export const inputs = {
  roster: () => ({ kind: 'roster', entries: [entryOf(PEER)] }),
  'roster: of another version': () => ({ kind: 'roster', entries: [{ ...entryOf(PEER), protocolMin: 900, protocolMax: 901 }] }),
  'roster: of nobody': () => ({ kind: 'roster', entries: [] }),
  /** Of frames there is a table of its own. */
  received: () => ({ kind: 'received', sender: STRANGER, frame: { kind: 'status', status: STATUS } }),
  'received: of ourselves': () => ({ kind: 'received', sender: SELF, frame: { kind: 'status', status: STATUS } }),
  undecodable: () => ({ kind: 'undecodable', sender: PEER, detail: 'checksum' }),
  subscribed: () => ({ kind: 'subscribed', key: readyKey(PEER, SELF, 1) }),
  'subscribed: a question to another': () => ({ kind: 'subscribed', key: readyKey(PEER, STRANGER, 1) }),
  lost: () => ({ kind: 'lost', peer: PEER }),
  'document-opened': () => ({ kind: 'document-opened', document: 'other', replica: new FakeReplica(SELF), isStored: true }),
  'document-opened: of memory': () => ({
    kind: 'document-opened',
    document: '~memory/notes',
    replica: new FakeReplica(SELF),
    isStored: false,
  }),
  'document-opened: by the writer': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'document-opened', document: 'notes', replica: new FakeReplica(SELF), isStored: true };
  },
  'document-opened: by the writer for another': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    scene.hear({ kind: 'want', document: 'notes', request: 1, stateVector: NOTHING });
    return { kind: 'document-opened', document: 'notes', replica: new FakeReplica(SELF), isStored: true };
  },
  'document-loaded: for who asked too early': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    scene.hear({ kind: 'want', document: 'notes', request: 1, stateVector: NOTHING });
    openNotes(scene);
    return { kind: 'document-loaded', document: 'notes' };
  },
  'document-closed': () => ({ kind: 'document-closed', document }),
  'document-closed: further one': (scene) => {
    openNotes(scene);
    return { kind: 'document-closed', document: 'notes' };
  },
  'document-closed: with something unsaid': (scene) => {
    scene.feed({ kind: 'local', document, update: scene.replica.write() });
    return { kind: 'document-closed', document };
  },
  'document-closed: while a flush waits for it': (scene) => {
    scene.feed({ kind: 'local', document, update: scene.replica.write() });
    scene.feed({ kind: 'flush', flush: 1 });
    return { kind: 'document-closed', document };
  },
  'document-closed: by the writer while another holds it': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    scene.hear({ kind: 'holding', revision: 1, isAll: false, documents: ['notes'] });
    openNotes(scene);
    return { kind: 'document-closed', document: 'notes' };
  },
  'lost: the last holder': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    scene.hear({ kind: 'holding', revision: 1, isAll: false, documents: ['notes'] });
    openNotes(scene);
    return { kind: 'lost', peer: PEER };
  },
  'status of a writer, while we hold something': (scene) => {
    openNotes(scene);
    return { kind: 'received', sender: PEER, frame: { kind: 'status', status: { ...news, term: 9 } } };
  },
  'document-loaded': () => ({ kind: 'document-loaded', document }),
  local: ({ replica }) => ({ kind: 'local', document, update: replica.write() }),
  drain: () => ({ kind: 'drain' }),
  'drain: of something': (scene) => {
    scene.feed({ kind: 'local', document, update: scene.replica.write() });
    return { kind: 'drain' };
  },
  applied: (scene) => applied(scene, frame, 1),
  'applied: and pending': (scene) => applied(scene, frame, 2),
  'applied: all of it': (scene) => applied(scene, catchUp, 1),
  rejected: () => ({ kind: 'rejected', document, from: PEER, cause: frame, detail: 'no update', isBeyondLimit: false }),
  'rejected: all of it': () => ({ kind: 'rejected', document, from: PEER, cause: catchUp, detail: 'no update', isBeyondLimit: false }),
  role: () => ({ kind: 'role', term: 5, isTakingOver: false }),
  'role: none': () => ({ kind: 'role', term: 0, isTakingOver: false }),
  stored: () => ({ kind: 'stored', document, vector: new Map([[PEER, 1]]) }),
  instances: () => ({ kind: 'instances', instances: [`${SELF}.1` as InstanceId] }),
  flush: () => ({ kind: 'flush', flush: 1 }),
  'flush: of something': (scene) => {
    scene.feed({ kind: 'local', document, update: scene.replica.write() });
    return { kind: 'flush', flush: 1 };
  },
  maintain: () => ({ kind: 'maintain', maintenance: 1, task: TASK }),
  'maintain: as the writer': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'maintain', maintenance: 1, task: TASK };
  },
  'maintain-cancelled': () => ({ kind: 'maintain-cancelled', maintenance: 1 }),
  maintained: () => ({ kind: 'maintained', peer: PEER, request: 1, outcome: DONE }),
  'maintained: for ourselves': (scene) => {
    scene.feed({ kind: 'role', term: 5, isTakingOver: false });
    return { kind: 'maintained', peer: SELF, request: asksFor(scene), outcome: DONE };
  },
  'lost: with maintenance of ours under way': (scene) => {
    asksFor(scene);
    scene.feed({ kind: 'lost', peer: PEER });
    return { kind: 'tick' };
  },
  trouble: () => ({ kind: 'trouble', trouble: 'SOCOMM_STORE_FAILED' }),
  'trouble: none': () => ({ kind: 'trouble', trouble: '' }),
  'trouble: of all, and something waits': (scene) => {
    scene.feed({ kind: 'roster', entries: [] });
    scene.feed({ kind: 'flush', flush: 1 });
    scene.feed({ kind: 'trouble', trouble: 'SOCOMM_STORE_FAILED' });
    return { kind: 'tick' };
  },
  'flush-cancelled': () => ({ kind: 'flush-cancelled', flush: 1 }),
  tick: (scene) => tick(scene),
  'tick: after a stall': (scene) => tick(scene, STALL_MS),
  'tick: when muting ends': (scene) => tick(scene, MUTED_MS),
  leave: () => ({ kind: 'leave' }),
} satisfies Samples<Input['kind'], Input>;

export type FrameSample = keyof typeof frames;
export type InputSample = keyof typeof inputs;
