/** Updates from outside: what honest peers write is taken, and nothing else gets as far as Yjs. fast-check prints the seed of a failure. */

import fc from 'fast-check';
import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { FootingNotes, FootingReader } from '../../src/replica/footing.js';
import * as limits from '../../src/replica/limits.js';
import { Tally } from '../../src/replica/tally.js';
import { NOBODY, UpdateScan } from '../../src/replica/update-scan.js';
import * as forge from './forge.js';
import { record } from './recorder.js';
import { session } from './session.js';

const ANY = { ownClient: NOBODY, clockOf: () => 0, structCountOf: () => 0, gapMax: Infinity, depthMax: 256 };

interface ScannedItem {
  readonly id: forge.Id;
  readonly length: number;
  readonly left: forge.Id | null;
  readonly right: forge.Id | null;
  readonly parent: string | forge.Id | null;
  readonly key: string | null;
}

/** As this library reads it. */
function scanned(update: Uint8Array): { readonly items: ScannedItem[]; readonly ranges: string[]; readonly structs: number } {
  const items: ScannedItem[] = [];
  const ranges: string[] = [];
  const idOf = (client: number, clock: number): forge.Id | null => (client === NOBODY ? null : [client, clock]);
  const visitor = {
    readsNames: true,
    item: (scan: UpdateScan): void => {
      const left = idOf(scan.leftClient, scan.leftClock);
      const right = idOf(scan.rightClient, scan.rightClock);
      const parent = scan.root ?? idOf(scan.parentClient, scan.parentClock);
      items.push({ id: [scan.client, scan.clock], length: scan.length, left, right, parent, key: scan.key ?? null });
    },
    span: (): void => undefined,
    deleted: (client: number, clock: number, length: number): void => void ranges.push(`${client} ${clock} ${length}`),
  };
  const tally = new Tally();
  new UpdateScan(update, { ...ANY, visitor }, tally).run();
  return { items, ranges, structs: tally.structs };
}

/** As Yjs reads it. */
function decoded(update: Uint8Array): ReturnType<typeof scanned> {
  const { structs, ds } = Y.decodeUpdate(update);
  const idOf = (id: { client: number; clock: number } | null): forge.Id | null => (id === null ? null : [id.client, id.clock]);
  const items = structs
    .filter((struct) => struct instanceof Y.Item)
    .map(({ id, length, origin, rightOrigin, parent, parentSub }) => ({
      id: [id.client, id.clock] as const,
      length,
      left: idOf(origin),
      right: idOf(rightOrigin),
      parent: typeof parent === 'string' ? parent : idOf(parent as unknown as Y.ID | null),
      key: parentSub,
    }));
  const ranges = [...ds.clients].flatMap(([client, deletes]) => deletes.map(({ clock, len }) => `${client} ${clock} ${len}`));
  return { items, ranges, structs: structs.length };
}

const isRefused = (update: Uint8Array): boolean => {
  const { replica } = record();
  const outcome = replica.apply([update], 'frame');
  if (!outcome.ok) expect(replica.isEmpty).toBe(true);
  return !outcome.ok;
};

