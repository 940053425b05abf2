/** Presence as an Awareness of y-protocols, held against the real one, and read by its own functions. */

import { describe, expect, it } from 'vitest';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';

import type { PresenceAwareness } from '../../src/talk/awareness.js';
import { Presence } from '../../src/talk/presence.js';
import { ConversationScene } from './conversation-scene.js';
import type { Actor } from './conversation-scene.js';

type Event = readonly [
  name: string,
  change: { readonly added: number[]; readonly updated: number[]; readonly removed: number[] },
  origin: unknown,
];

interface Editor extends Actor {
  readonly presence: Presence;
  readonly awareness: PresenceAwareness;
  readonly events: Event[];
}

function listen(awareness: Pick<Awareness, 'on'>): Event[] {
  const events: Event[] = [];
  for (const name of ['change', 'update'] as const)
    awareness.on(name, (change: Event[1], origin: unknown) => void events.push([name, structuredClone(change), origin]));
  return events;
}

function scene() {
  const group = new ConversationScene();
  const join = (options: { readonly with?: Actor } = {}): Editor => {
    const actor = group.join(options);
    const presence = new Presence(actor.host);
    const { awareness } = presence;
    return { ...actor, presence, awareness, events: listen(awareness) };
  };
  return { group, join };
}

describe('the own state', () => {
  it('is told of and clocked step by step as by the real one', () => {
    const { awareness, doc } = scene().join();
    const real = new Awareness(doc);
    const [ours, theirs] = [listen(awareness), listen(real)];
    const steps: ((each: Awareness) => void)[] = [
      (each) => each.setLocalStateField('user', { name: 'Ada' }),
      (each) => each.setLocalStateField('user', { name: 'Ada' }),
      (each) => each.setLocalState({ cursor: null }),
      (each) => each.setLocalState(null),
      (each) => each.setLocalStateField('user', { name: 'nobody' }),
      (each) => each.setLocalState(null),
      (each) => each.setLocalState({ user: { name: 'Bob' } }),
    ];
    for (const step of steps) {
      step(awareness);
      step(real);
      expect(ours).toEqual(theirs);
      expect(awareness.getLocalState()).toEqual(real.getLocalState());
      expect([...awareness.getStates()]).toEqual([...real.getStates()]);
      expect(awareness.meta.get(awareness.clientID)?.clock).toBe(real.meta.get(real.clientID)?.clock);
    }
    expect(ours.length).toBeGreaterThan(8);
    real.destroy();
  });

  it('is empty at first, as there, and nobody is told before something is said', () => {
    const { group, join } = scene();
    const { awareness, presence } = join();
    expect(awareness.getLocalState()).toEqual({});
    expect([presence.own, group.said]).toEqual([undefined, []]);
  });

  it('is the presence of the instance, whichever way it is set', () => {
    const { awareness, presence, events, doc } = scene().join();
    awareness.setLocalStateField('user', { name: 'Ada' });
    expect(presence.own).toEqual({ user: { name: 'Ada' } });
    events.length = 0;
    presence.set({ track: 'Bass' });
    expect(awareness.getLocalState()).toEqual({ user: { name: 'Ada' }, track: 'Bass' });
    const change = { added: [], updated: [doc.clientID], removed: [] };
    expect(events).toEqual([
      ['change', change, 'local'],
      ['update', change, 'local'],
    ]);
    presence.clear();
    expect(awareness.getLocalState()).toBeNull();
  });

  it('carries the relative positions of a binding, and gives the binding back what it put in', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    const [text, body] = [a.doc.getText('body'), b.doc.getText('body')];
    text.insert(0, 'hello');
    group.synchronize();
    const cursor = { anchor: Y.createRelativePositionFromTypeIndex(text, 2), head: Y.createRelativePositionFromTypeIndex(text, 4) };
    a.awareness.setLocalStateField('cursor', cursor);
    expect(a.awareness.getLocalState()?.['cursor']).toBe(cursor);
    group.deliver();
    const [seen] = [...b.awareness.getStates()]
      .filter(([id]) => id !== b.awareness.clientID)
      .map(([, state]) => state['cursor'] as typeof cursor);
    const head = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(seen?.head), b.doc);
    expect(head?.index).toBe(4);
    expect(head?.type).toBe(body);
  });

  it('follows the client id of the document', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    a.awareness.setLocalStateField('user', 'Ada');
    b.awareness.setLocalStateField('user', 'Bob');
    group.deliver();
    const before = a.doc.clientID;
    const ofBob = [...a.awareness.getStates().keys()].find((id) => id !== before) as number;
    a.events.length = 0;
    // Even onto the number under which another stands.
    a.doc.clientID = ofBob;
    a.doc.getMap('presets').set('written', 1);
    expect(a.awareness.clientID).toBe(ofBob);
    expect(a.awareness.getLocalState()).toEqual({ user: 'Ada' });
    expect([...a.awareness.states.values()]).toEqual(expect.arrayContaining([{ user: 'Ada' }, { user: 'Bob' }]));
    expect(a.awareness.states.size).toBe(2);
    expect(a.events[0]?.[1].removed).toContain(before);
    b.awareness.setLocalStateField('user', 'Bob B.');
    group.deliver();
    expect([...a.awareness.states.values()]).toEqual(expect.arrayContaining([{ user: 'Ada' }, { user: 'Bob B.' }]));
  });
});

