/** What the application writes and peers would refuse in a frame is told at once: it cannot be taken back. */

import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { ANSWER_DEPTH_MAX, FRAME_DEPTH_MAX } from '../../src/replica/limits.js';
import { record } from './recorder.js';
import type { Recorded } from './recorder.js';

function nestedList(depth: number): unknown {
  let value: unknown = null;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

/** Down from a root, one shared type in the other: at once, or each by itself. */
function nestTypes({ replica }: Recorded, depth: number, isAtOnce: boolean): void {
  const write = (): void => {
    let at = replica.doc.getMap<unknown>('m');
    for (let level = 0; level <= depth; level++) {
      const inner = new Y.Map<unknown>();
      at.set('k', inner);
      at = inner;
    }
  };
  if (isAtOnce) replica.doc.transact(write);
  else write();
  replica.heal();
}

/** The last change, given to somebody who has all before it. */
function isTakenAs(source: 'frame' | 'catch-up', { changed }: Recorded): boolean {
  const { replica } = record(9);
  for (const update of changed.slice(0, -1)) replica.apply([update], 'catch-up');
  return replica.apply(changed.slice(-1), source).ok;
}

describe('a change', () => {
  it.each([
    ['values', (each: Recorded, depth: number) => void each.replica.doc.getMap('m').set('k', nestedList(depth) as never)],
    ['shared types at once', (each: Recorded, depth: number) => nestTypes(each, depth, true)],
    ['shared types one by one', (each: Recorded, depth: number) => nestTypes(each, depth, false)],
  ])('is told where its %s lie deeper than a frame may carry, and comes as an answer', (_, write) => {
    const within = record();
    write(within, FRAME_DEPTH_MAX);
    expect(within.told).toEqual([]);
    expect(isTakenAs('frame', within)).toBe(true);
    const beyond = record();
    write(beyond, FRAME_DEPTH_MAX + 1);
    expect(beyond.told).toEqual([expect.stringContaining('too deep: an update nests') as string]);
    expect(isTakenAs('frame', beyond)).toBe(false);
    expect(isTakenAs('catch-up', beyond)).toBe(true);
  });

  it('that nobody would take is taken out at the end of the turn, and of others is refused', async () => {
    const own = record();
    own.replica.doc.getMap('m').set('k', nestedList(ANSWER_DEPTH_MAX + 1) as never);
    await Promise.resolve();
    expect(own.replica.doc.getMap('m').size).toBe(0);
    const foreign = new Y.Doc();
    foreign.getMap('m').set('k', nestedList(ANSWER_DEPTH_MAX + 1));
    expect(record(9).replica.apply([Y.encodeStateAsUpdate(foreign)], 'catch-up').ok).toBe(false);
  });

  it('below a deep type is told if it is short, too', () => {
    const source = record();
    nestTypes(source, FRAME_DEPTH_MAX, false);
    let at = source.replica.doc.getMap<unknown>('m');
    while (at.get('k') instanceof Y.Map) at = at.get('k') as Y.Map<unknown>;
    at.set('value', 1);
    source.replica.heal();
    expect(source.told).toEqual([]);
    at.set('list', new Y.Array());
    source.replica.heal();
    expect(source.told).toHaveLength(1);
  });
});
