/** What instances say of themselves: one state per instance, whoever shares a peer, and nobody is shown who is not there. */

import { describe, expect, expectTypeOf, it } from 'vitest';

import { lib0 } from '../../src/talk/codecs/lib0.js';
import { Presence } from '../../src/talk/presence.js';
import type { PresenceChange } from '../../src/talk/presence.js';
import { ConversationScene } from './conversation-scene.js';
import type { Actor } from './conversation-scene.js';

interface Person extends Actor {
  readonly presence: Presence;
  readonly heard: PresenceChange[];
}

function scene() {
  const group = new ConversationScene();
  const join = (options: { readonly with?: Actor } = {}): Person => {
    const actor = group.join(options);
    const presence = new Presence(actor.host);
    const heard: PresenceChange[] = [];
    presence.subscribe((change) => void heard.push(change));
    return { ...actor, presence, heard };
  };
  return { group, join };
}

const nothing = { added: [], changed: [], removed: [] };

describe('a state', () => {
  it('is seen by everybody with its fields, merges what is set, and loses what is set to undefined', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    a.presence.set({ track: 'Bass', format: 'VST3', cover: Uint8Array.of(1, 2) });
    expect(a.presence.own).toEqual({ track: 'Bass', format: 'VST3', cover: Uint8Array.of(1, 2) });
    expect(a.heard).toEqual([{ ...nothing, added: [a.id] }]);
    group.deliver();
    expect([...b.presence.all]).toEqual([[a.id, { track: 'Bass', format: 'VST3', cover: Uint8Array.of(1, 2) }]]);
    a.presence.set({ track: 'Lead', cover: undefined });
    group.deliver();
    expect(b.presence.all.get(a.id)).toEqual({ track: 'Lead', format: 'VST3' });
    expect(b.heard).toEqual([
      { ...nothing, added: [a.id] },
      { ...nothing, changed: [a.id] },
    ]);
  });

  it('is of the instance, not of its peer', () => {
    const { group, join } = scene();
    const a = join();
    const [b, c] = [join({ with: a }), join()];
    a.presence.set({ name: 'a' });
    b.presence.set({ name: 'b' });
    group.deliver();
    for (const { presence } of [a, b, c])
      expect(new Map(presence.all)).toEqual(
        new Map([
          [a.id, { name: 'a' }],
          [b.id, { name: 'b' }],
        ]),
      );
    b.close();
    group.deliver();
    expect([...c.presence.all.keys()]).toEqual([a.id]);
  });

  it('is gone with clear(), and nothing happens where nothing was said', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    a.presence.clear();
    expect(group.said).toEqual([]);
    a.presence.set({ name: 'a' });
    group.deliver();
    a.presence.clear();
    expect([a.presence.own, a.presence.all.size]).toEqual([undefined, 0]);
    group.deliver();
    expect(b.heard.at(-1)).toEqual({ ...nothing, removed: [a.id] });
  });

  it('is not sent again, nor told, where it is equal', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    a.presence.set({ cursor: { x: 1 } });
    a.presence.set({ cursor: { x: 1 } });
    expect(group.said).toHaveLength(1);
    group.deliver();
    group.tell('$presence', { instance: a.id, key: 's', codec: 'lib0', bytes: lib0().encode({ cursor: { x: 1 } }) });
    group.deliver();
    expect(b.heard).toEqual([{ ...nothing, added: [a.id] }]);
  });

  it('is as it was when it was set, whatever becomes of the objects that were given', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    const cursor = { x: 1 };
    a.presence.set({ cursor });
    cursor.x = 2;
    group.deliver();
    for (const { presence } of [a, b]) {
      expect(presence.all.get(a.id)).toEqual({ cursor: { x: 1 } });
      expect(() => Object.assign(presence.all.get(a.id)?.['cursor'] as object, { x: 3 })).toThrow(TypeError);
    }
  });

  it('is refused where it would not come back as it went, or is too large, and what was said stays', () => {
    const { join } = scene();
    const a = join();
    a.presence.set({ name: 'a' });
    for (const wrong of [{ at: new Date(0) }, { map: new Map() }, { wave: new Float32Array(4) }])
      expect(() => a.presence.set(wrong)).toThrow(TypeError);
    for (const wrong of [null, 'a', [1], Uint8Array.of(1)]) expect(() => a.presence.set(wrong as never)).toThrow(TypeError);
    expect(() => a.presence.set({ body: 'x'.repeat(64 * 1024) })).toThrow(expect.objectContaining({ code: 'SOCOMM_TOO_LARGE' }));
    expect(a.presence.own).toEqual({ name: 'a' });
    a.close();
    expect(() => a.presence.set({ name: 'b' })).toThrow(expect.objectContaining({ code: 'SOCOMM_CLOSED' }));
  });
});

