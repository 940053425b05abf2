import { describe, expect, it } from 'vitest';
import { pause } from '../../src/base/clock.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';

describe('the virtual clock', () => {
  it('stands still until it is advanced', async () => {
    const clock = new VirtualClock();
    const wallTimeAtStart = clock.wallTime();
    expect(clock.now()).toBe(0);
    await clock.advance(250);
    expect(clock.now()).toBe(250);
    expect(clock.wallTime() - wallTimeAtStart).toBe(250);
  });

  it('runs timers in the order in which they are due, at their own time', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    for (const delayMs of [30, 10, 20]) clock.after(delayMs, () => ran.push(`${delayMs} at ${clock.now()}`));
    await clock.advance(25);
    expect(ran).toEqual(['10 at 10', '20 at 20']);
    expect(clock.now()).toBe(25);
    await clock.advance(5);
    expect(ran.at(-1)).toBe('30 at 30');
  });

  it('runs timers of one instant in the order in which they were made', async () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    for (let number = 0; number < 100; number++) clock.after(5, () => ran.push(number));
    await clock.advance(5);
    expect(ran).toEqual(Array.from({ length: 100 }, (_, number) => number));
  });

  it('lets long chains of promises go on between two timers', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.after(1, () => {
      void (async () => {
        for (let turn = 0; turn < 500; turn++) await Promise.resolve();
        order.push('chain');
      })();
    });
    clock.after(1, () => order.push('second timer'));
    await clock.advance(1);
    expect(order).toEqual(['chain', 'second timer']);
  });

  it('runs timers that are made while it advances, if they are due in time', async () => {
    const clock = new VirtualClock();
    const ranAtMs: number[] = [];
    const repeat = async (): Promise<void> => {
      for (;;) {
        await pause(clock, 10);
        ranAtMs.push(clock.now());
      }
    };
    void repeat();
    await clock.advance(35);
    expect(ranAtMs).toEqual([10, 20, 30]);
    expect(clock.nextDueMs).toBe(40);
  });

  it('does not run a timer that was taken back', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    const cancel = clock.after(5, () => ran.push('cancelled'));
    clock.after(5, () => ran.push('kept'));
    clock.after(3, () => cancelLate());
    const cancelLate = clock.after(4, () => ran.push('cancelled late'));
    cancel();
    cancel();
    expect(clock.pendingCount).toBe(3);
    await clock.advance(10);
    expect(ran).toEqual(['kept']);
    expect(clock.pendingCount).toBe(0);
    expect(clock.nextDueMs).toBeUndefined();
  });

  it('does calls of advance() one after the other', async () => {
    const clock = new VirtualClock();
    const ranAtMs: number[] = [];
    for (const delayMs of [5, 15]) clock.after(delayMs, () => ranAtMs.push(clock.now()));
    await Promise.all([clock.advance(10), clock.advance(10)]);
    expect(ranAtMs).toEqual([5, 15]);
    expect(clock.now()).toBe(20);
  });

  it('rejects when a timer throws, and can go on', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.after(1, () => {
      throw new Error('broken timer');
    });
    clock.after(2, () => ran.push('next'));
    await expect(clock.advance(5)).rejects.toThrow('broken timer');
    expect(clock.now()).toBe(1);
    await clock.advance(1);
    expect(ran).toEqual(['next']);
  });

  it('takes a delay of nothing, or less, as now', async () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    for (const delayMs of [0, -5, Number.NaN]) clock.after(delayMs, () => ran.push(clock.now()));
    await clock.advance(0);
    expect(ran).toEqual([0, 0, 0]);
  });
});
