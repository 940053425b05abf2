/** Trial loads of snapshots: in a worker where they are big, and whatever becomes of that worker. The workers of both builds are those in dist/. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';

import { afterAll, describe, expect, test } from 'vitest';
import * as Y from 'yjs';

import { systemClock } from '../../src/base/clock.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { digestOf } from '../../src/replica/digest.js';
import { structsOf } from '../../src/replica/struct-count.js';
import { TRIAL_IN_WORKER_BYTES_MIN, TRIAL_MS_MAX, tryOut } from '../../src/replica/trial.js';
import type { Trial, TrialOptions, TrialTask } from '../../src/replica/trial.js';
import { PACKAGE_VERSION } from '../../src/version.js';

const ROOT = join(import.meta.dirname, '../..');
const built = (build: string): string => join(ROOT, 'dist', build, 'src', 'replica', 'trial-worker.js');
const folder = mkdtempSync(join(tmpdir(), 'socomm-trial-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bigDocument(): Trial {
  const doc = new Y.Doc();
  doc.getMap('map').set('big', 'b'.repeat(TRIAL_IN_WORKER_BYTES_MIN + 100));
  doc.getMap('map').set('small', 1);
  doc.getMap('map').delete('small');
  return { state: Y.encodeStateAsUpdateV2(doc), digest: digestOf(doc), structs: structsOf(doc) };
}

const trial = bigDocument();

function attempt(change: Partial<Trial> = {}, options: Partial<TrialOptions> = {}): Promise<boolean> {
  return tryOut({ ...trial, ...change }, { clock: systemClock, signal: new AbortController().signal, ...options });
}

/** All that the worker says until it ends. */
function answersOf(file: string, task: TrialTask | null): Promise<unknown[]> {
  const running = new Worker(file, { workerData: task });
  const answers: unknown[] = [];
  running.on('message', (answer) => void answers.push(answer));
  return new Promise((resolve, reject) => void running.once('error', reject).once('exit', () => resolve(answers)));
}

let count = 0;
function worker(source: string): string {
  const file = join(folder, `worker-${++count}.mjs`);
  writeFileSync(file, `import { parentPort } from 'node:worker_threads';\n${source}\n`);
  return file;
}

describe.each(['esm', 'cjs'])('the worker of the %s build', (build) => {
  const workerFile = built(build);

  test('is there', () => {
    expect(existsSync(workerFile)).toBe(true);
  });

  test('finds that a snapshot gives back what it was taken of, and what does not', async () => {
    expect(await attempt({}, { workerFile })).toBe(true);
    expect(await attempt({ digest: 'another' }, { workerFile })).toBe(false);
    expect(await attempt({ state: trial.state.subarray(0, -1) }, { workerFile })).toBe(false);
    const empty = new Uint8Array(TRIAL_IN_WORKER_BYTES_MIN);
    expect(await attempt({ state: empty }, { workerFile })).toBe(false);
  });

  test('does itself what its own version asks, and leaves alone what another one does, or nobody', async () => {
    const asked: readonly (TrialTask | null)[] = [
      { ...trial, trialOf: PACKAGE_VERSION },
      { ...trial, digest: 'another', trialOf: PACKAGE_VERSION },
      { ...trial, trialOf: '0.0.0' },
      null,
    ];
    expect(await Promise.all(asked.map((task) => answersOf(workerFile, task)))).toEqual([
      ['begun', 'faithful'],
      ['begun', 'unfaithful'],
      [],
      [],
    ]);
  });

  test('is found by its own build', async () => {
    const script = build === 'esm' ? 'script.mjs' : 'script.cjs';
    const module = join(ROOT, 'dist', build, 'src', 'replica', 'trial-file.js');
    const load = build === 'esm' ? `await import(${JSON.stringify(pathToFileURL(module).href)})` : `require(${JSON.stringify(module)})`;
    writeFileSync(join(folder, script), `const { trialWorkerFile } = ${load};\nconsole.log(trialWorkerFile());\n`);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, script)]);
    expect(stdout.trim()).toBe(workerFile);
  });
});

describe('the trial is made without a worker', () => {
  test('where its file is missing', async () => {
    const workerFile = join(folder, 'nowhere.js');
    expect(await attempt({}, { workerFile })).toBe(true);
    expect(await attempt({ digest: 'another' }, { workerFile })).toBe(false);
  });

  test('where it cannot even begin', async () => {
    const workerFile = worker(`await import('no-such-package');`);
    expect(await attempt({}, { workerFile })).toBe(true);
    expect(await attempt({ digest: 'another' }, { workerFile })).toBe(false);
  });

  test('where the snapshot is small', async () => {
    const doc = new Y.Doc();
    doc.getMap('map').set('a', 1);
    const small = { state: Y.encodeStateAsUpdateV2(doc), digest: digestOf(doc) };
    expect(await attempt(small, { workerFile: worker(`parentPort.postMessage('unfaithful');`) })).toBe(true);
  });
});

describe('a snapshot does not count as readable', () => {
  // Many at once: what a worker said and how it ended come by two ports, in an order of their own each time.
  test.each([
    ['throws', `parentPort.postMessage('begun'); throw new Error('these bytes');`],
    ['ends', `parentPort.postMessage('begun'); process.exit(3);`],
  ])('when the worker %s over it', async (_, source) => {
    const workerFile = worker(source);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => attempt({}, { workerFile })));
    expect(outcomes).toEqual(outcomes.map(() => false));
  });

  test('when the worker comes to no end, which is then made for it', async () => {
    const clock = new VirtualClock();
    const hanging = attempt({}, { clock, workerFile: worker(`for (;;);`) });
    await clock.advance(TRIAL_MS_MAX);
    expect(await hanging).toBe(false);
    expect(clock.pendingCount).toBe(0);
  });

  test('when the trial is called off, before it began or in the middle', async () => {
    const ending = new AbortController();
    const hanging = attempt({}, { signal: ending.signal, workerFile: worker(`for (;;);`) });
    ending.abort();
    expect(await hanging).toBe(false);
    expect(await attempt({}, { signal: ending.signal, workerFile: built('esm') })).toBe(false);
  });
});

test('a trial under way does not keep a process alive', async () => {
  const script = join(folder, 'alive.mjs');
  const modules = join(ROOT, 'dist', 'esm', 'src');
  const hanging = worker(`for (;;);`);
  writeFileSync(
    script,
    `import { tryOut } from ${JSON.stringify(pathToFileURL(join(modules, 'replica', 'trial.js')).href)};
const clock = { after: (ms, call) => { const timer = setTimeout(call, ms).unref(); return () => clearTimeout(timer); } };
const state = new Uint8Array(${TRIAL_IN_WORKER_BYTES_MIN});
void tryOut({ state, digest: '', structs: 1 }, { clock, signal: new AbortController().signal, workerFile: ${JSON.stringify(hanging)} });
console.log('over');
`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 20_000 });
  expect(stdout).toBe('over\n');
});