describe('who is shown', () => {
  it('is nobody whose peer is silent; who is heard again comes back as added, with what was said meanwhile', () => {
    const { group, join } = scene();
    const a = join();
    const [b, c] = [join({ with: a }), join()];
    a.presence.set({ name: 'a' });
    b.presence.set({ name: 'b' });
    group.deliver();
    c.heard.length = 0;
    group.setSilent(a, true);
    expect(c.heard).toEqual([{ ...nothing, removed: [a.id, b.id] }]);
    expect(c.presence.all.size).toBe(0);
    a.presence.set({ name: 'A' });
    group.deliver();
    expect(c.heard).toHaveLength(1);
    group.setSilent(a, false);
    expect(c.heard.slice(1)).toEqual([{ ...nothing, added: [a.id, b.id] }]);
    expect(c.presence.all.get(a.id)).toEqual({ name: 'A' });
  });

  it('is nobody who has left, though something of it comes late', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    a.presence.set({ name: 'a' });
    group.deliver();
    group.leave(a);
    expect(b.heard.at(-1)).toEqual({ ...nothing, removed: [a.id] });
    group.tell('$presence', { instance: a.id, key: 's', codec: 'lib0', bytes: lib0().encode({ name: 'ghost' }) });
    group.deliver();
    expect(b.presence.all.size).toBe(0);
  });

  it('is nobody who says what cannot be read: that is a warning, and the others are shown', () => {
    const { group, join } = scene();
    const [a, b, c] = [join(), join(), join()];
    a.presence.set({ name: 'a' });
    for (const [codec, bytes] of [
      ['lib0', Uint8Array.of(0)],
      ['lib0', lib0().encode(7)],
      ['json', lib0().encode({})],
    ] as const) {
      group.tell('$presence', { instance: b.id, key: 's', codec, bytes });
      group.deliver();
    }
    expect([...c.presence.all.keys()]).toEqual([a.id]);
    expect(c.warnings).toHaveLength(3);
    for (const warning of c.warnings) expect(warning).toMatch(/^value-unreadable: /);
  });

  it('is known to a newcomer from its first look', async () => {
    const { group, join } = scene();
    const a = join();
    a.presence.set({ name: 'a' });
    group.deliver();
    const presence = new Presence(group.join().host);
    await presence.ready;
    expect(presence.all.get(a.id)).toEqual({ name: 'a' });
  });
});

describe('for user interfaces', () => {
  it('the snapshot is one object until something changes, and cannot be changed', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    a.presence.set({ name: 'a' });
    group.deliver();
    const before = b.presence.snapshot;
    group.changed();
    group.deliver();
    expect(b.presence.snapshot).toBe(before);
    expect(b.presence.all).toBe(before);
    for (const change of ['set', 'delete', 'clear'] as const)
      expect(() => (before as Map<unknown, unknown>)[change](a.id, {})).toThrow(TypeError);
    a.presence.set({ name: 'A' });
    group.deliver();
    expect(b.presence.snapshot).not.toBe(before);
    expect(before.get(a.id)).toEqual({ name: 'a' });
  });

  it('subscribe works unbound and ends, and a listener that throws keeps nobody from being told', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    const { subscribe } = b.presence;
    const told: string[] = [];
    subscribe(() => {
      throw new Error('the listener of an application');
    });
    const listener = (): void => void told.push('told');
    const ends = [subscribe(listener), subscribe(listener)];
    a.presence.set({ name: 'a' });
    group.deliver();
    ends[0]?.();
    a.presence.set({ name: 'A' });
    group.deliver();
    expect(told).toEqual(['told', 'told', 'told']);
    expect(b.warnings).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(/^listener-threw: .*an application/) as string));
    expectTypeOf(subscribe).parameter(0).toEqualTypeOf<(change: PresenceChange) => void>();
  });
});
