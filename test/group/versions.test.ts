/** Copies of different versions in one group: they speak what all of them can, or not at all, and then both are told. */

import { describe, expect, it } from 'vitest';

import { Room } from './room.js';
import type { Member } from './room.js';
import type { ProtocolRange } from '../../sync/wire/frame.js';
import { spokenVersion } from '../../sync/versions.js';
import { Stranger } from './stranger.js';

const range = (protocolMin: number, protocolMax: number): ProtocolRange => ({ protocolMin, protocolMax });
const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');
const warningsOf = ({ peer }: Member): string[] => peer.warnings.kept.map(({ code }) => code);
const linksOf = ({ peer }: Member): number => peer.synchronizer.state.links.size;

describe('peers of different versions', () => {
  it('speak the highest version that all of them have, and agree', async () => {
    const room = new Room(1);
    const members = [
      await room.join({ peer: { protocol: range(1, 3) } }),
      await room.join({ peer: { protocol: range(2, 2) } }),
      await room.join({ peer: { protocol: range(1, 2) } }),
    ];
    await room.rest();
    presets(members[1] as Member).set('pad', 1);
    await room.rest();
    for (const member of members) {
      expect(presets(member).get('pad')).toBe(1);
      expect(spokenVersion(member.peer.synchronizer.state)).toBe(2);
    }
  });

  it('refuse each other with a warning on both sides where they have none in common, and are not linked, not even half', async () => {
    const room = new Room(1);
    const old = await room.join({ peer: { protocol: range(1, 1) } });
    await room.rest();
    const young = await room.join({ peer: { protocol: range(2, 3) } });
    await room.clock.advance(15_000);
    for (const member of [old, young]) {
      expect(linksOf(member)).toBe(0);
      expect(warningsOf(member).filter((code) => code === 'version-refused')).toHaveLength(1);
    }
    expect(old.instance.inspect().refused).toEqual([{ id: young.peer.id, protocolMin: 2, protocolMax: 3 }]);
    expect(young.instance.inspect().refused).toEqual([{ id: old.peer.id, protocolMin: 1, protocolMax: 1 }]);
    presets(old).set('pad', 1);
    await room.clock.advance(2000);
    expect(presets(young).size).toBe(0);
  });

  it('refuse a newcomer that could speak with some of them only', async () => {
    const room = new Room(1);
    const members = [await room.join({ peer: { protocol: range(1, 2) } }), await room.join({ peer: { protocol: range(2, 3) } })];
    await room.rest();
    const newcomer = await room.join({ peer: { protocol: range(1, 1) } });
    await room.clock.advance(15_000);
    expect([...members, newcomer].map(linksOf)).toEqual([1, 1, 0]);
    expect(warningsOf(newcomer)).toContain('version-refused');
  });

  it('let a refused one in when those are gone whose version it lacks', async () => {
    const room = new Room(1);
    const [first, second] = [await room.join({ peer: { protocol: range(1, 2) } }), await room.join({ peer: { protocol: range(2, 3) } })];
    await room.rest();
    presets(first).set('pad', 1);
    const newcomer = await room.join({ peer: { protocol: range(1, 1) } });
    await room.clock.advance(1000);
    expect(linksOf(newcomer)).toBe(0);
    room.kill(second);
    await room.rest();
    expect(presets(newcomer).get('pad')).toBe(1);
    // Whoever is gone from the roster is forgotten at the next look at it.
    await room.clock.advance(15_000);
    expect(newcomer.instance.inspect().refused).toEqual([]);
  });

  it('end join() of the refused one at once with a code that names both versions', async () => {
    const room = new Room(1);
    await room.join({ peer: { protocol: range(1, 1) } });
    await room.rest();
    const before = room.clock.now();
    const joining = room.join({ wait: 'synced', peer: { protocol: range(2, 3) } });
    await expect(room.run(joining)).rejects.toMatchObject({
      code: 'SOCOMM_VERSION_REFUSED',
      message: expect.stringMatching(/speaks version 2 to 3 .* speak 1: /) as string,
    });
    expect(room.clock.now() - before).toBeLessThan(200);
  });

  it('do not let a newcomer that never writes call itself synced: the store is held by who cannot be heard', async () => {
    const room = new Room(1);
    const old = await room.join({ peer: { protocol: range(1, 1) } });
    await room.rest();
    presets(old).set('pad', 1);
    await room.run(old.instance.flush());
    const young = await room.join({ canWrite: false, peer: { protocol: range(2, 3) } });
    await room.clock.advance(30_000);
    expect(young.peer.isSynced).toBe(false);
    const joining = room.join({ wait: 'synced', canWrite: false, peer: { protocol: range(2, 3) } });
    await expect(room.run(joining)).rejects.toMatchObject({ code: 'SOCOMM_VERSION_REFUSED' });
  });

  it('warn once of each other, however often they look', async () => {
    const room = new Room(1);
    await room.join({ peer: { protocol: range(1, 2) } });
    await room.join({ peer: { protocol: range(2, 3) } });
    await room.rest();
    const newcomer = await room.join({ peer: { protocol: range(1, 1) } });
    await room.clock.advance(300_000);
    const told = newcomer.peer.warnings.kept.filter(({ code }) => code === 'version-refused').map(({ message }) => message.slice(0, 22));
    expect(told.toSorted()).toEqual([...new Set(told)].toSorted());
    expect(told).toHaveLength(2);
  });

  it('answer a hello of a version that they do not have with a refusal', async () => {
    const room = new Room(1);
    const member = await room.join();
    await room.rest();
    const stranger = new Stranger(room);
    await stranger.meet(member.peer.id, { range: range(7, 9) });
    expect(stranger.heardOf('refused')).toEqual([{ kind: 'refused', request: 0, reason: 'version' }]);
    expect(stranger.heardOf('welcome')).toEqual([]);
    expect(linksOf(member)).toBe(0);
  });
});