describe('the others', () => {
  it('stand under numbers of their own, which stay, also those that share our document', () => {
    const { group, join } = scene();
    const a = join();
    const [b, c] = [join({ with: a }), join()];
    for (const { awareness, id } of [a, b, c]) awareness.setLocalStateField('user', id);
    group.deliver();
    const numbersOf = ({ awareness }: Editor) => new Map([...awareness.getStates()].map(([number, { user }]) => [user as string, number]));
    const before = numbersOf(a);
    expect(new Set(before.values()).size).toBe(3);
    expect([before.get(a.id), numbersOf(b).get(b.id)]).toEqual([a.doc.clientID, a.doc.clientID]);
    group.setSilent(c, true);
    expect([...numbersOf(a).keys()].sort((x, y) => x.localeCompare(y))).toEqual([a.id, b.id]);
    expect(a.events.at(-1)).toEqual(['update', { added: [], updated: [], removed: [before.get(c.id)] }, a.presence]);
    group.setSilent(c, false);
    expect(numbersOf(a)).toEqual(before);
  });

  it('are told as added, updated and removed, and their clocks rise', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    a.awareness.setLocalStateField('user', 1);
    group.deliver();
    a.awareness.setLocalStateField('user', 2);
    group.deliver();
    a.awareness.setLocalState(null);
    group.deliver();
    const [number] = b.events[0]?.[1].added ?? [];
    expect(b.events.filter(([name]) => name === 'change').map(([, change]) => change)).toEqual([
      { added: [number], updated: [], removed: [] },
      { added: [], updated: [number], removed: [] },
      { added: [], updated: [], removed: [number] },
    ]);
    expect(b.awareness.meta.get(number as number)?.clock).toBe(3);
  });

  it('can be passed on by the functions of y-protocols, also that they are gone', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    const outside = new Awareness(new Y.Doc());
    outside.setLocalState(null);
    b.awareness.on('update', ({ added, updated, removed }: Event[1]) =>
      applyAwarenessUpdate(outside, encodeAwarenessUpdate(b.awareness, [...added, ...updated, ...removed]), 'bridge'),
    );
    a.awareness.setLocalStateField('user', 'Ada');
    group.deliver();
    expect([...outside.getStates().values()]).toEqual([{ user: 'Ada' }]);
    a.close();
    group.deliver();
    expect([...outside.getStates().values()]).toEqual([]);
    outside.destroy();
  });
});

describe('its end', () => {
  it('takes the presence with it, and the next use makes a new one', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    a.awareness.setLocalStateField('user', 'Ada');
    group.deliver();
    const ended: string[] = [];
    a.awareness.on('destroy', () => void ended.push('destroy'));
    a.awareness.destroy();
    group.deliver();
    expect(ended).toEqual(['destroy']);
    expect([a.presence.own, b.presence.all.size]).toEqual([undefined, 0]);
    expect(a.presence.awareness).not.toBe(a.awareness);
  });

  it('comes with the instance', () => {
    const { join } = scene();
    const { awareness, close } = join();
    const ended: string[] = [];
    awareness.once('destroy', () => void ended.push('destroy'));
    close();
    expect(ended).toEqual(['destroy']);
  });

  it('can be given wherever an Awareness is asked for', () => {
    const { awareness } = scene().join();
    const bound: Awareness = awareness;
    expect(bound.doc).toBe(awareness.doc);
  });
});
