/** The whole library on the virtual clock: joining, agreeing, writing, taking over. */

import { describe, expect, it } from 'vitest';
import { createTestGroup } from '../../src/testing.js';

describe('a group of instances', () => {
  it('starts empty and synced when the first one joins an empty store', async () => {
    const group = createTestGroup();
    const a = await group.join();
    expect(a.role).toBe('writer');
    expect(a.writer).toEqual({ id: a.inspect().peer, term: 1 });
    await group.close();
  });

  it('shows in one what another has set', async () => {
    const group = createTestGroup();
    const a = await group.join();
    const b = await group.join();
    a.doc.getMap('presets').set('warm-pad', { name: 'Warm Pad' });
    b.doc.getMap('presets').set('deep-bass', { name: 'Deep Bass' });
    await group.settled();
    expect(a.doc.getMap('presets').toJSON()).toEqual(b.doc.getMap('presets').toJSON());
    expect(b.doc.getMap('presets').get('warm-pad')).toEqual({ name: 'Warm Pad' });
    await group.close();
  });

  it('gives a newcomer what was there before', async () => {
    const group = createTestGroup();
    const a = await group.join();
    for (let index = 0; index < 1000; index++) a.doc.getMap('presets').set(`preset-${index}`, { index });
    const b = await group.join();
    expect(b.doc.getMap('presets').size).toBe(1000);
    await group.close();
  });

  it('flushes to the writer and finds it again after everyone was closed', async () => {
    const group = createTestGroup();
    const a = await group.join();
    const b = await group.join();
    b.doc.getMap('presets').set('warm-pad', 1);
    expect(await group.run(b.flush())).toEqual({ term: 1 });
    await group.close();
    void a;
    const c = await group.join();
    expect(c.doc.getMap('presets').get('warm-pad')).toBe(1);
    expect(c.writer?.term).toBeGreaterThan(1);
    await group.close();
  });

  it('elects a new writer with a higher term when the writer is killed, and keeps what was flushed', async () => {
    const group = createTestGroup({ seed: 3 });
    const [a, b, c] = [await group.join(), await group.join(), await group.join()];
    b.doc.getMap('presets').set('one', 1);
    await group.run(b.flush());
    expect(await group.killWriter()).toBe(a);
    await group.advance(1000);
    expect([b.role, c.role].filter((role) => role === 'writer')).toHaveLength(1);
    expect(b.writer).toEqual(c.writer);
    expect(b.writer?.term).toBe(2);
    c.doc.getMap('presets').set('two', 2);
    await group.run(c.flush());
    await group.killWriter();
    await group.killWriter();
    const d = await group.join();
    expect(d.doc.getMap('presets').toJSON()).toEqual({ one: 1, two: 2 });
    await group.close();
  });

  it('merges what both sides of a partition did', async () => {
    const group = createTestGroup({ seed: 5 });
    const [a, b, c] = [await group.join(), await group.join(), await group.join()];
    const heal = group.partition(a, b);
    a.doc.getMap('presets').set('from-a', 1);
    b.doc.getMap('presets').set('from-b', 2);
    await group.advance(5000);
    heal();
    await group.settled();
    for (const one of [a, b, c]) expect(one.doc.getMap('presets').toJSON()).toEqual({ 'from-a': 1, 'from-b': 2 });
    await group.close();
  });
});
