/** Thousands of open documents: one engine that tells the writer of them, one that is told, and what each frame and pulse may cost. */

import { expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import type { Effect } from '../../sync/engine-io.js';
import {
  CLOSED_DOCUMENTS_MAX,
  DOCUMENTS_IN_FRAME_MAX,
  HELD_BY_ALL_MAX,
  HELD_DOCUMENTS_MAX,
  PULSE_DOCUMENTS_MAX,
  PULSE_INTERVAL_MS,
  PULSE_QUIET_MAX,
} from '../../sync/limits.js';
import { decodeFrame } from '../../sync/wire/decode-frame.js';
import { encodeFrame } from '../../sync/wire/encode-frame.js';
import type { Frame } from '../../sync/wire/frame.js';
import { FakeReplica } from './fake-replica.js';
import { PEER, SELF, STATUS, entryOf, linkedScene } from './scene.js';
import type { Scene } from './scene.js';

const COUNT = 3000;
const nameOf = (number: number): string => `sessions/a rather long name of a document/${number}`;
const news = { ...STATUS, revision: 2, term: 9 };

function openAll(scene: Scene, count: number): void {
  for (let number = 0; number < count; number++) open(scene, nameOf(number));
}

const open = (scene: Scene, document: string): readonly Effect[] =>
  scene.feed({ kind: 'document-opened', document, replica: new FakeReplica(SELF), isStored: true });

const requested = (effects: readonly Effect[]): Frame[] => effects.flatMap((effect) => (effect.kind === 'request' ? [effect.frame] : []));
const pulsed = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.kind === 'publish' && effect.frame.kind === 'pulse' ? [effect.frame.documents] : []));

function heldBy(scene: Scene): number {
  return scene.engine.links.get(PEER)?.held.documents.size ?? 0;
}

test('a new writer is told of all of them in frames that it reads, and then knows exactly these', () => {
  const holder = linkedScene('ready');
  openAll(holder, COUNT);
  const told = requested(holder.hear({ kind: 'status', status: news })).filter(({ kind }) => kind === 'holding');
  expect(told.length).toBeLessThan(5);
  const writer = linkedScene('ready');
  writer.feed({ kind: 'role', term: 5, isTakingOver: false });
  writer.hear({ kind: 'holding', revision: 1, isAll: true, documents: ['closed since'] });
  for (const frame of told) {
    const decoded = decodeFrame(encodeFrame(PEER, frame));
    if (!decoded.ok) throw new Error(decoded.detail);
    writer.hear(decoded.frame);
  }
  expect(heldBy(writer)).toBe(COUNT);
  expect(writer.engine.holders.has('closed since')).toBe(false);
  const echo = { kind: 'echo', beat: 1, revision: 1, heldRevision: holder.engine.heldRevision, documents: [] } as const;
  expect(writer.hear(echo)).toEqual([]);
  // One of the parts was lost.
  for (const frame of told.slice(0, -1)) writer.hear(frame);
  expect(requested(writer.hear(echo))).toEqual([{ kind: 'recount' }]);
});

test('one that is opened says what concerns itself, and nothing of the others', () => {
  const few = linkedScene('ready');
  const many = linkedScene('ready');
  openAll(many, COUNT);
  const kinds = (effects: readonly Effect[]): string[] => effects.map(({ kind }) => kind);
  expect(kinds(open(many, 'one more'))).toEqual(kinds(open(few, 'one more')));
});

test('a pulse names so many and no more, and within a few all that have changed', () => {
  const writer = linkedScene('ready');
  writer.feed({ kind: 'role', term: 5, isTakingOver: false });
  openAll(writer, 2 * PULSE_DOCUMENTS_MAX);
  const named = new Set<string>();
  for (let pulse = 0; pulse < 3; pulse++) {
    writer.now += PULSE_INTERVAL_MS;
    const [documents = []] = pulsed(writer.feed({ kind: 'tick' }));
    expect(documents.length).toBeLessThanOrEqual(PULSE_DOCUMENTS_MAX + PULSE_QUIET_MAX);
    for (const { document } of documents) named.add(document);
  }
  expect(named.size).toBe(2 * PULSE_DOCUMENTS_MAX + 1);
});

test('a flush of more than fit into a frame asks for one part after the other, and resolves with the last', () => {
  const scene = linkedScene('ready');
  const count = DOCUMENTS_IN_FRAME_MAX + 10;
  for (let number = 0; number < count; number++) {
    const replica = new FakeReplica(`${SELF}.${number}`);
    scene.feed({ kind: 'document-opened', document: nameOf(number), replica, isStored: true });
    scene.feed({ kind: 'local', document: nameOf(number), update: replica.write() });
  }
  const asked = (effects: readonly Effect[]) => requested(effects).flatMap((frame) => (frame.kind === 'flush' ? [frame] : []));
  const [first] = asked(scene.feed({ kind: 'flush', flush: 1 }));
  expect(first?.targets.size).toBe(DOCUMENTS_IN_FRAME_MAX);
  const [second] = asked(scene.hear({ kind: 'flushed', request: first?.request ?? 0, term: 1 }));
  expect(second?.targets.size).toBe(10);
  expect(scene.hear({ kind: 'flushed', request: second?.request ?? 0, term: 1 })).toContainEqual({ kind: 'flushed', flush: 1, term: 1 });
});

