/**
 * What people really typed together, once more over ZeroMQ: one process per agent, each writing only when its replica holds what
 * the transaction builds on. The traces lie beside the checkout; where they are missing, nothing is tested and that is said.
 */

import { describe, expect, test } from 'vitest';

import { Stage, allAt } from './traces-players.js';
import { replay } from './traces-replay.js';
import { missingTraces, readTrace, writeScripts } from './traces-script.js';

const CONCURRENT = [
  { name: 'concurrent_traces/friendsforever', faults: { victim: 0, sides: [[0], [1]] } },
  { name: 'concurrent_traces/clownschool', faults: { victim: 2, sides: [[0], [1, 2]] } },
] as const;
const SEQUENTIAL = 'sequential_traces/sveltecomponent';

const missing = missingTraces(SEQUENTIAL, ...CONCURRENT.map(({ name }) => name));

describe.skipIf(missing.length > 0)(`real editing${missing.length > 0 ? ` (skipped: ${missing.join(', ')} missing)` : ''}`, () => {
  test.each(CONCURRENT)('ends in the same text in every process, whatever is killed and cut: $name', { timeout: 240_000 }, async (each) => {
    console.log(`${each.name}: ${await replay(readTrace(each.name), each.faults)}`);
  });

  test('by one is followed to the last character by another', { timeout: 240_000 }, async () => {
    const trace = readTrace(SEQUENTIAL);
    const scripts = writeScripts(trace);
    expect(scripts.text).toBe(trace.endContent);
    const stage = new Stage();
    const author = await stage.enter(scripts.agents[0]);
    const follower = await stage.enter();
    const start = performance.now();
    await author.play();
    await allAt([author, follower], [author.count, 0], 60_000);
    console.log(`${SEQUENTIAL}: ${author.count} transactions in ${((performance.now() - start) / 1000).toFixed(1)} s`);
    expect(await follower.text()).toBe(trace.endContent);
    expect(await author.text()).toBe(trace.endContent);
  });
});
