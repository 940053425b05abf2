/**
 * The demo's import, through the importer of the library: the bundled presets or any real ones. It is given its
 * presets a little slower than it could take them, so that a progress bar and eight lanes can be watched.
 */

import { setTimeout } from 'node:timers/promises';

import { importPresets } from '../../library/exchange/import-presets.js';
import { readPresets } from '../../library/exchange/read-presets.js';
import type { PresetReading } from '../../library/exchange/read-presets.js';
import type { Library } from '../../library/index.js';
import { machineMs } from './machine-clock.js';
import type { ImportAnswer, PresetSource } from './messages.js';
import { presetLibrary } from './preset-library.js';

/** How much longer the whole import takes for being watched. */
const WATCHING_MS = 900;
/** After so many presets it pauses. */
const PACE_PRESETS = 32;

export async function importSource(
  library: Library<unknown>,
  source: PresetSource,
  onProgress: (done: number, total: number) => void,
): Promise<ImportAnswer> {
  const readings = await readingsOf(source);
  const total = readings.filter(({ kind }) => kind === 'preset').length;
  onProgress(0, total);
  const startedAtMs = machineMs();
  const report = await importPresets(library, paced(readings), { source: 'factory', onProgress: ({ read }) => onProgress(read, total) });
  return {
    read: report.read,
    added: report.added,
    problems: report.problems.map(({ file, line, cause }) => `${file}${line === undefined ? '' : `:${line}`}: ${cause}`),
    tookMs: machineMs() - startedAtMs,
  };
}

async function readingsOf(source: PresetSource): Promise<PresetReading[]> {
  if (source.kind === 'paths') {
    const readings: PresetReading[] = [];
    for await (const reading of readPresets(source.paths)) readings.push(reading);
    return readings;
  }
  return presetLibrary(source.seed).map(({ engine, params, ...fields }) => {
    const body = { engine, params };
    return { kind: 'preset', entry: { ...fields, body }, text: Buffer.from(JSON.stringify({ ...fields, body })), file: 'bundled library' };
  });
}

async function* paced(readings: readonly PresetReading[]): AsyncGenerator<PresetReading> {
  const pauseMs = WATCHING_MS / Math.ceil(readings.length / PACE_PRESETS);
  for (const [index, reading] of readings.entries()) {
    if (index > 0 && index % PACE_PRESETS === 0) await setTimeout(pauseMs);
    yield reading;
  }
}
