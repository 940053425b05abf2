/** One follower imports the library; all eight have it. */

import { laneName } from './event-line.js';
import { PEERS } from './act-meeting.js';
import { areEqual, bare, describeDigests } from './stage.js';
import type { Stage } from './stage.js';

const CONVERGENCE_TIMEOUT_MS = 15_000;

export async function importLibrary(stage: Stage): Promise<void> {
  stage.begin('import');
  const { cast, options } = stage;
  // Not in the writer's process: the library should be seen to travel before it is written.
  const importer = cast.reports.find(({ player }) => player !== stage.writer()?.player) ?? cast.reports[0];
  if (importer === undefined) throw new Error('nobody is there to import');
  const player = cast.player(importer.player);
  const { read, added, problems, tookMs } = await player.ask({ kind: 'import', build: importer.build, source: options.source });
  stage.emit({ kind: 'imported', lane: bare(importer), presets: added, tookMs, problems: problems.length });
  for (const problem of problems.slice(0, 5)) stage.emit({ kind: 'warned', lane: bare(importer), message: problem });
  stage.require('every preset was imported', read > 0 && added === read, `${added} added of ${read} read, ${problems.length} problems`);
  await player.ask({ kind: 'flush' });
  stage.measure({ importMs: tookMs, presets: added });

  await converge(stage, {
    check: 'eight equal digests after the import',
    count: PEERS,
    after: 'import',
    source: laneName(importer),
    presets: added,
  });
}

export interface Convergence {
  readonly check: 'eight equal digests after the import' | 'equal digests after the edits';
  readonly count: number;
  readonly after: 'import' | 'edits';
  /** The lane whose last change is the beginning; any when undefined. */
  readonly source?: string;
  readonly presets: number;
}

/**
 * Waits for equal digests, then has each copy's content hashed as a second opinion. The moment is exact although reports
 * come ten times a second: a copy says when it changed last, and since then its digest has been what it is.
 */
export async function converge(stage: Stage, { check, count, after, source, presets }: Convergence): Promise<void> {
  const { cast } = stage;
  const isEqual = (): boolean =>
    areEqual(cast.reports, count, ({ copy }) => copy.digest) &&
    cast.reports.every(({ copy }) => copy.presets === presets && copy.digest !== '');
  await stage.until(isEqual, CONVERGENCE_TIMEOUT_MS);
  const reports = await cast.look();
  const isTrue = isEqual() && areEqual(reports, count, ({ copy }) => copy.content);
  stage.check(check, isTrue, describeDigests(reports));
  if (!isTrue) return;

  const lastMs = Math.max(...reports.map(({ copy }) => copy.changedAtMs));
  const fromMs =
    source === undefined ? lastEditMs(stage) : (reports.find((report) => laneName(report) === source)?.copy.changedAtMs ?? lastMs);
  const afterMs = Math.max(0, lastMs - fromMs);
  const digest = reports[0]?.copy.digest ?? '';
  stage.measure({ digest, ...(after === 'import' ? { convergenceMs: afterMs } : {}) });
  stage.emit({ kind: 'converged', peers: count, digest, presets, afterMs, after });
}

/** The last edit is told apart by its own time, whoever made it. */
function lastEditMs(stage: Stage): number {
  return Math.max(...stage.cast.acknowledgements.map(({ edit }) => edit.atMs));
}
