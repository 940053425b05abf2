/** Senders of rubbish are not listened to for a while, and what they had to say besides is not lost. */

import { describe, expect, it } from 'vitest';

import { MUTED_MS, RUBBISH_MAX } from '../../sync/limits.js';
import { Room } from './room.js';
import type { Member } from './room.js';
import { Y } from '../../src/index.js';
import { Stranger } from './stranger.js';

const warningsOf = ({ peer }: Member, code: string) => peer.warnings.kept.filter((warning) => warning.code === code);
const RUBBISH = Uint8Array.of(1, 1, 255, 255, 3);

async function scene(): Promise<{ room: Room; member: Member; stranger: Stranger }> {
  const room = new Room(1);
  const member = await room.join();
  await room.rest();
  const stranger = new Stranger(room);
  await stranger.meet(member.peer.id);
  return { room, member, stranger };
}

function edit(key: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getMap('presets').set(key, 1);
  return Y.encodeStateAsUpdate(doc);
}

describe('a sender of rubbish', () => {
  for (const [what, send] of Object.entries({
    'updates that cannot be read': (stranger: Stranger) => stranger.publishUpdates(1, RUBBISH),
    'frames that cannot be decoded': (stranger: Stranger, to: Member) => stranger.requestBytes(to.peer.id, Uint8Array.of(1, 2, 3)),
    'state vectors that are none': (stranger: Stranger, to: Member) =>
      stranger.request(to.peer.id, { kind: 'want', document: 'main', request: 1, stateVector: Uint8Array.of(200) }),
  })) {
    it(`is muted after ${RUBBISH_MAX} times of ${what}, and named in a warning and in inspect()`, async () => {
      const { room, member, stranger } = await scene();
      for (let count = 1; count < RUBBISH_MAX; count++) {
        send(stranger, member);
        await room.clock.advance(20);
      }
      expect(warningsOf(member, 'sender-muted')).toEqual([]);
      send(stranger, member);
      await room.clock.advance(20);
      expect(warningsOf(member, 'sender-muted')).toHaveLength(1);
      expect(warningsOf(member, 'sender-muted')[0]?.message).toContain(stranger.id);
      expect(member.instance.inspect().peers.find(({ id }) => id === stranger.id)?.isMuted).toBe(true);
      expect(warningsOf(member, 'step-failed')).toEqual([]);
    });
  }

  it('is not listened to while it is muted, and asked afterwards for what was missed', async () => {
    const { room, member, stranger } = await scene();
    const presets = member.instance.doc.getMap('presets');
    for (let count = 0; count < RUBBISH_MAX; count++) stranger.requestBytes(member.peer.id, Uint8Array.of(1, 2, 3));
    await room.clock.advance(20);
    const wantsBefore = stranger.heardOf('want').length;
    stranger.publishUpdates(1, edit('while muted'));
    await room.clock.advance(MUTED_MS / 2);
    expect(presets.size).toBe(0);
    expect(stranger.heardOf('want').length).toBe(wantsBefore);
    expect(member.instance.inspect().counters['unheard']).toBeGreaterThan(0);
    await room.clock.advance(MUTED_MS / 2 + 1000);
    expect(member.instance.inspect().peers.find(({ id }) => id === stranger.id)?.isMuted).toBe(false);
    expect(stranger.heardOf('want').length).toBeGreaterThan(wantsBefore);
    stranger.publishUpdates(1, edit('later'));
    await room.clock.advance(20);
    expect([...presets.keys()]).toEqual(['later']);
  });

  it('is not muted for single failures that lie far apart', async () => {
    const { room, member, stranger } = await scene();
    for (let count = 0; count < 3 * RUBBISH_MAX; count++) {
      stranger.publishUpdates(1, RUBBISH);
      await room.clock.advance(5000);
    }
    expect(warningsOf(member, 'sender-muted')).toEqual([]);
  });

  it('is not who merges a day of work of many copies, though frames may not carry that', async () => {
    const room = new Room(1);
    const members = [await room.join(), await room.join()];
    await room.rest();
    const [author, other] = members as [Member, Member];
    for (let copy = 0; copy < 12; copy++) {
      const offline = new Y.Doc();
      for (let key = 0; key < 900; key++) offline.getMap('presets').set(`k${key}`, copy);
      author.instance.transact(() => Y.applyUpdate(author.instance.doc, Y.encodeStateAsUpdate(offline)));
      await room.clock.advance(300);
    }
    await room.rest();
    expect(other.instance.doc.getMap('presets').size).toBe(900);
    expect(warningsOf(other, 'update-rejected').length).toBeGreaterThan(RUBBISH_MAX - 1);
    expect(warningsOf(other, 'sender-muted')).toEqual([]);
  });

  it('costs the others nothing: they go on as before', async () => {
    const { room, member, stranger } = await scene();
    const other = await room.join();
    await room.run(other.instance.synced());
    for (let count = 0; count < 100; count++) stranger.publishUpdates(1, RUBBISH);
    other.instance.doc.getMap('presets').set('pad', 1);
    await room.clock.advance(50);
    expect(member.instance.doc.getMap('presets').get('pad')).toBe(1);
    await room.run(other.instance.flush());
  });
});
