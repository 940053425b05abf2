/** What a store takes on disk: after an hour of edits, after real editing sessions, after knob automation; as it lies there, and compacted. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bytesIn } from '../harness/folder-bytes.mjs';
import { startGroup } from '../harness/groups.mjs';
import { OURS } from '../harness/rows.mjs';
import { figure } from '../report/text.mjs';

const DATA = fileURLToPath(new URL('../../../shared/data/editing-traces/sequential_traces', import.meta.url));
const TRACES = ['automerge-paper', 'rustcode', 'sveltecomponent'];

export const disk = {
  name: 'disk',
  title: 'Size on disk',
  sizes: { presets: 1000, edits: 3600, transactions: 300_000, knobSeconds: 600 },
  smoke: { presets: 20, edits: 10, transactions: 100, knobSeconds: 1 },
  async measure({ start, place, sizes: { presets, edits, transactions, knobSeconds } }) {
    const rows = [];
    const notes = [];
    const look = async (what, work) => {
      const { path, env } = place();
      const { sides } = await startGroup(OURS, { start, place: () => ({ env }), processes: 2 });
      const [writing, editing] = sides;
      await work(editing);
      await editing.ask('flush', { count: 1 });
      const lying = bytesIn(path);
      const stateBytes = await writing.ask('compact');
      const compacted = bytesIn(path);
      rows.push({
        what,
        told: {
          ours: `${figure(lying, 'bytes')}; compacted ${figure(compacted, 'bytes')}`,
          beside: `the whole state as one update of Yjs ${figure(stateBytes, 'bytes')}`,
        },
        bars: [],
      });
      for (const side of sides) await side.kill();
    };
    await look(
      `an hour of edits, one a second: ${edits.toLocaleString('en')} in a library of ${presets.toLocaleString('en')}`,
      async (side) => {
        await side.ask('fill', { presets });
        await side.ask('edit', { presets, edits });
      },
    );
    for (const trace of TRACES) {
      const file = join(DATA, `${trace}.json.gz`);
      if (existsSync(file)) await look(`the editing trace ${trace}`, (side) => side.ask('trace', { file, transactions }));
      else notes.push(`the editing trace ${trace} is not here: skipped`);
    }
    await look(`${Math.round(knobSeconds / 60)} minutes of knob automation, 4 knobs, 60 moves a second, a gesture a second`, (side) =>
      side.ask('automate', { seconds: knobSeconds }),
    );
    return { rows, notes };
  },
};
