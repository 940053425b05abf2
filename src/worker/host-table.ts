/** The one host of this loaded copy: however often it is asked for, it is there once, and ends with the last who asked. */

import type { Host } from './host.js';

let shared: { readonly host: Host; users: number } | undefined;

/** Returns what gives it back. */
export function borrowHost(make: () => Host): () => void {
  const borrowed = (shared ??= { host: make(), users: 0 });
  borrowed.users++;
  let isBorrowed = true;
  return () => {
    if (!isBorrowed) return;
    isBorrowed = false;
    if (--borrowed.users > 0) return;
    shared = undefined;
    borrowed.host.end();
  };
}
