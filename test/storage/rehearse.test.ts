/** A rehearsal does all that a takeover does, and leaves nothing behind. */

import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { openDatabase } from '../../storage/level-open.js';
import { REHEARSAL_LEFT_AFTER_MS, rehearseTakeover } from '../../storage/rehearse.js';
import { levelStoreOptions, temporaryDirectory } from './temporary.js';

async function options(directory: string) {
  return { ...(await levelStoreOptions(directory)), directory: () => directory };
}

const NEVER = new AbortController().signal;

describe('a rehearsed takeover', () => {
  it('makes a store, finds its log, finds a table, and leaves nothing', async () => {
    const directory = await temporaryDirectory();
    const found: string[] = [];
    const open: typeof openDatabase = async (location, presence) => {
      const names = presence === 'absent' ? [] : await readdir(location);
      found.push([presence, ...names.flatMap((name) => /\.(?:log|ldb)$/.exec(name) ?? [])].join(' '));
      return openDatabase(location, presence);
    };
    expect(await rehearseTakeover({ ...(await options(directory)), open }, NEVER)).toBe(true);
    expect(found).toEqual(['absent', 'present .log', 'present .ldb .log']);
    expect(await readdir(directory)).toEqual([]);
  });

  it('stops when it is told to, and leaves nothing', async () => {
    const directory = await temporaryDirectory();
    const ending = new AbortController();
    let openings = 0;
    const open: typeof openDatabase = (location, presence) => {
      openings++;
      ending.abort();
      return openDatabase(location, presence);
    };
    expect(await rehearseTakeover({ ...(await options(directory)), open }, ending.signal)).toBe(false);
    expect([openings, await readdir(directory)]).toEqual([1, []]);
  });

  it('that cannot be is none, and no error', async () => {
    const directory = await temporaryDirectory();
    expect(await rehearseTakeover(await options(join(directory, 'missing')), NEVER)).toBe(false);
    const open = (): Promise<never> => Promise.reject(new Error('no space left'));
    expect(await rehearseTakeover({ ...(await options(directory)), open }, NEVER)).toBe(false);
    expect(await readdir(directory)).toEqual([]);
  });

  it('clears away what a killed process has left of one, and nothing that somebody may be using', async () => {
    const directory = await temporaryDirectory();
    for (const name of ['rehearsal-old', 'rehearsal-young', 'else']) await mkdir(join(directory, name));
    const longAgo = new Date(Date.now() - 2 * REHEARSAL_LEFT_AFTER_MS);
    for (const name of ['rehearsal-old', 'else']) await utimes(join(directory, name), longAgo, longAgo);
    expect(await rehearseTakeover(await options(directory), NEVER)).toBe(true);
    expect((await readdir(directory)).toSorted()).toEqual(['else', 'rehearsal-young']);
  });
});
