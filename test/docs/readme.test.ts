/**
 * README.md does what it says: its blocks are run from top to bottom, in one empty folder beside the built package, as a reader would do.
 * What a block is for stands in the comment above it (blocks.ts). Programs run as they are printed, by plain Node.
 */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { build } from '../../scripts/build.mjs';
import { root } from '../tidy/source.js';
import { argumentOf, blocksOf } from './blocks.js';
import type { Block } from './blocks.js';

const run = promisify(execFile);
const blocks = blocksOf(readFileSync(join(root, 'README.md'), 'utf8'));
const code = blocks.filter(({ language }) => language !== 'text');
const folder = mkdtempSync(join(tmpdir(), 'socomm-readme-'));
const modules = join(folder, 'node_modules');
const env = {
  ...process.env,
  PATH: `${join(modules, '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
  SOCOMM_DIRECTORY: join(folder, 'stores'),
  SOCOMM_RUNTIME_DIRECTORY: join(folder, 'run'),
};

beforeAll(async () => {
  expect((await build()).errors).toBe('');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  mkdirSync(join(modules, '@types'));
  symlinkSync(root, join(modules, 'socomm'), 'dir');
  for (const name of ['yjs', '@types/node']) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir');
  symlinkSync('../socomm/dist/esm/src/cli/main.js', join(modules, '.bin', 'socomm'));
}, 120_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('README.md', () => {
  test('says of each block of code whether it is run', () => {
    expect(code.filter(({ directive }) => directive === undefined).map(({ line }) => line)).toEqual([]);
    expect(code.length).toBeGreaterThan(15);
  });

  test('has a first program of ten lines, which is also in examples', () => {
    const first = code.find((block) => argumentOf(block, 'file') !== undefined);
    expect(first?.text.trimEnd().split('\n')).toHaveLength(10);
    expect(readFileSync(join(root, 'examples/first-program.mjs'), 'utf8')).toBe(first?.text);
  });

  const inOrder = code.filter(({ directive = '' }) => !directive.startsWith('not run: '));
  test.each(inOrder.map((block) => [nameOf(block), block] as const))('works as printed: %s', { timeout: 60_000 }, async (_, block) => {
    const printed = await perform(block);
    const next = blocks[blocks.indexOf(block) + 1];
    if (next?.directive === 'output') expect(printed).toBe(next.text);
  });
});

function nameOf({ directive = '', text }: Block): string {
  return directive.startsWith('run') ? (text.split('\n')[0] ?? '') : directive;
}

/** What the block prints. Rejects where it fails. */
async function perform(block: Block): Promise<string> {
  const file = argumentOf(block, 'file') ?? argumentOf(block, 'stays');
  if (file !== undefined) writeFileSync(join(folder, file), block.text);
  if (argumentOf(block, 'stays') !== undefined) return '';
  if (file?.endsWith('.mts') === true) return check(file);
  if (file !== undefined) return isShownByShell(block) ? '' : (await run(process.execPath, [file], { cwd: folder, env })).stdout;
  const told = /^run, and (?<program>\S+) tells: (?<line>.+)$/.exec(block.directive ?? '')?.groups;
  if (told !== undefined) return beside(told['program'] ?? '', told['line'] ?? '', () => shell(block));
  expect(block.directive).toBe('run');
  return shell(block);
}

/** The first program is run by the block below it. */
function isShownByShell(block: Block): boolean {
  const next = blocks[blocks.indexOf(block) + 1];
  return next?.text.trim() === `node ${argumentOf(block, 'file') ?? ''}`;
}

async function shell({ text }: Block): Promise<string> {
  return (await run('bash', ['-euo', 'pipefail', '-c', text], { cwd: folder, env })).stdout;
}

/** Does something while a program that stays is running, waits for a line from that, and ends it by Ctrl-C. */
async function beside(program: string, line: string, act: () => Promise<string>): Promise<string> {
  const child = spawn(process.execPath, [program], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const printed = await act();
  expect((await lines.next()).value).toBe(line);
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  return printed;
}

async function check(file: string): Promise<string> {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2023,esnext.disposable',
  ];
  const { stdout } = await run(process.execPath, [tsc, '--ignoreConfig', ...options, '--types', 'node', file], { cwd: folder });
  return stdout;
}
