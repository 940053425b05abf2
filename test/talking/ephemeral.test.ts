/** Ephemeral values as they are used, above a made-up network: what is known, what changes are told, and how it ends. */

import { describe, expect, it } from 'vitest';
import { turn } from '../../src/base/turn.js';
import { lib0 } from '../../src/talk/codecs/lib0.js';
import { Ephemeral } from '../../src/talk/ephemeral.js';
import type { EphemeralChange } from '../../src/talk/ephemeral.js';
import { UNREADABLE_WARNING_MS } from '../../talk/limits.js';
import { FakeHost, instance } from './fake-host.js';

function open(): { fake: FakeHost; knobs: Ephemeral<unknown> } {
  const fake = new FakeHost();
  return { fake, knobs: new Ephemeral(fake.host, 'knobs', lib0()) };
}

const entry = (key: string, value: unknown, from = instance('b')): EphemeralChange<unknown> => ({ key, from, value });

describe('set', () => {
  it('sends, and does not listen', () => {
    const { fake, knobs } = open();
    knobs.set('cutoff', 0.5);
    knobs.delete('cutoff');
    expect(fake.set).toEqual(['knobs cutoff', 'knobs -cutoff']);
    expect(fake.valueListeners.size).toBe(0);
  });

  it('is seen at once by who set it, and told a moment later', async () => {
    const { fake, knobs } = open();
    const told: unknown[] = [];
    knobs.subscribe((changes) => told.push(changes));
    await turn();
    knobs.set('cutoff', 0.5);
    knobs.set('cutoff', 0.6);
    knobs.set('drive', 1);
    expect(knobs.get('cutoff')).toBe(0.6);
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual([[entry('cutoff', 0.6, fake.id), entry('drive', 1, fake.id)]]);
    // What comes back of it from below is no news.
    fake.hear('cutoff', 0.6, fake.id);
    expect(told).toHaveLength(1);
    knobs.delete('cutoff');
    expect(knobs.get('cutoff')).toBeUndefined();
    await turn();
    expect(told[1]).toEqual([entry('cutoff', undefined, fake.id)]);
  });

  it('keeps a copy of its own', () => {
    const { knobs } = open();
    const value = { level: [1] };
    knobs.get('x');
    knobs.set('x', value);
    value.level.push(2);
    expect(knobs.get('x')).toEqual({ level: [1] });
  });

  it('refuses undefined, odd keys, odd rates, and what the codec cannot carry', () => {
    const { fake, knobs } = open();
    expect(() => knobs.set('x', undefined)).toThrow(/delete\(\)/);
    expect(() => knobs.set(7 as never, 1)).toThrow(/key of an ephemeral value is a string/);
    expect(() => knobs.set('x', new Map())).toThrow(TypeError);
    for (const perSecondMax of [0, -1, Number.NaN, 1001])
      expect(() => new Ephemeral(fake.host, 'x', lib0(), { perSecondMax })).toThrow(/perSecondMax/);
    expect(fake.set).toEqual([]);
    fake.close();
    expect(() => knobs.set('x', 1)).toThrow(/closed/);
  });
});

