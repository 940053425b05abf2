/** The programs in examples/codecs do what they say: each is run by plain Node, as its reader would, in a group of its own. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { build } from '../../scripts/build.mjs';
import { root } from '../tidy/source.js';

const run = promisify(execFile);
const folder = join(root, 'examples', 'codecs');

const outputs: Readonly<Record<string, string>> = {
  'messagepack.mjs': 'pitch 60 at 1970-01-01T00:00:00.000Z, and 2 bytes\n',
  'protobuf.mjs': 'pitch 60, velocity 0.5\n',
};

beforeAll(async () => {
  expect((await build()).errors).toBe('');
}, 120_000);

describe('examples/codecs', () => {
  test('are all run here', () => {
    expect(readdirSync(folder).toSorted()).toEqual(Object.keys(outputs).toSorted());
  });

  test.each(Object.entries(outputs))('%s does what it says', { timeout: 60_000 }, async (name, output) => {
    const place = mkdtempSync(join(tmpdir(), 'socomm-x-'));
    onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const env = { ...process.env, SOCOMM_DIRECTORY: join(place, 'stores'), SOCOMM_RUNTIME_DIRECTORY: join(place, 'run') };
    const { stdout, stderr } = await run(process.execPath, [join(folder, name)], { env });
    expect(stdout).toBe(output);
    expect(stderr).toBe('');
  });
});
