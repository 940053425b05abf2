// @ts-check
/**
 * `npm run check`: everything that can be said about the code without running it. All steps run, also after one has failed;
 * only those that failed show what they said. Changes no file.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packed = mkdtempSync(join(tmpdir(), 'socomm-check-'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tarball = join(packed, `socomm-${version}.tgz`);

/** Types that tests import come from the build, and the packed package too: it comes first. */
const first = [['build', 'node scripts/build.mjs']];
/** Then two at a time, about as long as each other; within a lane the order matters. */
const lanes = [
  [
    ['format', 'oxfmt --check'],
    ['lint', 'oxlint'],
    ['unused code', 'knip'],
    ['licences', 'node scripts/third-party.mjs --check'],
  ],
  [
    ['types', 'tsc'],
    ['pack', `npm pack --ignore-scripts --silent --pack-destination "${packed}"`],
    ['publint', `publint run "${tarball}" --strict`],
    ['attw', `attw "${tarball}" --profile node16 --no-emoji --format table-flipped`],
  ],
];

let failures = 0;
try {
  await inTurn(first);
  await Promise.all(lanes.map(inTurn));
} finally {
  rmSync(packed, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

/** @param {readonly (readonly string[])[]} steps */
async function inTurn(steps) {
  for (const [name = '', command = ''] of steps) {
    const start = performance.now();
    const { code, output } = await run(command);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`);
    if (code === 0) continue;
    failures += 1;
    console.log(`\n$ ${command.replaceAll(packed, '<tmp>')}\n${output}`);
  }
}

/**
 * @param {string} command
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run(command) {
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  return new Promise((resolve, reject) => {
    const child = spawn(command, { cwd: root, shell: true, env: { ...process.env, PATH: path }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
