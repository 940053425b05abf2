/** Updates that come before what they build on: kept, completed in any order, at a bearable price, and no way around the checks. */

import fc from 'fast-check';
import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { ANSWER_DEPTH_MAX } from '../../src/replica/limits.js';
import { follow, record } from './recorder.js';
import type { Recorded } from './recorder.js';
import * as f from './forge.js';
import { session } from './session.js';

/** Each an update of its own. */
function writeOneByOne({ replica }: Recorded, count: number): void {
  for (let each = 0; each < count; each++) {
    replica.doc.getMap('m').set('k', each);
    replica.heal();
  }
}

describe('updates that must wait', () => {
  it('end in the same document, in whatever order and lists they come', () => {
    fc.assert(
      fc.property(session({ maxLength: 30 }), fc.array(fc.nat()), fc.integer({ min: 1, max: 20 }), ({ doc, updates }, order, size) => {
        const shuffled = updates.map((update, index) => ({ update, rank: order[index] ?? index })).sort((a, b) => a.rank - b.rank);
        const { replica, told } = record(4);
        for (let start = 0; start < shuffled.length; start += size)
          replica.apply(
            shuffled.slice(start, start + size).map(({ update }) => update),
            'catch-up',
          );
        expect(replica.hasPending()).toBe(false);
        expect(Y.encodeSnapshot(Y.snapshot(replica.doc))).toEqual(Y.encodeSnapshot(Y.snapshot(doc)));
        expect(told).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('wait without a trace, and are told as received when what they build on comes', () => {
    const source = record(2);
    writeOneByOne(source, 50);
    source.replica.doc.getMap('m').delete('k');
    const [first, ...others] = source.changed;
    const target = record();
    expect(target.replica.apply(others, 'frame')).toEqual({ ok: true });
    expect(target.replica.hasPending()).toBe(true);
    expect(target.received).toEqual([]);
    expect(target.replica.stateVector()).toEqual(Uint8Array.of(0));
    expect(target.replica.apply([first as Uint8Array], 'frame')).toEqual({ ok: true });
    expect(target.replica.hasPending()).toBe(false);
    expect(target.replica.digest()).toBe(source.replica.digest());
    expect(follow({ changed: target.received }, 5).replica.digest()).toBe(source.replica.digest());
  });

  it('in thousands do not cost the square of their number', () => {
    const source = record(2);
    writeOneByOne(source, 4000);
    const [first, ...others] = source.changed;
    /** Of waiting and of what ends it, and no more than this process had of the processor: what others cost us meanwhile is not meant. */
    const cost = (count: number): number => {
      const { replica } = record();
      const startedAt = performance.now();
      const before = process.cpuUsage();
      replica.apply(others.slice(0, count), 'catch-up');
      replica.apply([first as Uint8Array], 'catch-up');
      const { user, system } = process.cpuUsage(before);
      expect(replica.hasPending()).toBe(false);
      return Math.min(performance.now() - startedAt, (user + system) / 1000);
    };
    cost(500);
    const least = (count: number): number => Math.min(...Array.from({ length: 6 }, () => cost(count)));
    // Eight times as many: 64 times as long, if each were merged and tried by itself.
    expect(least(3992) / least(499)).toBeLessThan(24);
  });

  it('do not together reach a depth that none of them has', () => {
    const depth = 240;
    const { replica } = record();
    // Each chain hangs on the end of the next one, which has not come yet.
    for (let client = 1; client <= 6; client++) {
      const structs = Array.from({ length: depth }, (_, index) =>
        f.map({ parent: index === 0 ? [client + 1, depth - 1] : [client, index - 1], key: 'k' }),
      );
      expect(replica.apply([f.update([{ client, structs }])], 'frame')).toEqual({ ok: true });
    }
    const roots = Array.from({ length: depth }, (_, index) => f.map(index === 0 ? {} : { parent: [7, index - 1], key: 'k' }));
    replica.apply([f.update([{ client: 7, structs: roots }])], 'frame');
    // One after the other, as long as they lie no deeper than that; the next is dropped, and what hangs on it waits for ever.
    expect([depth * 4 <= ANSWER_DEPTH_MAX, depth * 5 <= ANSWER_DEPTH_MAX]).toEqual([true, false]);
    expect([...replica.doc.store.clients.keys()]).toEqual([7, 6, 5, 4]);
    expect(replica.hasPending()).toBe(true);
    replica.setAside();
    expect(replica.hasPending()).toBe(false);
  });
});
