/** An import of thousands while two others edit; and an idle process, which says what the machine did to loops at that time. */

import { closeSides, withSides } from './sides.mjs';
import { freshPlace, importFile, smallLibrary } from './stores.mjs';

const SLICE_MS_MAX = 16;
const EDIT_EVERY_MS = 20;
const EDITED_PRESETS = 762;

export async function importing({ folder, sizes }) {
  const { env } = freshPlace(folder);
  const file = importFile(folder, sizes.imported);
  return withSides(async (start) => {
    const [first, second, importer] = ['library-side', 'library-side', 'library-side'].map((name) => start(name, { env }));
    const idle = start('idle-side');
    const all = [first, second, importer];
    for (const side of all) await side.ask('open');
    await first.ask('import', { file: smallLibrary(folder, Math.min(EDITED_PRESETS, sizes.imported)) });
    await first.ask('flush');
    for (const [name, side] of Object.entries({ first, second })) await side.ask('edit', { everyMs: EDIT_EVERY_MS, name });
    await idle.ask('begin');
    const report = await importer.ask('import', { file });
    const idled = await idle.ask('end');
    const edited = [await first.ask('stop'), await second.ask('stop')];
    await closeSides(all);
    if (report.added !== sizes.imported) throw new Error(`${report.added} of ${sizes.imported} were added`);
    const transactionMs = Math.max(report.transactionMs, ...edited.map((each) => each.transactionMs));
    const sliceMs = Math.max(report.longestSliceMs, transactionMs);
    const edits = edited.reduce((sum, each) => sum + each.edits, 0);
    return [
      {
        what: `${sizes.imported.toLocaleString('en')} presets imported, ${edits} edits by two others: longest slice`,
        ours: `${sliceMs.toFixed(1)} ms`,
        beside: `reading and checking ${report.longestSliceMs.toFixed(1)}, a transaction ${report.transactionMs.toFixed(1)}, at the others ${Math.max(...edited.map((each) => each.transactionMs)).toFixed(1)}; all in ${(report.ms / 1000).toFixed(1)} s`,
        bar: `at most ${SLICE_MS_MAX} ms`,
        isMet: sliceMs <= SLICE_MS_MAX,
      },
      {
        what: 'the loop was held, at most (99 %; times over 16 ms)',
        ours: `${gaps(report.loop)}; the others ${edited.map(({ loop }) => gaps(loop)).join(', ')}`,
        beside: `${gaps(idled)} in an idle process`,
        bar: '',
        isMet: true,
      },
    ];
  });
}

function gaps({ longestMs, p99Ms, over16 }) {
  return `${longestMs.toFixed(1)} ms (${p99Ms.toFixed(1)}; ${over16})`;
}
