/** Many documents in a group: the writer keeps what anybody has open and nothing else, whatever is lost and whoever dies meanwhile. */

import { describe, expect, it } from 'vitest';

import { DOCUMENT_LINGER_MS } from '../../src/documents/holdings.js';
import type { OpenDocument } from '../../src/documents/open-document.js';
import { decodeFrame } from '../../sync/wire/decode-frame.js';
import type { FrameKind } from '../../sync/wire/frame.js';
import { Room } from './room.js';
import type { Member } from './room.js';

const map = ({ doc }: OpenDocument) => doc.getMap<unknown>('map');
const open = (room: Room, { instance }: Member, name: string, keep: 'store' | 'memory' = 'store'): Promise<OpenDocument> =>
  room.run(instance.document(name, { keep }));
const stateOf = ({ peer }: Member) => peer.synchronizer.state;
const isOpen = (member: Member, id: string): boolean => stateOf(member).documents.has(id);
const holdersOf = ({ peer }: Member, id: string): number => peer.synchronizer.holders(id);

/** The next requests of these kinds do not arrive; returns how many were lost so far. */
function lose({ transport }: Member, kind: FrameKind, times = Infinity): () => number {
  const request = transport.request.bind(transport);
  let lost = 0;
  transport.request = (peer, bytes) => {
    const decoded = decodeFrame(bytes);
    if (decoded.ok && decoded.frame.kind === kind && lost < times) lost++;
    else request(peer, bytes);
  };
  return () => lost;
}

/** Both hear that it is gone, and meet anew. */
function breakConnection(a: Member, b: Member): void {
  a.peer.synchronizer.listener.disconnected(b.peer.id);
  b.peer.synchronizer.listener.disconnected(a.peer.id);
}

/** The first writes; the others follow it, and `last` never writes. */
async function group(seed = 1) {
  const room = new Room(seed);
  const writer = await room.join();
  await room.rest();
  const [next, last] = [await room.join(), await room.join({ canWrite: false })];
  await room.rest();
  return { room, writer, next, last };
}

describe('a document that somebody opens', () => {
  it('is opened by the writer, and by nobody else', async () => {
    const { room, writer, next, last } = await group();
    await open(room, last, 'notes');
    expect([writer, next, last].map((member) => isOpen(member, 'notes'))).toEqual([true, false, true]);
    expect(holdersOf(writer, 'notes')).toBe(1);
    expect(holdersOf(last, 'notes')).toBe(0);
  });

  it('is the generation that its name means now', async () => {
    const { room, writer, next, last } = await group();
    map(await open(room, next, 'notes')).set('a', 'of the first');
    await room.run(next.instance.deleteDocument('notes'));
    await room.clock.advance(2 * DOCUMENT_LINGER_MS);
    const told = [...room.warnings];
    const notes = await open(room, last, 'notes');
    expect(map(notes).toJSON()).toEqual({});
    map(notes).set('b', 'of the second');
    await room.clock.advance(2 * DOCUMENT_LINGER_MS);
    expect(notes.status).toBe('open');
    expect([writer, next, last].map((member) => isOpen(member, 'notes'))).toEqual([false, false, false]);
    expect([writer, next, last].map((member) => isOpen(member, 'notes~2'))).toEqual([true, false, true]);
    expect([...room.warnings]).toEqual(told);
    expect(map(await open(room, next, 'notes')).toJSON()).toEqual({ b: 'of the second' });
  });

  it('is closed by the writer a while after the last one has closed it, and costs it nothing from then on', async () => {
    const { room, writer, next, last } = await group();
    const [one, other] = [await open(room, next, 'notes'), await open(room, last, 'notes')];
    map(one).set('a', 1);
    await room.run(one.close());
    await room.clock.advance(2 * DOCUMENT_LINGER_MS);
    expect(isOpen(writer, 'notes')).toBe(true);
    await room.run(other.close());
    await room.clock.advance(DOCUMENT_LINGER_MS - 100);
    expect(isOpen(writer, 'notes')).toBe(true);
    await room.clock.advance(200);
    expect(isOpen(writer, 'notes')).toBe(false);
    expect(stateOf(writer).holders.has('notes')).toBe(false);
    expect(map(await open(room, next, 'notes')).toJSON()).toEqual({ a: 1 });
  });

  it('goes on with its numbers when it is opened again, so that nobody takes a new change for an old one', async () => {
    const { room, next, last } = await group();
    const watched = await open(room, last, 'notes');
    for (let round = 1; round <= 4; round++) {
      const notes = await open(room, next, 'notes');
      map(notes).set('round', round);
      await room.clock.advance(5);
      expect(stateOf(next).documents.get('notes')?.ownSeq).toBe(round);
      expect(map(watched).get('round')).toBe(round);
      await room.run(notes.close());
    }
    expect(stateOf(last).counters).toMatchObject({ duplicates: 0 });
  });

  it('is there the moment the writer has read it, however long that takes', async () => {
    const room = new Room(1);
    const writer = await room.join({ loadDelayMs: 333 });
    await room.rest();
    const member = await room.join();
    await room.rest();
    const startedAt = room.clock.now();
    await open(room, member, 'notes');
    // Its shelf of the catalogue first, then itself.
    expect(room.clock.now() - startedAt).toBeLessThan(2 * 333 + 20);
    expect(holdersOf(writer, 'notes')).toBe(1);
  });
});

