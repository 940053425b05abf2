/** When a writer begins its batches: at once after a rest, at its pace while changes keep coming, and at once for whoever waits. */

import { describe, expect, test } from 'vitest';

import { BATCH_PACE_MS } from '../../src/writing/pace.js';
import { PenScene } from './pen-scene.js';
import { Room } from './room.js';
import type { Member } from './room.js';

/** A pen in office that has rested, for which nobody waits. */
async function restedPen(): Promise<PenScene> {
  const scene = new PenScene({ isAwaited: false });
  scene.set('before', 0);
  await scene.takeOver();
  await scene.clock.advance(10 * BATCH_PACE_MS);
  return scene;
}

/** One that has just written a batch, and has more to write. */
async function pacedPen(): Promise<PenScene> {
  const scene = await restedPen();
  scene.set('first', 1);
  await scene.until(() => scene.storedChanges() === 2);
  scene.set('second', 2);
  await turns();
  expect(scene.storedChanges()).toBe(2);
  return scene;
}

/** Longer than a batch on this disk takes, without any time on the clock. */
async function turns(): Promise<void> {
  for (let left = 100; left > 0; left--) await new Promise((resolve) => void setImmediate(resolve));
}

describe('a pen for which nobody waits', () => {
  test('writes at once after a rest', async () => {
    const scene = await restedPen();
    scene.set('a', 1);
    await scene.until(() => scene.storedChanges() === 2);
  });

  test('gathers what keeps coming: a batch each so many milliseconds, with all of it', async () => {
    const scene = await restedPen();
    const appended: number[] = [];
    const append = scene.store.append.bind(scene.store);
    scene.store.append = (term, records) => {
      appended.push(records.length);
      return append(term, records);
    };
    for (let ms = 0; ms < 10 * BATCH_PACE_MS; ms++) {
      scene.set('key', ms);
      await scene.clock.advance(1);
    }
    expect(appended.length).toBeGreaterThan(5);
    expect(appended.length).toBeLessThanOrEqual(11);
    await scene.clock.advance(BATCH_PACE_MS);
    expect(scene.storedChanges()).toBe(1 + 10 * BATCH_PACE_MS);
  });

  test('goes on at once when somebody begins to wait, when a turn is asked for, and at the end of the office', async () => {
    const hurried = await pacedPen();
    hurried.writer.hurry();
    await hurried.until(() => hurried.storedChanges() === 3);

    const foretold = await restedPen();
    foretold.set('first', 1);
    await foretold.until(() => foretold.storedChanges() === 2);
    foretold.writer.hurry();
    foretold.set('second', 2);
    await foretold.until(() => foretold.storedChanges() === 3);

    const asked = await pacedPen();
    await asked.writer.compact();
    expect(asked.storedChanges()).toBe(3);

    const ended = await pacedPen();
    await ended.writer.end({ isOrderly: true });
    expect(ended.storedChanges()).toBe(3);
    expect((await ended.reopened()).get('second')).toBe(2);
  });

  test('leaves no rest behind when its office is lost', async () => {
    const scene = await pacedPen();
    await scene.writer.end({ isOrderly: false });
    await scene.clock.advance(10 * BATCH_PACE_MS);
    expect(scene.storedChanges()).toBe(2);
    expect(scene.failures).toEqual([]);
  });
});

describe('in a group', () => {
  const set = ({ instance }: Member, key: string, value: number): unknown => instance.doc.getMap<unknown>('map').set(key, value);

  test.each([
    ['again as everybody does', 3, 1],
    ['not again where nobody else is there', 2, 0],
  ])('a flush right after a change takes it along: the writer hears of it with the question, and %s', async (_, peers, again) => {
    const room = new Room(6);
    const [writer, follower] = [await room.join(), await room.join()];
    while (room.members.size < peers) await room.join();
    await room.rest();
    const twice = (): number => writer.instance.inspect().counters['duplicates'] ?? 0;
    const before = twice();
    for (let round = 1; round <= 3; round++) {
      set(follower, 'mine', round);
      const flushed = follower.instance.flush();
      await room.clock.advance(BATCH_PACE_MS);
      await flushed;
      expect(twice()).toBe(before + again * round);
    }
    // Without a flush once is enough.
    set(follower, 'mine', 4);
    await room.rest();
    expect(twice()).toBe(before + again * 3);
  });

  test.each(['the writer', 'a follower'])('a flush of %s waits for no pace, however busy the writer is', async (who) => {
    const room = new Room(5);
    const [writer, follower] = [await room.join(), await room.join()];
    await room.rest();
    const member = who === 'the writer' ? writer : follower;
    let longest = 0;
    for (let round = 0; round < 20; round++) {
      set(writer, 'busy', round);
      await room.clock.advance(1);
      set(member, 'mine', round);
      const begunAt = room.clock.now();
      let doneAt = Infinity;
      const flushed = member.instance.flush().then(() => (doneAt = room.clock.now()));
      await room.clock.advance(BATCH_PACE_MS);
      await flushed;
      longest = Math.max(longest, doneAt - begunAt);
    }
    expect(longest).toBeLessThan(BATCH_PACE_MS / 2);
  });
});
