/** Waits that need not be on time: with what wakes the process anyway, or where nothing does, by a timer. */

import { describe, expect, it } from 'vitest';

import { LOOSE_FROM_MS, LOOSE_MS, LooseClock } from '../../src/base/loose-clock.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';

function scene({ isWokenOften = true } = {}) {
  const clock = new VirtualClock();
  const state = { isWokenOften, went: 0 };
  const loose = new LooseClock(clock, () => state.isWokenOften);
  return { clock, state, loose, wait: (ms: number) => loose.after(ms, () => void state.went++) };
}

describe('a loose clock', () => {
  it('sets no timer for a long wait while something wakes the process often, and ends it then, a little early', async () => {
    const { clock, state, loose, wait } = scene();
    wait(LOOSE_FROM_MS + LOOSE_MS);
    expect(clock.pendingCount).toBe(0);
    await clock.advance(LOOSE_FROM_MS - 1);
    loose.woken();
    expect(state.went).toBe(0);
    await clock.advance(1);
    loose.woken();
    loose.woken();
    expect(state.went).toBe(1);
  });

  it('keeps a short wait to the millisecond', async () => {
    const { clock, state, loose, wait } = scene();
    wait(LOOSE_FROM_MS - 1);
    loose.woken();
    await clock.advance(LOOSE_FROM_MS - 2);
    expect(state.went).toBe(0);
    await clock.advance(1);
    expect(state.went).toBe(1);
  });

  it('has a timer for each wait once nothing wakes the process any more', async () => {
    const { clock, state, loose, wait } = scene();
    wait(2000);
    await clock.advance(500);
    state.isWokenOften = false;
    loose.settle();
    loose.settle();
    expect(clock.pendingCount).toBe(1);
    await clock.advance(1500);
    expect(state.went).toBe(1);
    wait(3000);
    await clock.advance(3000);
    expect(state.went).toBe(2);
  });

  it('forgets what is taken back, also by one that ends in the same moment', async () => {
    const { clock, state, loose, wait } = scene();
    const takeBack = wait(2000);
    loose.after(2000, () => cancelLater());
    const cancelLater = wait(2000);
    takeBack();
    await clock.advance(2000);
    loose.woken();
    expect(state.went).toBe(0);
    expect(clock.pendingCount).toBe(0);
  });
});
