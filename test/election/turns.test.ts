/**
 * Candidates that take turns: the order itself, and what it must never cost. Several shells (candidate.ts) around one lock,
 * on a virtual clock. A failure prints its seed: `FC_SEED=<seed> npx vitest run test/election` goes the same way again.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { Candidate } from '../../src/election/candidate.js';
import { POLL_MS, QUICK_TRIES_MS, STAND_BACK_MAX_MS, STAND_BACK_MS, STAND_BACK_STEP_MS } from '../../src/election/election.js';
import { placeInTurn } from '../../src/election/turns.js';
import type { KnownPeers } from '../../src/election/turns.js';
import type { PeerStatus } from '../../sync/wire/frame.js';

const seed = process.env['FC_SEED'] === undefined ? {} : { seed: Number(process.env['FC_SEED']) };

const READY: PeerStatus = {
  ...{
    revision: 1,
    term: 0,
    isComplete: true,
    canWrite: true,
    isTakingOver: false,
    pid: 1,
    packageVersion: '',
    trouble: '',
    instances: [],
  },
};

type Known = Readonly<Record<string, Partial<PeerStatus>>>;

function knownTo(self: string, peers: Known, { silent = [] as readonly string[], term = 3 } = {}): KnownPeers {
  const others = Object.entries(peers).filter(([id]) => id !== self);
  return {
    self: self as PeerId,
    status: { ...READY, ...peers[self] },
    links: new Map(others.map(([id, status]) => [id, { id, status: { ...READY, ...status } }])) as unknown as KnownPeers['links'],
    silent: new Set(silent as readonly PeerId[]),
    termHeard: term,
  };
}

const PEERS: Known = { aaaa: {}, bbbb: {}, cccc: {}, dddd: {} };
const orderOf = (peers: Known, term: number): readonly string[] =>
  Object.keys(peers).toSorted((a, b) => placeInTurn(knownTo(a, peers, { term })) - placeInTurn(knownTo(b, peers, { term })));

describe('the order in which candidates go on trying', () => {
  it('gives each a place of its own, and is another one after other terms', () => {
    const places = Object.keys(PEERS).map((id) => placeInTurn(knownTo(id, PEERS)));
    expect(new Set(places)).toEqual(new Set([0, 1, 2, 3]));
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map((term) => orderOf(PEERS, term)[0])).size).toBeGreaterThan(1);
  });

  it('has those last that have to load first, or failed a moment ago', () => {
    expect(orderOf({ ...PEERS, aaaa: { isComplete: false } }, 3).at(-1)).toBe('aaaa');
    expect(orderOf({ ...PEERS, bbbb: { trouble: 'SOCOMM_IO' } }, 3).at(-1)).toBe('bbbb');
  });

  it('leaves out who never writes, and who is silent', () => {
    const [first = '', second = ''] = orderOf(PEERS, 3);
    expect(placeInTurn(knownTo(second, PEERS))).toBe(1);
    expect(placeInTurn(knownTo(second, { ...PEERS, [first]: { canWrite: false } }))).toBe(0);
    expect(placeInTurn(knownTo(second, PEERS, { silent: [first] }))).toBe(0);
  });
});

/** One who stands for election: its place when the writer goes, whether it is stopped then, and whether it hears somebody who says that it takes over and does not. */
interface Contender {
  readonly place: number;
  readonly isStopped: boolean;
  readonly hearsLiar: boolean;
}

const contender: fc.Arbitrary<Contender> = fc.record({
  place: fc.nat({ max: 40 }),
  isStopped: fc.boolean(),
  hearsLiar: fc.boolean(),
});

/** The writer is gone, the lock is free a moment later; returns when somebody led. */
async function succession(contenders: readonly Contender[], lockFreeAtMs: number, chance: number): Promise<number | undefined> {
  const clock = new VirtualClock();
  let holder: number | undefined;
  let ledAtMs: number | undefined;
  contenders.forEach(({ place, isStopped, hearsLiar }, index) => {
    const candidate: Candidate = new Candidate({
      canWrite: true,
      clock,
      random: seededRandom(chance + index),
      tryLock: () => {
        const { state } = candidate;
        const isBelieving = state.kind === 'following' && state.tries > 0 && state.tries < QUICK_TRIES_MS.length;
        if (hearsLiar && isBelieving) return 'spoken-for';
        if (holder !== undefined || clock.now() < lockFreeAtMs) return 'denied';
        holder = index;
        return 'granted';
      },
      takeOver: () => Promise.resolve(2),
      stepDown: () => Promise.resolve(),
      lead: () => {
        expect(holder, 'who leads has the lock').toBe(index);
        ledAtMs ??= clock.now();
      },
      checkLock: () => undefined,
      takeoverFailed: () => undefined,
      stepDownFailed: () => undefined,
    });
    if (!isStopped) candidate.feed({ kind: 'writer-gone', place });
  });
  await clock.advance(20_000);
  return ledAtMs;
}

/** A wait, at most a quarter longer by chance. */
const atMost = (ms: number): number => ms * 1.25;

function expectBy(latestMs: number, contenders: readonly Contender[], ledAtMs: number | undefined): void {
  if (contenders.every(({ isStopped }) => isStopped)) expect(ledAtMs).toBeUndefined();
  else expect(ledAtMs).toBeLessThanOrEqual(latestMs);
}

describe('a group whose writer is gone', () => {
  it('has another one at the latest when the first one that is not stopped has stood back, whatever they think of the order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(contender, { minLength: 1, maxLength: 12 }),
        fc.nat({ max: 20 }),
        fc.nat(),
        async (drawn, freeMs, chance) => {
          const contenders = drawn.map((each) => ({ ...each, hearsLiar: false }));
          const ledAtMs = await succession(contenders, freeMs, chance);
          // The quick tries come at most as far apart as time has passed.
          expectBy(atMost(STAND_BACK_MAX_MS + 2 * freeMs + 2), contenders, ledAtMs);
        },
      ),
      { numRuns: 300, ...seed },
    );
  });

  it('that takes turns as agreed has another one within milliseconds, and where the first k are stopped, after their turns', async () => {
    for (const stopped of [0, 1, 3, 7]) {
      const contenders = Array.from({ length: 8 }, (_, place) => ({ place, isStopped: place < stopped, hearsLiar: false }));
      const ledAtMs = await succession(contenders, 2, stopped);
      expect(ledAtMs).toBeLessThanOrEqual(stopped === 0 ? 4 : atMost(STAND_BACK_MS + STAND_BACK_STEP_MS * (stopped - 1)));
    }
  });

  it('has one at the next poll even where all but the stopped ones believe somebody who says that it takes over and never does', async () => {
    const believedMs = QUICK_TRIES_MS.reduce((sum: number, delayMs) => sum + Math.max(delayMs, STAND_BACK_MS), 0);
    await fc.assert(
      fc.asyncProperty(
        fc.array(contender, { minLength: 1, maxLength: 12 }),
        fc.nat({ max: 20 }),
        fc.nat(),
        async (contenders, freeMs, chance) => {
          const ledAtMs = await succession(contenders, freeMs, chance);
          expectBy(atMost(STAND_BACK_MAX_MS + believedMs + POLL_MS), contenders, ledAtMs);
        },
      ),
      { numRuns: 300, ...seed },
    );
  });
});