describe('a writer that dies', () => {
  it('leaves documents behind that its successor opens for those who have them open', async () => {
    const { room, writer, next, last } = await group();
    const notes = await open(room, last, 'notes');
    map(notes).set('before', 1);
    await room.run(notes.flush());
    room.kill(writer);
    // Nobody writes in this moment, and nobody else has it open.
    map(notes).set('after', 2);
    await room.run(notes.flush());
    expect(next.peer.role).toBe('writer');
    expect([isOpen(next, 'notes'), holdersOf(next, 'notes')]).toEqual([true, 1]);
    room.kill(last);
    const newcomer = await room.join();
    expect(map(await open(room, newcomer, 'notes')).toJSON()).toEqual({ before: 1, after: 2 });
  });

  it('takes with it nothing that somebody else has, though its author is dead, too', async () => {
    const { room, writer, next, last } = await group();
    const author = await room.join({ canWrite: false });
    const [theirs, notes] = [await open(room, author, 'notes'), await open(room, last, 'notes')];
    await room.rest();
    room.network.cut(author.peer.id, writer.peer.id);
    map(theirs).set('unacknowledged', 1);
    await room.clock.advance(5);
    room.kill(author);
    room.kill(writer);
    expect(map(notes).toJSON()).toEqual({ unacknowledged: 1 });
    await room.clock.advance(4000);
    await room.rest();
    await room.run(notes.flush());
    room.kill(last);
    room.kill(next);
    const newcomer = await room.join();
    expect(map(await open(room, newcomer, 'notes')).toJSON()).toEqual({ unacknowledged: 1 });
  });
});

describe('what was lost on the way to the writer', () => {
  it('of what is opened is made good: it is opened when it is asked for, and its holder is known', async () => {
    const { room, writer, last } = await group();
    const lost = lose(last, 'holding');
    const notes = await open(room, last, 'notes');
    map(notes).set('a', 1);
    await room.run(notes.flush());
    expect(lost()).toBeGreaterThan(0);
    expect(holdersOf(writer, 'notes')).toBe(1);
  });

  it('is asked for again when the echo shows that something is missing', async () => {
    const { room, writer, last } = await group();
    const lost = lose(last, 'holding', 2);
    last.peer.documents.holdings.hold('notes');
    last.peer.documents.holdings.hold('more');
    lose(last, 'want', 4);
    await room.clock.advance(2500);
    expect(lost()).toBe(2);
    expect([holdersOf(writer, 'notes'), holdersOf(writer, 'more')]).toEqual([1, 1]);
    await room.rest();
    expect(stateOf(last).documents.get('more')?.isSynced).toBe(true);
  });

  it('of what is closed keeps the writer from closing it only until the next echo', async () => {
    const { room, writer, last } = await group();
    const notes = await open(room, last, 'notes');
    const lost = lose(last, 'released', 1);
    await room.run(notes.close());
    expect([lost(), holdersOf(writer, 'notes')]).toEqual([1, 1]);
    await room.clock.advance(1100);
    expect(holdersOf(writer, 'notes')).toBe(0);
    await room.clock.advance(DOCUMENT_LINGER_MS);
    expect(isOpen(writer, 'notes')).toBe(false);
  });

  it('when the connection breaks is told anew, and nothing is closed meanwhile', async () => {
    const { room, writer, last } = await group();
    const notes = await open(room, last, 'notes');
    breakConnection(writer, last);
    map(notes).set('a', 1);
    await room.clock.advance(2 * DOCUMENT_LINGER_MS);
    expect([isOpen(writer, 'notes'), holdersOf(writer, 'notes')]).toEqual([true, 1]);
    await room.run(notes.flush());
  });
});

