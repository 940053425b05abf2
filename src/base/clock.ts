/** Time as an argument. Nothing outside this folder and the CLI asks the system for it. */

export interface Clock {
  /** Milliseconds that only ever grow; their origin means nothing. */
  now(): number;
  /** Milliseconds since 1970, for people and files. */
  wallTime(): number;
  /** Calls `callback` once after `delayMs`; returns what takes the call back. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: (delayMs, callback) => {
    // A longer wait, also an endless one, would be over at once: timers count in 31 bits.
    const timer = setTimeout(callback, Math.min(delayMs, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

/** What all processes of the machine call the same moment: seconds and nanoseconds since some start of it (`CLOCK_MONOTONIC` on Linux). */
export function machineTime(): readonly [seconds: number, nanoseconds: number] {
  return process.hrtime();
}

/** Resolves after `delayMs` of the given clock, or at once when `signal` is aborted. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