describe('get, entries and snapshot', () => {
  it('begin to listen at the first look, once, with what is known below', () => {
    const { fake, knobs } = open();
    fake.entries = [{ instance: instance('b'), key: 'cutoff', codec: 'lib0', bytes: lib0().encode(0.5) }];
    expect(knobs.get('cutoff')).toBe(0.5);
    expect(knobs.entries()).toEqual([entry('cutoff', 0.5)]);
    expect(fake.valueListeners.size).toBe(1);
  });

  it('get gives the value of an instance, or the one that was heard last of any', () => {
    const { fake, knobs } = open();
    knobs.get('');
    fake.hear('cutoff', 1, instance('b'));
    fake.hear('cutoff', 2, instance('c'));
    expect(knobs.get('cutoff')).toBe(2);
    expect(knobs.get('cutoff', instance('b'))).toBe(1);
    fake.hear('cutoff', 1, instance('b'));
    expect(knobs.get('cutoff')).toBe(1);
    fake.hear('cutoff', undefined, instance('b'));
    expect(knobs.get('cutoff')).toBe(2);
    expect(knobs.get('cutoff', instance('b'))).toBeUndefined();
  });

  it('snapshot is the very same list until something changes, and cannot be changed', () => {
    const { fake, knobs } = open();
    const empty = knobs.snapshot;
    expect(knobs.snapshot).toBe(empty);
    fake.hear('a', 1);
    const one = knobs.snapshot;
    expect(one).toEqual([entry('a', 1)]);
    fake.hear('a', 1);
    expect(knobs.snapshot).toBe(one);
    expect(knobs.entries()).toBe(one);
    fake.hear('b', 2);
    fake.hear('a', 3);
    expect(knobs.snapshot).toEqual([entry('a', 3), entry('b', 2)]);
    const both = knobs.snapshot;
    fake.hear('b', 2);
    expect(knobs.snapshot).toBe(both);
    expect(one).toEqual([entry('a', 1)]);
    expect(Object.isFrozen(knobs.snapshot)).toBe(true);
    expect(Object.isFrozen(knobs.snapshot[0])).toBe(true);
  });
});

describe('subscribe with a listener', () => {
  it('needs no this, tells the current values first, then changes, until it is taken back', async () => {
    const { fake, knobs } = open();
    knobs.get('');
    fake.hear('a', 1);
    const told: unknown[] = [];
    const { subscribe } = knobs;
    const off = subscribe((changes) => told.push(changes));
    expect(told).toEqual([]);
    fake.hear('b', 2);
    await turn();
    expect(told).toEqual([[entry('a', 1), entry('b', 2)]]);
    fake.hear('a', 3);
    fake.hear('a', undefined);
    expect(told.slice(1)).toEqual([[entry('a', 3)], [entry('a', undefined)]]);
    off();
    off();
    fake.hear('a', 4);
    expect(told).toHaveLength(3);
  });

  it('tells only of one instance, or of some keys', async () => {
    const { fake, knobs } = open();
    const told: unknown[] = [];
    knobs.subscribe((changes) => told.push(['of c', ...changes]), { from: instance('c') });
    knobs.subscribe((changes) => told.push(['keys', ...changes]), { keys: ['a'] });
    await turn();
    fake.hear('a', 1);
    fake.hear('b', 2, instance('c'));
    expect(told).toEqual([
      ['keys', entry('a', 1)],
      ['of c', entry('b', 2, instance('c'))],
    ]);
  });

  it('does what useSyncExternalStore expects of a store', async () => {
    const { fake, knobs } = open();
    // As React does it: a look, a subscription, and at each call another look, compared by identity.
    let shown = knobs.snapshot;
    let renders = 0;
    const off = knobs.subscribe(() => {
      if (knobs.snapshot === shown) return;
      shown = knobs.snapshot;
      renders++;
    });
    await turn();
    fake.hear('a', 1);
    fake.hear('a', 1);
    knobs.set('own', 2);
    await turn();
    expect(renders).toBe(2);
    expect(shown).toHaveLength(2);
    off();
  });

  it('that throws is a warning and stops nothing', async () => {
    const { fake, knobs } = open();
    const told: unknown[] = [];
    knobs.subscribe(() => {
      throw new Error('mine');
    });
    knobs.subscribe((changes) => told.push(changes));
    await turn();
    fake.hear('a', 1);
    fake.hear('a', 2);
    expect(told).toHaveLength(2);
    expect(fake.warnings).toEqual(["listener-threw: a listener of the ephemeral values 'knobs' threw: mine"]);
  });

  it('ends with its signal and with the instance', async () => {
    const { fake, knobs } = open();
    const told: unknown[] = [];
    const controller = new AbortController();
    knobs.subscribe(() => told.push('signal'), { signal: controller.signal });
    knobs.subscribe(() => told.push('instance'));
    knobs.subscribe(() => told.push('never'), { signal: AbortSignal.abort() });
    await turn();
    controller.abort();
    fake.hear('a', 1);
    expect(told).toEqual(['instance']);
    fake.close();
    expect(fake.valueListeners.size).toBe(0);
    expect(knobs.snapshot).toEqual([]);
    expect(knobs.get('a')).toBeUndefined();
    expect(fake.valueListeners.size).toBe(0);
  });
});

