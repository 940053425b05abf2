/**
 * The story, act after act, each judged as it ends. An act without which there is no sense in going on throws; what was
 * not reached then counts as failed (verdict.ts). Nothing here draws: everything seen goes out as an event.
 *
 *   contrast → meeting → import → edits → kill → reckoning → replacement → cold start
 */

import { describe } from '../../base/errors.js';
import { editTogether, killWriter, reckon } from './act-edits.js';
import { importLibrary } from './act-import.js';
import { meet } from './act-meeting.js';
import { replaceKilled, startCold } from './act-return.js';
import { runContrast } from './contrast.js';
import { machineMs } from './machine-clock.js';
import type { Stage } from './stage.js';

/** How long a result stays before the next act moves in. */
const PAUSE_MS = 900;

/** Plays everything and notes what was checked. Rejects only when it was interrupted, with the signal's reason. */
export async function play(stage: Stage): Promise<void> {
  const startedAtMs = machineMs();
  try {
    await showContrast(stage);
    for (const act of [meet, importLibrary, editTogether, killWriter, reckon, replaceKilled, startCold]) {
      await act(stage);
      // The kill belongs into the edits: no pause there.
      if (act !== editTogether) await stage.rest(PAUSE_MS);
    }
  } catch (error) {
    stage.signal.throwIfAborted();
    stage.emit({ kind: 'failed', message: describe(error) });
  }
  stage.measure({ tookMs: machineMs() - startedAtMs });
}

/** True is what was counted, not what was hoped for: nothing lost would be told just so. */
async function showContrast(stage: Stage): Promise<void> {
  stage.begin('contrast');
  const outcome = await runContrast((event) => stage.emit(event), stage.signal);
  stage.emit({ kind: 'bare-ended', outcome });
  stage.check('the contrast was counted', outcome.acknowledged > 0, `${outcome.acknowledged} acknowledged; ${outcome.kind}`);
  stage.measure({ contrastAcknowledged: outcome.acknowledged, contrastFound: outcome.kind === 'counted' ? outcome.found : 0 });
  await stage.rest(2 * PAUSE_MS);
}
