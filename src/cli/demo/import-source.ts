/**
 * The demo's import, through the importer of the command line: the bundled library or any real one. It is given its
 * presets a little slower than it could take them, so that a progress bar and eight lanes can be watched.
 */

import { setTimeout } from 'node:timers/promises';

import type { Instance } from '../../index.js';
import { SLICE_PRESETS_MAX } from '../limits.js';
import { importPresets } from '../presets/import.js';
import { readPresets } from '../presets/read.js';
import type { PresetReading } from '../presets/read.js';
import { machineMs } from './machine-clock.js';
import type { ImportAnswer, PresetSource } from './messages.js';
import { presetLibrary } from './preset-library.js';

/** How much longer the whole import takes for being watched. */
const WATCHING_MS = 900;

export async function importSource(
  instance: Instance,
  source: PresetSource,
  onProgress: (done: number, total: number) => void,
): Promise<ImportAnswer> {
  const readings = await readingsOf(source);
  const total = readings.filter(({ kind }) => kind === 'preset').length;
  onProgress(0, total);
  const startedAtMs = machineMs();
  const report = await importPresets(instance, paced(readings), { onProgress: ({ read }) => onProgress(read, total) });
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
  return presetLibrary(source.seed).map(({ id, ...value }) => ({
    kind: 'preset',
    id,
    value,
    file: 'bundled library',
    bytes: JSON.stringify(value).length,
  }));
}

async function* paced(readings: readonly PresetReading[]): AsyncGenerator<PresetReading> {
  const pauseMs = WATCHING_MS / Math.ceil(readings.length / SLICE_PRESETS_MAX);
  for (const [index, reading] of readings.entries()) {
    if (index > 0 && index % SLICE_PRESETS_MAX === 0) await setTimeout(pauseMs);
    yield reading;
  }
}
