/** The programs in examples/ do what they say: each is run by plain Node, as its reader would, in a group of its own. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { build } from '../../scripts/build.mjs';
import { root } from '../tidy/source.js';

const run = promisify(execFile);

/** What each prints, in full. */
const outputs: Readonly<Record<string, string>> = {
  'first-program.mjs': '1 preset on disk, written under term 1\n',
  'transport-clock.mjs': [1, 2].flatMap((bar) => [1, 2, 3, 4].map((beat) => `${bar}.${beat} at 120 bpm\n`)).join(''),
  'spectrum-meters.mjs': 'the last of 600 spectra is shown, after fewer than 200 redraws\nmeters left: 0\n',
  'ask-for-analysis.mjs': "{ key: 'D major' }\n25 %\n50 %\n75 %\n100 %\nrefused: NO_NOTES, there are no notes\n",
  'send-sample.mjs': '200 MB received, the same\n',
  'worker.mjs': 'Warm Pad is in D minor\n',
  'knob-gesture.mjs': 'the other side saw it move: true; then it stood at 0.8\none undo, and it stands at 0.2\n',
};

beforeAll(async () => {
  expect((await build()).errors).toBe('');
}, 120_000);

describe('examples', () => {
  test('are all run here', () => {
    const programs = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.mjs'));
    expect(programs.toSorted()).toEqual(Object.keys(outputs).toSorted());
  });

  test.each(Object.entries(outputs))('%s does what it says', { timeout: 60_000 }, async (name, output) => {
    const folder = mkdtempSync(join(tmpdir(), 'socomm-x-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const env = { ...process.env, SOCOMM_DIRECTORY: join(folder, 'stores'), SOCOMM_RUNTIME_DIRECTORY: join(folder, 'run') };
    const { stdout, stderr } = await run(process.execPath, [join(root, 'examples', name)], { env });
    expect(stdout).toBe(output);
    expect(stderr).toBe('');
  });
});
