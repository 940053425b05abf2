/**
 * `npm run bench -- scale [rows] [--name=value]`: many instances, many processes, large libraries, each beside its yardstick in the same run. Bars are
 * the issue's, and printed as met or MISSED; with one missed the command ends with 1. Method and the last run: bench/README.md.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

import { rows } from './scale/rows.mjs';
import { prepareLibrary } from './scale/stores.mjs';

const SIZES = {
  presets: 10_000,
  seed: 1,
  instances: 300,
  processes: 40,
  coldRounds: 1,
  settleMs: 5000,
  idleSeconds: 20,
  rounds: 7,
  imported: 3482,
  knobSeconds: 3600,
  knobInstances: 40,
  gestures: 9000,
  restMs: 2500,
};

/** `given`: names of rows (all where there is none), `--<size>=<number>`, and `--folder=<path>`, where the library is kept for the next time. */
export async function scale(given) {
  const { chosen, sizes, kept } = read(given);
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'socomm-s-'));
  let isMet = true;
  try {
    const library = await prepareLibrary(folder, sizes);
    console.log(
      `Node ${process.version}, ${process.platform}-${process.arch}, ${cpus().length} cores; the document of ${sizes.presets.toLocaleString('en')} presets has ${(library.bytes / 1e6).toFixed(2)} MB\n`,
    );
    for (const name of chosen) {
      for (const line of await rows[name]({ library, folder, sizes })) {
        console.log(textOf(line));
        isMet &&= line.isMet;
      }
    }
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  }
  return isMet;
}

function read(given) {
  const sizes = { ...SIZES };
  let kept;
  const chosen = [];
  for (const word of given) {
    const [, name, value] = /^--(\w+)=(.*)$/.exec(word) ?? [];
    if (name === 'folder') kept = value;
    else if (name !== undefined && name in sizes && Number(value) > 0) sizes[name] = Number(value);
    else if (word in rows) chosen.push(word);
    else
      throw new TypeError(
        `'${word}' is none of the rows ${Object.keys(rows).join(', ')}, nor one of --folder= --${Object.keys(sizes).join('= --')}=`,
      );
  }
  return { chosen: chosen.length > 0 ? chosen : Object.keys(rows), sizes, kept };
}

function textOf({ what, ours, beside, bar, isMet }) {
  const verdict = bar === '' ? '' : `\n  bar     ${bar}: ${isMet ? 'met' : 'MISSED'}`;
  return `${what}\n  socomm  ${ours}${beside === '' ? '' : `\n  beside  ${beside}`}${verdict}`;
}
