/**
 * Proof 6: each kind of file of a store, with each of its regions flipped, cut at several places, removed.
 * Never silently wrong, never silently empty, and nothing that was still there is deleted.
 */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import { NUMBERS, filesIn, findAfter, kindOf, listHarms, makeModel } from './damaged-files.js';
import type { Harm } from './damaged-files.js';
import { makeTemporaryDirectory } from './temporary.js';

/** More of them: `SOCOMM_SEED=… SOCOMM_FLIPS=200 SOCOMM_CUTS=50 npx vitest run test/storage/damaged-files.test.ts`. */
const seed = Number(process.env['SOCOMM_SEED'] ?? 6);
const flips = Number(process.env['SOCOMM_FLIPS'] ?? 8);
const cuts = Number(process.env['SOCOMM_CUTS'] ?? 4);

const LEVEL_KINDS = ['.ldb', '.log', 'CURRENT', 'MANIFEST'];
const KINDS = [...LEVEL_KINDS, 'checkpoint.socomm', 'owner.json', 'owner.lock', 'spill.socomm', 'store.json'];

for (const isClean of [true, false]) {
  describe(isClean ? 'a store that was closed in order' : 'a store whose writer was killed', () => {
    let model = '';
    let copy = '';
    let harms: readonly Harm[] = [];

    beforeAll(async () => {
      const directory = await makeTemporaryDirectory();
      model = join(directory, 'model');
      copy = join(directory, 'copy');
      await mkdir(model);
      await makeModel(model, isClean);
      harms = await listHarms(model, seed, { flips, cuts });
      return () => rm(directory, { recursive: true, force: true });
    });

    test('is sound, and has files of every kind', async () => {
      const kinds = new Set((await filesIn(model)).map(kindOf));
      expect([...kinds].sort()).toEqual(KINDS);
      const sound = await findAfter(model, copy, { file: 'owner.lock', what: 'nothing', apply: async () => undefined });
      expect(sound).toEqual({ told: [], missing: [], wrong: [], deleted: [], isRefused: false });
    });

    for (const kind of isClean ? KINDS : LEVEL_KINDS) {
      test(`with ${kind} changed, cut or removed tells of it, or returns everything as it was`, async () => {
        let told = 0;
        let ends = 0;
        const failures: string[] = [];
        const chosen = harms.filter(({ file }) => kindOf(file) === kind);
        for (const harm of chosen) {
          const found = await findAfter(model, copy, harm);
          // After a crash a lost end of the log, and a last record that does not verify, are like one that was never written.
          const isAtEnd = harm.what.startsWith('cut') || found.missing.length === 1;
          const isLostEnd = !isClean && kind === '.log' && isAtEnd && found.told.length === 0 && isEnd(found.missing);
          const silent = found.told.length === 0 && !isLostEnd ? found.missing : [];
          const deleted = isLostEnd ? [] : found.deleted;
          for (const [what, list] of Object.entries({ 'silently missing': silent, wrong: found.wrong, deleted })) {
            if (list.length > 0) failures.push(`${harm.file} ${harm.what}: ${what}: ${list.join(', ')}; told: ${found.told.join(' | ')}`);
          }
          // All that was written lies in tables and a log, whatever says which of them count.
          const isWhole = !found.isRefused && found.missing.length === 0;
          if ((kind === 'CURRENT' || kind === 'MANIFEST') && !isWhole)
            failures.push(`${harm.file} ${harm.what}: not mended: ${found.told.join(' | ')}`);
          if (found.told.length > 0) told++;
          else if (found.missing.length > 0) ends++;
        }
        const rest = chosen.length - told - ends;
        console.log(
          `${kind}: ${chosen.length} harms of seed ${seed}: ${told} told, ${rest} without effect, ${ends} lost ends after a crash`,
        );
        expect(failures).toEqual([]);
      });
    }
  });
}

/** Nothing is missing in the middle of a document. */
function isEnd(missing: readonly string[]): boolean {
  return Object.entries(NUMBERS).every(([name, count]) => {
    const lost = missing.filter((each) => each.startsWith(`${name} `)).length;
    return Array.from({ length: lost }, (_, index) => `${name} ${count - index}`).every((each) => missing.includes(each));
  });
}
