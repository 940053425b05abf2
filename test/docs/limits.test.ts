/** Every limit stands in docs/LIMITS.md; those of the protocol are held there with their values by test/wire/limits.test.ts. */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(root, 'docs/LIMITS.md'), 'utf8');

/** A constant is a limit by its name. */
const LIMIT =
  /^(?:export )?const ([A-Z0-9_]+_(?:MAX|MIN|KEPT_MAX|FRAMES|POLL_MS|SILENCE_MS|FLUSH_MS|TRIES_MS|DOWN_MS|IDLE_MS|BEFORE_SNAPSHOT)) =/gm;

function limitsIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('cli/') && !name.startsWith('base/'))
    .flatMap((name) => [...readFileSync(join(root, folder, name), 'utf8').matchAll(LIMIT)].map(([, limit]) => String(limit)))
    .filter((limit) => !limit.startsWith('PROTOCOL_'));
}

it('docs/LIMITS.md names every limit of the library', () => {
  const limits = [...limitsIn('src'), ...limitsIn('sync'), ...limitsIn('talk'), ...limitsIn('storage')];
  expect(limits.length).toBeGreaterThan(40);
  expect(limits.filter((limit) => !text.includes(`\`${limit}\``))).toEqual([]);
});
