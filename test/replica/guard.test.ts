/** What an application can do to a document so that Yjs tells nobody of its changes any more, and that it does not help. */

import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/replica/digest.js';
import { follow, record } from './recorder.js';
import type { Recorded } from './recorder.js';

const turn = (): Promise<void> => Promise.resolve();
const boom = (): never => {
  throw new Error('at fault');
};

/** Everybody who hears what is told has the same. */
function expectToldAll(recorded: Recorded): void {
  const { replica } = follow({ changed: recorded.changedSoFar });
  expect(replica.hasPending()).toBe(false);
  // Not what the replica remembers of itself: that is part of what may be wrong.
  expect(digestOf(replica.doc)).toBe(digestOf(recorded.replica.doc));
}

describe.each(['update', 'updateV2', 'afterTransactionCleanup', 'afterTransaction', 'beforeObserverCalls', 'subdocs'] as const)(
  "a listener of '%s' that throws",
  (event) => {
    it('costs no change, deletions included, and silences nothing', async () => {
      const recorded = record();
      const { doc } = recorded.replica;
      const map = doc.getMap<unknown>('m');
      map.set('old', 1);
      await turn();
      let isOn = true;
      doc.on(event as 'update', () => isOn && boom());
      const change = (): unknown => (event === 'subdocs' ? map.set('sub', new Y.Doc()) : map.delete('old'));
      expect(change).toThrow('at fault');
      isOn = false;
      map.set('same turn', 1);
      await turn();
      expectToldAll(recorded);
      const count = recorded.changedSoFar.length;
      map.set('next turn', 1);
      await turn();
      expect(recorded.changedSoFar).toHaveLength(count + 1);
      expectToldAll(recorded);
    });
  },
);

describe.each(['beforeTransaction', 'beforeAllTransactions'] as const)("a listener of '%s' that throws", (event) => {
  it('leaves a transaction open, which is ended with the turn', async () => {
    const recorded = record();
    const { doc } = recorded.replica;
    let isOn = true;
    doc.on(event as 'beforeTransaction', () => isOn && boom());
    expect(() => doc.getMap('m').set('a', 1)).toThrow('at fault');
    isOn = false;
    doc.getMap('m').set('b', 2);
    expect(recorded.changedSoFar).toEqual([]);
    await turn();
    expectToldAll(recorded);
    expect(recorded.told).toEqual(['repaired muted']);
    doc.getMap('m').set('c', 3);
    await turn();
    expectToldAll(recorded);
  });
});

describe('a muted document', () => {
  it('hands over what was missed, and not the whole document', async () => {
    const recorded = record();
    const map = recorded.replica.doc.getMap<unknown>('m');
    map.set('big', 'x'.repeat(10_000));
    await turn();
    recorded.replica.doc.on('afterTransactionCleanup', boom);
    expect(() => map.set('small', 1)).toThrow('at fault');
    await turn();
    expect(recorded.told).toEqual(['repaired muted']);
    expect(recorded.changedSoFar.at(-1)?.length).toBeLessThan(200);
    expectToldAll(recorded);
  });

  it('hands over nothing twice where the listener that threw came behind ours', async () => {
    const recorded = record();
    recorded.replica.doc.on('update', boom);
    expect(() => recorded.replica.doc.getMap('m').set('a', 1)).toThrow('at fault');
    await turn();
    expect(recorded.changedSoFar).toHaveLength(1);
    expect(recorded.told).toEqual(['repaired muted']);
  });

  it('is told once in a turn, however often it was muted in it', async () => {
    const recorded = record();
    recorded.replica.doc.on('update', boom);
    for (let count = 0; count < 5; count++) {
      try {
        recorded.replica.doc.getMap('m').set('a', count);
      } catch {
        // the application's own fault
      }
    }
    await turn();
    expect(recorded.told).toEqual(['repaired muted']);
    expectToldAll(recorded);
  });

  it('is looked after at once where that is asked for', () => {
    const recorded = record();
    recorded.replica.doc.on('afterTransactionCleanup', boom);
    expect(() => recorded.replica.doc.getMap('m').set('a', 1)).toThrow('at fault');
    expect(recorded.changedSoFar).toEqual([]);
    recorded.replica.heal();
    expectToldAll(recorded);
  });
});

