/** `importPresets()` of the libraries of real synthesizers, whole: read, checked, stored with their bodies, durable. Beside it, reading alone. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { alternate } from '../harness/figures.mjs';
import { OURS, row } from '../harness/rows.mjs';

const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const LIBRARIES = ['amsynth', 'helm', 'obxf'];
const LIMIT = 'unpacking and parsing alone';

export const importing = {
  name: 'import',
  title: 'Import of real libraries',
  sizes: { rounds: 2, presetsMax: 100_000 },
  smoke: { rounds: 0, presetsMax: 10 },
  async measure({ start, place, sizes: { rounds, presetsMax } }) {
    const rows = [];
    const notes = [];
    for (const name of LIBRARIES) {
      const file = join(DATA, name, `${name}-presets.jsonl.gz`);
      if (!existsSync(file)) {
        notes.push(`the presets of ${name} are not here: skipped`);
        continue;
      }
      let presets = 0;
      const once = async (task) => {
        const { path, env } = place();
        const side = start('sides/library.mjs', { env });
        const told = await side.ask(task, { file, presetsMax, folder: path });
        await side.ask('close');
        await side.kill();
        presets = told.presets;
        return told.ms;
      };
      const figures = await alternate({ [OURS]: () => once('import'), [LIMIT]: () => once('parse') }, rounds);
      rows.push(row(`importing ${presets.toLocaleString('en')} presets of ${name}`, 'ms', figures));
    }
    return { rows, notes: rows.length === 0 && notes.length === 0 ? ['nothing to import'] : notes };
  },
};
