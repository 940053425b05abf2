/** Planted bugs can be planted: the sources that they change move on, and `npm run simulate:mutants` takes too long to notice it each time. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { MUTANTS } from '../../scripts/mutants.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('what a planted bug changes stands exactly once where it says', () => {
  const stale = MUTANTS.flatMap(({ name, file, find, also = [] }) =>
    [{ file, find }, ...also]
      .filter((edit) => readFileSync(join(root, edit.file), 'utf8').split(edit.find).length !== 2)
      .map((edit) => `${name}: ${edit.file}`),
  );
  expect(stale).toEqual([]);
});