describe('what honest peers write', () => {
  it('is read as Yjs reads it', () => {
    fc.assert(
      fc.property(session(), ({ updates }) => {
        for (const update of updates) expect(scanned(update)).toEqual(decoded(update));
      }),
      { numRuns: 60 },
    );
  });

  it('is taken, in frames and as an answer, and comes out the same', () => {
    fc.assert(
      fc.property(session(), fc.integer({ min: 1, max: 60 }), ({ updates, doc }, size) => {
        const framed = record(2).replica;
        for (let start = 0; start < updates.length; start += size)
          expect(framed.apply(updates.slice(start, start + size), 'frame')).toEqual({ ok: true });
        const answered = record(3);
        expect(answered.replica.apply([Y.encodeStateAsUpdate(doc)], 'catch-up')).toEqual({ ok: true });
        expect(framed.hasPending()).toBe(false);
        expect(Y.encodeStateAsUpdate(framed.doc)).toEqual(Y.encodeStateAsUpdate(doc));
        expect(answered.replica.digest()).toBe(framed.digest());
        expect(answered.told).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what an update builds on', () => {
  it('is found the same whether its texts are read or passed over', () => {
    fc.assert(
      fc.property(session(), fc.nat(), ({ updates, doc }, left) => {
        // Without one of the others, some of them miss something.
        const base = new Y.Doc();
        for (const [at, update] of updates.entries()) if (at !== left % updates.length) Y.applyUpdate(base, update);
        const clockOf = (client: number): number => Y.getState(base.store, client);
        for (const update of [...updates, Y.encodeStateAsUpdate(doc)]) {
          const notes = new FootingNotes(clockOf);
          const tally = new Tally();
          new UpdateScan(update, { ...ANY, clockOf }, tally, notes).run();
          expect(new FootingReader(base).read(update)).toEqual(notes.take(tally.types > 0));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('damaged updates', () => {
  it('are refused wherever they are cut off, and with anything behind their end', () => {
    fc.assert(
      fc.property(session({ maxLength: 6 }), fc.uint8Array({ minLength: 1, maxLength: 3 }), ({ doc }, rest) => {
        const update = Y.encodeStateAsUpdate(doc);
        fc.pre(update.length > 2);
        for (let length = 0; length < update.length; length++) expect(isRefused(update.subarray(0, length))).toBe(true);
        expect(isRefused(Buffer.concat([update, rest]))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('do no harm whichever single bit is flipped: refused, or something that Yjs can read', () => {
    fc.assert(
      fc.property(session({ maxLength: 6 }), ({ doc }) => {
        const update = Y.encodeStateAsUpdate(doc);
        fc.pre(update.length < 600);
        for (let bit = 0; bit < update.length * 8; bit++) {
          const flipped = Uint8Array.from(update);
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          if (!isRefused(flipped)) expect(scanned(flipped)).toEqual(decoded(flipped));
        }
      }),
      { numRuns: 12 },
    );
  });

  it('do no harm whatever their bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 20 }), (bytes, more) => {
        for (const update of [bytes, Uint8Array.of(1, 1, 5, 0, ...bytes, ...more), Uint8Array.of(0, 1, 5, 1, ...more)]) isRefused(update);
      }),
      { numRuns: 3000 },
    );
  });

  it('are refused in encoding V2', () => {
    fc.assert(
      fc.property(session({ maxLength: 20 }), ({ doc }) => {
        expect(isRefused(Y.encodeStateAsUpdateV2(doc))).toBe(true);
      }),
      { numRuns: 50 },
    );
    expect(isRefused(Y.encodeStateAsUpdateV2(new Y.Doc()))).toBe(true);
  });
});

describe('a frame', () => {
  it('changes nothing where only its last update fails', () => {
    const source = record(2);
    source.replica.doc.getMap('m').set('a', 1);
    const { replica, received, changed } = record();
    expect(replica.apply([...source.changed, Uint8Array.of(0, 0, 7)], 'frame')).toEqual({
      ok: false,
      detail: 'an update has 1 bytes behind its end',
      isBeyondLimit: false,
    });
    expect(replica.isEmpty).toBe(true);
    expect([...received, ...changed]).toEqual([]);
  });

  it('may reach far beyond what is known, but not as far as it likes; an answer may', () => {
    const near = forge.update([{ client: 5, clock: limits.CLOCK_GAP_MAX - 1, structs: [forge.deleted(1)] }]);
    const far = forge.update([{ client: 5, clock: limits.CLOCK_GAP_MAX, structs: [forge.deleted(1)] }]);
    expect(record().replica.apply([near], 'frame')).toEqual({ ok: true });
    expect(record().replica.apply([far], 'frame')).toMatchObject({ ok: false, detail: expect.stringContaining('reaches') as string });
    expect(record().replica.apply([far], 'catch-up')).toEqual({ ok: true });
    const { replica } = record();
    replica.apply([forge.update([{ client: 5, structs: [forge.gap(10)] }])], 'frame');
    expect(replica.apply([far], 'frame')).toEqual({ ok: true });
  });

  it('may say nothing in an answer, which is how a peer says that it has no more', () => {
    const nothing = forge.update([]);
    expect(record().replica.apply([nothing], 'catch-up')).toEqual({ ok: true });
    expect(record().replica.apply([nothing], 'frame')).toEqual({ ok: false, detail: 'an update changes nothing', isBeyondLimit: false });
  });
});
