import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { runHere } from './in-process.js';
import { MAIN, Place } from './processes.js';

const isThere = existsSync('/dev/full');

describe.runIf(isThere)('standard output that cannot be written', () => {
  test.each([
    [['get', 'acme', '/a/b']],
    [['export', 'acme', '--format', 'json']],
    [['ls']],
    [['ls', '--json']],
    [['status', 'acme']],
    [['set', 'acme', '/a/b', '2']],
  ])('ends %j with 1 and says why', async (args) => {
    const place = new Place();
    expect(await runHere(place, 'set', 'acme', '/a/b', '1')).toMatchObject({ code: 0 });
    expect(await full(place, args)).toEqual({ code: 1, err: 'error: standard output cannot be written: ENOSPC\n' });
  });
});

/** Runs with a standard output that is always full. */
async function full(place: Place, args: readonly string[]): Promise<{ readonly code: number; readonly err: string }> {
  const out = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [MAIN, ...args], { env: place.environment(), stdio: ['ignore', out, 'pipe'] });
  closeSync(out);
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, err };
}