test('what greets a newcomer is read by it, however many documents were written to', () => {
  const scene = linkedScene('ready');
  for (let number = 0; number < DOCUMENTS_IN_FRAME_MAX + 10; number++) {
    const replica = new FakeReplica(`${SELF}.${number}`);
    scene.feed({ kind: 'document-opened', document: nameOf(number), replica, isStored: true });
    scene.feed({ kind: 'local', document: nameOf(number), update: replica.write() });
  }
  const goodbye = scene
    .feed({ kind: 'leave' })
    .flatMap((effect) => (effect.kind === 'publish' && effect.frame.kind === 'goodbye' ? [effect.frame] : []));
  expect(goodbye.map((frame) => decodeFrame(encodeFrame(SELF, frame)).ok)).toEqual([true]);
});

test('of a peer the writer knows so many and no more', () => {
  const writer = linkedScene('ready');
  writer.feed({ kind: 'role', term: 5, isTakingOver: false });
  for (let revision = 1; heldBy(writer) < HELD_DOCUMENTS_MAX; revision++)
    writer.hear({ kind: 'holding', revision, isAll: false, documents: Array.from({ length: 1024 }, (_, index) => `${revision}/${index}`) });
  const effects = writer.hear({ kind: 'want', document: 'one more', request: 1, stateVector: new FakeReplica(PEER).stateVector() });
  expect(heldBy(writer)).toBe(HELD_DOCUMENTS_MAX);
  expect(effects.map(({ kind }) => kind)).toEqual(['document-wanted', 'respond']);
});

test('of all peers together it knows so many and no more, and of those that it knows every holder', () => {
  const writer = linkedScene('ready');
  writer.feed({ kind: 'role', term: 5, isTakingOver: false });
  const others = Array.from({ length: 4 }, (_, index) => `${index}`.repeat(16) as PeerId);
  writer.feed({ kind: 'roster', entries: [PEER, ...others].map(entryOf) });
  for (const sender of others) {
    for (let revision = 1; revision <= HELD_DOCUMENTS_MAX / 4096; revision++) {
      const documents = Array.from({ length: 4096 }, (_, index) => `${sender}/${revision}/${index}`);
      writer.feed({ kind: 'received', sender, frame: { kind: 'holding', revision, isAll: false, documents } });
    }
  }
  expect(writer.engine.holders.size).toBe(HELD_BY_ALL_MAX);
  const known = `${others[0]}/1/0`;
  writer.hear({ kind: 'holding', revision: 1, isAll: false, documents: ['one more', known] });
  expect(writer.engine.holders.size).toBe(HELD_BY_ALL_MAX);
  expect([...(writer.engine.holders.get(known) ?? [])]).toEqual([others[0], PEER]);
});

test('what nobody can have opened is opened for nobody, whatever a frame names', () => {
  const writer = linkedScene('ready');
  writer.feed({ kind: 'role', term: 5, isTakingOver: false });
  for (const document of ['', '\u0000', '__proto__', 'é'.repeat(64), '~', '~1', '~memory/a', 'a~', ' a', 'x'.repeat(500) + ' ']) {
    const stateVector = new FakeReplica(PEER).stateVector();
    expect(writer.hear({ kind: 'want', document, request: 1, stateVector })).toMatchObject([
      { kind: 'respond', frame: { reason: 'unknown-document' } },
    ]);
    expect(writer.hear({ kind: 'flush', request: 1, targets: new Map([[document, 1]]) })).toEqual([{ kind: 'flush-awaited' }]);
    expect(writer.hear({ kind: 'holding', revision: 1, isAll: true, documents: [document] })).toEqual([]);
  }
  for (const document of ['notes', 'notes~2', '~catalogue/15', 'a b/c:d@e.f-g_h'])
    expect(writer.hear({ kind: 'holding', revision: 1, isAll: true, documents: [document] })).toContainEqual({
      kind: 'document-wanted',
      document,
    });
});

test('a number is never given twice, also in those whose numbers were forgotten', () => {
  const scene = linkedScene('ready');
  const given = new Map<string, number>();
  const writeAndClose = (document: string): void => {
    const replica = new FakeReplica(`${SELF}.${given.size}`);
    scene.feed({ kind: 'document-opened', document, replica, isStored: true });
    scene.feed({ kind: 'local', document, update: replica.write() });
    for (const effect of scene.feed({ kind: 'document-closed', document })) {
      if (effect.kind !== 'publish' || effect.frame.kind !== 'updates') continue;
      expect(effect.frame.seq).toBeGreaterThan(given.get(document) ?? 0);
      given.set(document, effect.frame.seq);
    }
  };
  for (let round = 0; round < 3; round++) writeAndClose(nameOf(0));
  expect(given.get(nameOf(0))).toBe(3);
  for (let number = 1; number < CLOSED_DOCUMENTS_MAX + 5; number++) writeAndClose(nameOf(number));
  expect(scene.engine.ownNumbers.closed.size).toBe(CLOSED_DOCUMENTS_MAX);
  writeAndClose(nameOf(0));
  expect(given.get(nameOf(0))).toBe(4);
});