describe('our listeners', () => {
  it('come back when the application destroys the document', async () => {
    const recorded = record();
    const { doc } = recorded.replica;
    doc.getMap('m').set('a', 1);
    await turn();
    doc.destroy();
    doc.getMap('m').set('b', 2);
    doc.getMap('m').delete('a');
    await turn();
    expect(recorded.told).toEqual(['repaired destroyed']);
    expectToldAll(recorded);
    doc.getMap('m').set('c', 3);
    await turn();
    expectToldAll(recorded);
  });

  it('come back when they were taken off, and come first', async () => {
    const recorded = record();
    const { doc } = recorded.replica;
    const order: string[] = [];
    for (const listeners of doc._observers.values()) listeners.clear();
    doc.on('update', () => void order.push(`theirs after ${recorded.changedSoFar.length}`));
    doc.getMap('m').set('a', 1);
    doc.getMap('m').delete('a');
    await turn();
    expect(recorded.changedSoFar).toEqual([]);
    recorded.replica.heal();
    expect(recorded.told).toEqual(['repaired removed']);
    expectToldAll(recorded);
    order.length = 0;
    doc.getMap('m').set('b', 1);
    expect(order).toEqual([`theirs after ${recorded.changedSoFar.length}`]);
  });

  it('are left alone when the replica ends', async () => {
    const recorded = record();
    recorded.replica.doc.getMap('m').set('a', 1);
    recorded.replica.destroy();
    await turn();
    recorded.replica.heal();
    expect(recorded.told).toEqual([]);
  });
});

describe('an observer', () => {
  it('that throws is told, and breaks nothing', async () => {
    const source = record(2);
    source.replica.doc.getMap('m').set('a', 1);
    const recorded = record();
    recorded.replica.doc.getMap('m').observe(boom);
    expect(recorded.replica.apply(source.changed, 'frame')).toEqual({ ok: true });
    expect(recorded.told).toEqual(['threw Error: at fault']);
    await turn();
    expect(recorded.told).toHaveLength(1);
    expect(recorded.replica.digest()).toBe(source.replica.digest());
    expect(recorded.changedSoFar).toEqual([]);
  });

  it('may ask for a look in the middle of a transaction, which is then told as always', async () => {
    const recorded = record();
    const map = recorded.replica.doc.getMap('m');
    map.observe(() => recorded.replica.heal());
    map.set('a', 1);
    recorded.replica.doc.transact(() => {
      map.set('b', 1);
      recorded.replica.heal();
    });
    await turn();
    expect(recorded.told).toEqual([]);
    expectToldAll(recorded);
  });

  it('that writes is told with what it wrote', async () => {
    const recorded = record();
    const map = recorded.replica.doc.getMap('m');
    map.observe(() => map.has('b') || map.set('b', 1));
    map.set('a', 1);
    await turn();
    expect(recorded.told).toEqual([]);
    expectToldAll(recorded);
  });
});

describe('what came from outside', () => {
  it('is not told as changed, whatever way it came', () => {
    const source = record(2);
    source.replica.doc.getMap('m').set('a', 1);
    const recorded = record();
    recorded.replica.apply(source.changed, 'frame');
    source.replica.doc.getMap('m').set('b', 1);
    recorded.replica.apply([source.replica.difference(recorded.replica.stateVector())], 'catch-up');
    recorded.replica.load({ snapshot: source.replica.snapshot(), updates: source.changed });
    expect(recorded.changedSoFar).toEqual([]);
    expect(recorded.received).toHaveLength(2);
    recorded.replica.heal();
    expect(recorded.changedSoFar).toEqual([]);
    expect(recorded.told).toEqual([]);
  });

  it('is told as neither where it is loaded from the store', async () => {
    const source = record(2);
    source.replica.doc.getMap('m').set('a', 1);
    const recorded = record();
    recorded.replica.load({ snapshot: undefined, updates: source.changed });
    await turn();
    expect([...recorded.changedSoFar, ...recorded.received, ...recorded.told]).toEqual([]);
    expect(recorded.replica.digest()).toBe(source.replica.digest());
  });
});

describe('a value that cannot be written down', () => {
  it('is taken out again, and everything else that was written goes its way', async () => {
    const recorded = record();
    const map = recorded.replica.doc.getMap<unknown>('m');
    map.set('before', 1);
    await turn();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(() => map.set('circle', circle)).toThrow(RangeError);
    map.set('after', 1);
    await turn();
    expect(recorded.told).toEqual(['removed 1', 'repaired muted']);
    expect(map.toJSON()).toEqual({ before: 1, after: 1 });
    expectToldAll(recorded);
    map.set('later', 1);
    await turn();
    expectToldAll(recorded);
  });
});