describe('a flush', () => {
  it('of a document that the writer has not opened yet waits for it, and is true', async () => {
    const { room, writer, next, last } = await group();
    const notes = await open(room, last, 'notes');
    room.kill(writer);
    while (next.peer.role !== 'writer') await room.clock.advance(1);
    lose(last, 'holding', 1);
    map(notes).set('a', 1);
    expect(await room.run(notes.flush())).toMatchObject({ term: next.peer.writer?.term });
    room.kill(last);
    room.kill(next);
    const newcomer = await room.join();
    expect(map(await open(room, newcomer, 'notes')).toJSON()).toEqual({ a: 1 });
  });

  it('does not wait for a document that was closed meanwhile', async () => {
    const { room, writer, last } = await group();
    last.peer.documents.holdings.hold('notes');
    await room.rest();
    const heal = room.network.cut(last.peer.id, writer.peer.id);
    last.peer.replica('notes').doc.getMap('map').set('a', 1);
    const flush = last.peer.synchronizer.flush();
    await room.clock.advance(50);
    last.peer.synchronizer.closeDocument('notes');
    heal();
    expect(await room.run(flush)).toMatchObject({ ok: true });
  });
});

describe('a document of memory', () => {
  it('is shared by those who have it open, and gone with the last of them', async () => {
    const { room, writer, next, last } = await group();
    const [one, other] = [await open(room, next, 'midi', 'memory'), await open(room, last, 'midi', 'memory')];
    map(one).set('cc', 74);
    await room.clock.advance(5);
    expect(map(other).toJSON()).toEqual({ cc: 74 });
    expect(isOpen(writer, '~memory/midi')).toBe(false);
    await room.run(one.close());
    const again = await open(room, next, 'midi', 'memory');
    expect(map(again).toJSON()).toEqual({ cc: 74 });
    await Promise.all([room.run(again.close()), room.run(other.close())]);
    expect(map(await open(room, next, 'midi', 'memory')).toJSON()).toEqual({});
  });

  it('is synced when all who speak have answered, though the writer is stopped', async () => {
    const { room, writer, next, last } = await group();
    map(await open(room, next, 'midi', 'memory')).set('cc', 74);
    room.network.stop(writer.peer.id);
    for (const other of [next, last]) room.network.cut(writer.peer.id, other.peer.id);
    await room.clock.advance(5000);
    const startedAt = room.clock.now();
    expect(map(await open(room, last, 'midi', 'memory')).toJSON()).toEqual({ cc: 74 });
    expect(room.clock.now() - startedAt).toBeLessThan(50);
  });

  it('becomes equal again where the last words of a dead member have reached only some', async () => {
    const { room, next, last } = await group();
    const author = await room.join({ canWrite: false });
    const theirs = await open(room, author, 'midi', 'memory');
    const [one, other] = [await open(room, next, 'midi', 'memory'), await open(room, last, 'midi', 'memory')];
    await room.rest();
    room.network.cut(author.peer.id, last.peer.id);
    map(theirs).set('cc', 74);
    await room.clock.advance(5);
    room.kill(author);
    expect([map(one).get('cc'), map(other).get('cc')]).toEqual([74, undefined]);
    await room.clock.advance(3000);
    expect(map(other).get('cc')).toBe(74);
  });
});

describe('of many open documents', () => {
  it('the writer and its successor learn in few frames, and one more costs no more than the first', async () => {
    const { room, writer, next, last } = await group();
    const COUNT = 300;
    const costOf = async (name: string): Promise<number> => {
      const before = last.transport.traffic.framesOut;
      last.peer.documents.holdings.hold(name);
      await room.clock.advance(20);
      return last.transport.traffic.framesOut - before;
    };
    const first = await costOf('d0');
    for (let count = 1; count < COUNT; count++) last.peer.documents.holdings.hold(`d${count}`);
    await room.clock.advance(3000);
    expect(stateOf(writer).holders.size).toBe(COUNT);
    expect(stateOf(writer).documents.size).toBe(COUNT + 1);
    expect(await costOf('one more')).toBeLessThanOrEqual(first);
    room.kill(writer);
    while (stateOf(next).holders.size <= COUNT) await room.clock.advance(50);
    expect(next.peer.role).toBe('writer');
    await room.clock.advance(5000);
    expect([...stateOf(last).documents.values()].every(({ isSynced }) => isSynced)).toBe(true);
    // At rest a pulse names a few of them in turn.
    await room.clock.advance(10_000);
    const bytesBefore = last.transport.traffic.bytesIn;
    await room.clock.advance(10_000);
    expect(last.transport.traffic.bytesIn - bytesBefore).toBeLessThan(10 * 2048);
  });
});
