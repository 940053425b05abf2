/** A thousand worker threads are ended in the middle of writing, joining and closing; test/worker does it twenty times. */

import { expect, test } from 'vitest';

import { ESM, Place } from '../process/members.js';
import { play } from '../worker/threads.js';
import type { Ending } from '../worker/threads.js';

const ROUNDS = 250;

test(
  '1,000 workers that are ended while they write, join or close leave nothing behind, and others go on',
  { timeout: 900_000 },
  async () => {
    const place = new Place();
    const beside = await place.fork().join('beside', ESM, { options: { storage: 'never', wait: 'none' } });
    const { outcome } = await play<Ending>(place, 'ending', { detail: { rounds: ROUNDS } });
    console.log(JSON.stringify(outcome));
    expect(outcome).toMatchObject({ ended: 4 * (ROUNDS + 1), term: 1, peers: 2, entries: 4 });
    // Fewer is right: a socket by which a peer was asked something goes when nothing is asked for a while.
    expect(outcome.after.descriptors).toBeLessThanOrEqual(outcome.before.descriptors);
    expect(outcome.sockets).toHaveLength(4);
    expect(await beside.get('main')).toBe(ROUNDS);
  },
);
