/** docs/LIMITS.md says of each limit what it is: a limit that is added, removed or changed must be changed there too. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as limits from '../../sync/limits.js';

const text = readFileSync(new URL('../../docs/LIMITS.md', import.meta.url), 'utf8');
/** Further parts of the library have sections of their own. */
const section = text.split(/^## /m).find((part) => part.startsWith('The protocol\n')) ?? '';
/** The rows of its tables by the limit's name: value, why, and what happens beyond. */
const rows = new Map([...section.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name, cells]) => [name, cells?.split(' | ') ?? []]));

describe('docs/LIMITS.md', () => {
  it.each(Object.entries(limits).filter(isNumber))('says what %s is, why, and what happens beyond it', (name, value) => {
    const [stated = '', why = '', beyond = '', ...more] = rows.get(name) ?? [];
    const [number, unit] = stated.split(' ');
    expect(number).toBe(value.toLocaleString('en-US'));
    expect(unit).toBe(unitOf(name));
    expect(more).toEqual([]);
    expect(Math.min(why.length, beyond.length)).toBeGreaterThan(10);
  });

  it('names no limit of the protocol that is not there', () => {
    expect([...rows.keys()].filter((name) => !Object.hasOwn(limits, String(name)))).toEqual([]);
  });
});

function isNumber(entry: [string, unknown]): entry is [string, number] {
  return typeof entry[1] === 'number';
}

function unitOf(name: string): 'bytes' | 'ms' | undefined {
  if (name.endsWith('_MS')) return 'ms';
  return name.split('_').includes('BYTES') ? 'bytes' : undefined;
}