describe('subscribe as an iterator', () => {
  it('gives the current values first, then changes as they come', async () => {
    const { fake, knobs } = open();
    knobs.get('');
    fake.hear('a', 1);
    const changes = knobs.subscribe();
    expect((await changes.next()).value).toEqual(entry('a', 1));
    const next = changes.next();
    fake.hear('b', 2);
    expect((await next).value).toEqual(entry('b', 2));
  });

  it('keeps only the latest of each instance and key while its reader is busy', async () => {
    const { fake, knobs } = open();
    const changes = knobs.subscribe();
    for (let number = 0; number < 1000; number++) {
      fake.hear('a', number);
      fake.hear('a', -number, instance('c'));
    }
    expect((await changes.next()).value).toEqual(entry('a', 999));
    expect((await changes.next()).value).toEqual(entry('a', -999, instance('c')));
    const next = changes.next();
    fake.hear('b', 1);
    expect((await next).value).toEqual(entry('b', 1));
  });

  it('tells that a value is gone only to who has seen it', async () => {
    const { fake, knobs } = open();
    const changes = knobs.subscribe();
    fake.hear('a', 1);
    expect((await changes.next()).value).toEqual(entry('a', 1));
    fake.hear('a', 2);
    fake.hear('a', undefined);
    for (let number = 0; number < 1000; number++) {
      fake.hear(`brief ${number}`, 1);
      fake.hear(`brief ${number}`, undefined);
    }
    fake.hear('b', 1);
    expect((await changes.next()).value).toEqual(entry('a', undefined));
    expect((await changes.next()).value).toEqual(entry('b', 1));
  });

  it('ends when its loop is left, with its signal, and with the instance', async () => {
    const { fake, knobs } = open();
    fake.entries = [{ instance: instance('b'), key: 'a', codec: 'lib0', bytes: lib0().encode(1) }];
    for await (const change of knobs.subscribe()) {
      expect(change).toEqual(entry('a', 1));
      break;
    }
    const controller = new AbortController();
    const [first, second] = [knobs.subscribe({ signal: controller.signal, keys: ['x'] }), knobs.subscribe({ keys: ['x'] })];
    const nexts = [first.next(), second.next()];
    controller.abort();
    expect(await nexts[0]).toEqual({ done: true, value: undefined });
    fake.close();
    expect(await nexts[1]).toEqual({ done: true, value: undefined });
  });

  it('refuses options that mean nothing', () => {
    const { knobs } = open();
    expect(() => knobs.subscribe({ keys: 'a' as never })).toThrow(/keys is a list/);
  });
});

describe('a value that cannot be read', () => {
  it('counts as gone, and is a warning once in a while for each sender', async () => {
    const { fake, knobs } = open();
    const told: unknown[] = [];
    knobs.subscribe((changes) => told.push(...changes));
    await turn();
    fake.hear('a', 1);
    for (let count = 0; count < 50; count++) fake.hearBytes('a', Uint8Array.of(3, count));
    fake.hearBytes('b', Buffer.from('1'), { codec: 'json', from: instance('c') });
    expect(told).toEqual([entry('a', 1), entry('a', undefined)]);
    expect(knobs.snapshot).toEqual([]);
    expect(fake.warnings).toEqual([
      expect.stringMatching(
        /^value-unreadable: ephemeral values 'knobs': 2 bytes of instance bbbbbbbbbbbbbbbb\.1 are no value for the codec "lib0"/,
      ),
      expect.stringMatching(/^value-unreadable: ephemeral values 'knobs': instance cccccccccccccccc\.1 sends with the codec "json"/),
    ]);
    await fake.clock.advance(UNREADABLE_WARNING_MS);
    fake.hearBytes('a', Uint8Array.of(3));
    expect(fake.warnings).toHaveLength(3);
    fake.hear('a', 2);
    expect(knobs.get('a')).toBe(2);
  });
});
