/**
 * The engine under whatever may happen to it. What must hold after each step stands in small-world.ts; here are the courses of events.
 * A failure prints its seed: `FC_SEED=<seed> npx vitest run test/engine/properties.test.ts` goes the same way again.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MAIN } from './scene.js';
import { absurdLife, carryOut, honestLife } from './commands.js';
import type { Command } from './commands.js';
import { MEMORY, OTHER, SmallWorld, areEqual, sameTrace } from './small-world.js';

const seed = process.env['FC_SEED'] === undefined ? {} : { seed: Number(process.env['FC_SEED']) };
const RUNS = Number(process.env['FC_RUNS'] ?? 1000);

/** Two or three engines that have met; the first holds the store. */
function begin(count: number, options?: { readonly isHonest: boolean }): SmallWorld {
  const world = new SmallWorld(count, options);
  const [first] = world.ids;
  if (first !== undefined) {
    world.feed(first, { kind: 'role', term: 1, isTakingOver: false });
    world.feed(first, { kind: 'document-loaded', document: MAIN });
  }
  for (const id of world.ids) world.meet(id);
  return world;
}

function live(world: SmallWorld, commands: readonly Command[]): SmallWorld {
  for (const command of commands) carryOut(world, command);
  return world;
}

/** All that is under way arrives, and time passes, until everybody has nothing left to ask; how long that took. */
function comeToRest(world: SmallWorld): number {
  const isQuiet = (): boolean =>
    world.underway.length === 0 &&
    [...world.engines.values()].every(({ documents }) =>
      [...documents.values()].every(({ doubts, catchUp, replica }) => doubts.size === 0 && catchUp === undefined && !replica.hasPending()),
    );
  const isAtRest = (): boolean =>
    isQuiet() && [MAIN, OTHER, MEMORY].every((document) => areEqual(world, document)) && isEverythingKept(world) && isMemorySynced(world);
  const start = world.now;
  for (let round = 0; round < 1500 && !isAtRest(); round++) {
    if (round % 10 === 0) for (const id of world.ids) world.meet(id);
    for (let budget = 400; budget > 0 && world.underway.length > 0; budget--) world.deliver(0);
    world.wait(100);
  }
  expect(isAtRest()).toBe(true);
  return world.now - start;
}

/** Whatever somebody has open, the writer that everybody follows has open too, and knows of it. */
function isEverythingKept({ engines }: SmallWorld): boolean {
  return [...engines.values()].every(({ self, writer, documents }) => {
    const office = writer === undefined ? undefined : engines.get(writer.id);
    if (office === undefined || office.self === self || office.writer?.id !== office.self || !documents.has(OTHER)) return true;
    return office.documents.has(OTHER) && office.holders.get(OTHER)?.has(self) === true;
  });
}

/** What is in no store is the whole when all have been asked. */
function isMemorySynced({ engines }: SmallWorld): boolean {
  return [...engines.values()].every(({ documents }) => documents.get(MEMORY)?.isSynced !== false);
}

const counts = fc.integer({ min: 2, max: 3 });

describe('the engine', () => {
  it('keeps order, limits and time whatever it is told, by whomever', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(counts, absurdLife, (count, commands) => void live(begin(count), commands)),
      { numRuns: RUNS, ...seed },
    );
  });

  it('does the same when it is told the same', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(counts, absurdLife, (count, commands) => {
        expect(sameTrace(live(begin(count), commands), live(begin(count), commands))).toBe(true);
      }),
      { numRuns: RUNS / 4, ...seed },
    );
  });

  it(
    'brings honest replicas together and never claims what it has not, whatever was lost, doubled, delayed and reordered',
    { timeout: 60_000 },
    () => {
      fc.assert(
        fc.property(counts, honestLife, (count, commands) => void comeToRest(live(begin(count, { isHonest: true }), commands))),
        { numRuns: RUNS, ...seed },
      );
    },
  );
});
