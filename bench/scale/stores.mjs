/** What the rows begin with: a store that holds the library, closed by whoever wrote it, and the bytes of its document. Each row gets a copy. */

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { libraryText } from './libraries.mjs';
import { closeSides, withSides } from './sides.mjs';

const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** `folder` keeps it: the same folder, given again, is not made again. */
export async function prepareLibrary(folder, { presets, seed }) {
  const prepared = join(folder, `library-${presets}-${seed}`);
  const told = join(prepared, 'told.json');
  if (!existsSync(told)) {
    mkdirSync(prepared, { recursive: true });
    const text = join(prepared, 'library.jsonl');
    writeFileSync(text, libraryText({ presets, seed, folder: DATA }));
    await withSides(async (start) => {
      const side = start('library-side', { env: environment(prepared) });
      await side.ask('open');
      const { problems } = await side.ask('import', { file: text });
      if (problems > 0) throw new Error(`${problems} of the generated presets could not be imported`);
      await side.ask('flush');
      const bytes = await side.ask('state', { file: join(prepared, 'state.bin') });
      await closeSides([side]);
      writeFileSync(told, JSON.stringify({ bytes, textBytes: readFileSync(text).length }));
    });
  }
  return { state: join(prepared, 'state.bin'), copy: () => copyOf(prepared, folder), ...JSON.parse(readFileSync(told, 'utf8')) };
}

let copies = 0;

function copyOf(prepared, folder) {
  const copy = join(folder, `copy-${process.pid}-${copies++}`);
  cpSync(join(prepared, 'stores'), join(copy, 'stores'), { recursive: true });
  return { env: environment(copy) };
}

/** A place of its own, with nothing in it. */
export function freshPlace(folder) {
  const place = join(folder, `place-${process.pid}-${copies++}`);
  mkdirSync(place, { recursive: true });
  return { place, env: environment(place) };
}

/** The file of real presets that is imported, or as many made ones. */
export function importFile(folder, presets) {
  const real = join(DATA, 'amsynth', 'amsynth-presets.jsonl.gz');
  if (presets === 3482 && existsSync(real)) return real;
  const made = join(folder, `import-${presets}.jsonl`);
  writeFileSync(made, libraryText({ presets, seed: 2, folder: DATA, prefix: 'i' }));
  return made;
}

/** What others edit meanwhile. */
export function smallLibrary(folder, presets) {
  const file = join(folder, `small-${presets}.jsonl`);
  writeFileSync(file, libraryText({ presets, seed: 3, folder: DATA, prefix: 's' }));
  return file;
}

function environment(folder) {
  return { SOCOMM_DIRECTORY: join(folder, 'stores'), SOCOMM_RUNTIME_DIRECTORY: join(folder, 'run') };
}
