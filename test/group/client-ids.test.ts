/** Two live replicas under one client id would diverge for ever, and nothing would show it. */

import { expect, it } from 'vitest';

import { Room } from './room.js';
import type { Member } from './room.js';

const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');
const codesOf = ({ peer }: Member): string[] => peer.warnings.kept.map(({ code }) => code);

it('a replica that hears its own client id from another takes a new one, and says so', async () => {
  const room = new Room(1);
  const [one, two] = [await room.join(), await room.join()];
  await room.rest();
  const shared = one.instance.doc.clientID;
  two.instance.doc.clientID = shared;
  presets(two).set('of two', 1);
  await room.clock.advance(300);
  expect(one.instance.doc.clientID).not.toBe(shared);
  expect(codesOf(one)).toContain('client-id-clash');
  // Whoever has written under it since keeps it: now it is alone with it.
  presets(one).set('of one', 1);
  presets(two).set('more of two', 1);
  await room.rest();
  for (const member of [one, two]) expect([...presets(member).keys()].sort()).toEqual(['more of two', 'of one', 'of two']);
});

it('replicas of one peer and of many have ids of their own, of up to 53 bits', async () => {
  const room = new Room(1);
  const members = await Promise.all(Array.from({ length: 8 }, () => room.join()));
  for (const { peer } of members) peer.openDocument('notes');
  await room.rest();
  const ids = members.flatMap(({ peer }) => peer.documentNames.map((name) => peer.replica(name).clientId()));
  expect(new Set(ids).size).toBe(16);
  expect(ids.every((id) => Number.isSafeInteger(id) && id >= 0)).toBe(true);
  expect(Math.max(...ids)).toBeGreaterThan(2 ** 40);
});
