import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';

it('the clock of the system waits however long it is told to, also for ever', async () => {
  const called: string[] = [];
  const cancels = [2 ** 31, Number.MAX_SAFE_INTEGER, Infinity].map((delayMs) =>
    systemClock.after(delayMs, () => called.push(`${delayMs}`)),
  );
  await new Promise<void>((resolve) => void systemClock.after(5, resolve));
  await setImmediate();
  for (const cancel of cancels) cancel();
  expect(called).toEqual([]);
});
