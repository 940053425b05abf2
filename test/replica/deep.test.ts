/** Values that are too deep for others, and values that cannot be written down: neither may cut their author off. */

import { describe, expect, it } from 'vitest';

import { Y } from '../../src/index.js';
import { Room } from '../group/room.js';
import type { Member } from '../group/room.js';

const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');
const codesOf = ({ peer }: Member): string[] => peer.warnings.kept.map(({ code }) => code);

function nested(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

function writeTypes(member: Member, depth: number): void {
  member.instance.transact(() => {
    let map = presets(member);
    for (let level = 0; level < depth; level++) {
      const inner = new Y.Map<unknown>();
      map.set('in', inner);
      map = inner;
    }
  });
}

function writeCycle(member: Member): void {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  expect(() => presets(member).set('cyclic', cyclic)).toThrow(RangeError);
}

const WRITERS: Readonly<Record<string, (member: Member) => void>> = {
  'a value 1,500 deep': (member) => void presets(member).set('deep', nested(1500)),
  'shared types 1,500 deep': (member) => writeTypes(member, 1500),
  'a value that contains itself': writeCycle,
};

describe.each(Object.entries(WRITERS))('after %s was written', (_, write) => {
  it('its author goes on, the value is out everywhere, and what was written with it has come', async () => {
    const room = new Room(1);
    const members = [await room.join(), await room.join(), await room.join()];
    await room.rest();
    const author = members[1] as Member;
    presets(author).set('before', 1);
    write(author);
    presets(author).set('after', 1);
    await room.rest();
    await room.run(author.instance.flush());
    const contents = members.map((member) => JSON.stringify(presets(member).toJSON(), [...presets(member).keys()].toSorted()));
    expect(new Set(contents).size).toBe(1);
    for (const member of members) expect([presets(member).get('before'), presets(member).get('after')]).toEqual([1, 1]);
    expect(codesOf(author)).toContain('value-removed');
    for (const member of members) expect(codesOf(member)).not.toContain('sender-muted');
    expect(codesOf(author)).not.toContain('document-cut-off');
  });

  it('a writer alone has on disk whatever builds on it', async () => {
    const room = new Room(1);
    const writer = await room.join();
    await room.rest();
    presets(writer).set('before', 1);
    write(writer);
    presets(writer).set('after', 1);
    await room.run(writer.instance.flush());
    room.kill(writer);
    const later = await room.join();
    await room.run(later.instance.synced());
    expect([presets(later).get('before'), presets(later).get('after')]).toEqual([1, 1]);
    expect(later.peer.replica('main').hasPending()).toBe(false);
  });
});

it('a value 300 deep comes by catch-up, and nobody is muted for it', async () => {
  const room = new Room(1);
  const members = [await room.join(), await room.join(), await room.join()];
  await room.rest();
  const author = members[1] as Member;
  for (let count = 0; count < 20; count++) {
    presets(author).set(`deep-${count}`, nested(300));
    await room.clock.advance(20);
  }
  await room.rest();
  for (const member of members) expect(presets(member).size).toBe(20);
  for (const member of members) expect(codesOf(member)).not.toContain('sender-muted');
});
