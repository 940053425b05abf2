/**
 * Functions of the application that are told something. Whatever they do (throw, or reject later) is told to whoever looks after
 * that, and never reaches the loop that called: a rejection that nobody handles would end the process of a plugin host.
 */

import { types } from 'node:util';

/** Calls a listener. `threw` hears what it throws, and what its promise rejects with if it is an async one. */
export function callListener<Told extends readonly unknown[]>(
  listener: (...told: Told) => unknown,
  told: Told,
  threw: (error: unknown) => void,
): void {
  try {
    const result = listener(...told);
    if (types.isPromise(result)) result.then(undefined, threw);
  } catch (error) {
    threw(error);
  }
}
