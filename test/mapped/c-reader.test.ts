/** examples/mapped-reader.c, compiled and run beside a real instance: what native code reads of it. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MappedInspection } from '../../src/mapped/mapped-values.js';
import { ROOT } from '../process/members.js';
import { MappedPlace } from './mapped-place.js';
import type { MappedProcess } from './mapped-place.js';

const run = promisify(execFile);
const VALUES = 3000;
/** Of one program, should the writer be gone. */
const LIMIT_MS = 20_000;
/** About as slow as its writer, so that it is overtaken all the time. */
const slow = (turns: number): string => `-DBETWEEN_WORDS=for (volatile int i = 0; i < ${turns}; i++);`;

function hasCompiler(): boolean {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const isSkipped = process.platform !== 'linux' || !hasCompiler();

function compile(...flags: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-c-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'reader');
  execFileSync('gcc', ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', ...flags, join(ROOT, 'examples/mapped-reader.c'), '-o', program]);
  return program;
}

/** One that sets lists of one and the same number without a pause. */
async function spinning(): Promise<{ readonly setter: MappedProcess; readonly path: string }> {
  const setter = await new MappedPlace().start({ valueBytesMax: 256 });
  await setter.ask('set', { key: 'k', numbers: Array.from({ length: 32 }, () => 0) });
  const { path = '' } = await setter.ask<MappedInspection>('inspect');
  await setter.ask('spin', { key: 'k' });
  return { setter, path };
}

async function read(program: string, path: string, values: number): Promise<string[][]> {
  const { stdout } = await run(program, [path, 'levels', 'k', String(values)], { maxBuffer: 1 << 30, timeout: LIMIT_MS });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split(' '));
}

const isTorn = ([count, least, greatest]: readonly string[]): boolean => count !== '32' || least !== greatest;

describe.skipIf(isSkipped)('a reader in C (skipped without Linux and gcc)', () => {
  it('reads whole values only, of a writer that never pauses', async () => {
    const { path } = await spinning();
    const lines = await read(compile(), path, VALUES);
    expect(lines.filter(isTorn)).toEqual([]);
    expect(lines).toHaveLength(VALUES);
    expect((await read(compile(slow(20)), path, VALUES)).filter(isTorn)).toEqual([]);
  });

  it('would read parts of two, if it did not look whether it was overtaken', async () => {
    const { path } = await spinning();
    let isFoundOut = false;
    // Where the two take turns on one processor, only a slow reader is overtaken.
    for (let turns = 50; !isFoundOut && turns <= 50_000; turns *= 10)
      isFoundOut = (await read(compile(slow(turns), '-DUNCHECKED'), path, VALUES)).some(isTorn);
    expect(isFoundOut).toBe(true);
  });

  it('reads nothing of what is gone', async () => {
    const setter = await new MappedPlace().start();
    const program = compile();
    await setter.ask('set', { key: 'k', numbers: [0.25, 0.5] });
    const { path = '' } = await setter.ask<MappedInspection>('inspect');
    expect(await read(program, path, 1)).toEqual([['2', '0.25', '0.5']]);
    await setter.ask('delete', { key: 'k' });
    expect(await read(program, path, 1)).toEqual([['gone']]);
  });
});
