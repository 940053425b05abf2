/**
 * Edits from all eight, `kill -9` of the writer's process in the midst of them, the takeover, and the reckoning: is every
 * edit that was acknowledged still there, at every survivor?
 */

import { converge } from './act-import.js';
import { PEERS } from './act-meeting.js';
import { laneName } from './event-line.js';
import { bare } from './stage.js';
import type { Stage } from './stage.js';

const EDITS_PER_SECOND = 25;
const EDITING_MS = 2000;
const TAKEOVER_TIMEOUT_MS = 10_000;

export async function editTogether(stage: Stage): Promise<void> {
  stage.begin('edits');
  const { cast } = stage;
  await Promise.all(cast.players.map((player) => player.ask({ kind: 'edit', perSecond: EDITS_PER_SECOND, keys: 'fresh' })));
  stage.emit({ kind: 'edits-began', peers: PEERS, perSecond: EDITS_PER_SECOND });
  await stage.rest(EDITING_MS);
  const editors = (): Set<string> => new Set(cast.acknowledgements.map(laneName));
  await stage.until(() => editors().size === PEERS, TAKEOVER_TIMEOUT_MS);
  stage.require(
    'all eight edited and were acknowledged',
    editors().size === PEERS,
    `${cast.acknowledgements.length} acknowledgements from ${editors().size} copies`,
  );
}

export async function killWriter(stage: Stage): Promise<void> {
  stage.begin('kill');
  const { cast } = stage;
  const writer = await stage.find(() => stage.writer(), TAKEOVER_TIMEOUT_MS);
  if (writer === undefined) throw new Error('no single copy says that it writes: there is nobody to kill');
  const victim = cast.player(writer.player);
  const lagMs = medianLagMs(stage);
  // In the midst: in the very moment in which one more edit is acknowledged, while others are under way.
  const before = cast.ledger.size;
  const isMidst = await stage.until(() => cast.ledger.size > before, TAKEOVER_TIMEOUT_MS);
  const atMs = victim.kill();
  stage.emit({ kind: 'killed', player: victim.number, pid: victim.pid, lane: bare(writer), acknowledged: cast.ledger.size });
  const { signal } = await victim.ended;
  const detail = `pid ${victim.pid} ended by ${signal} after ${cast.ledger.size} acknowledged edits`;
  stage.check('the writer was killed in the midst of edits', isMidst && signal === 'SIGKILL', detail);
  const kill: Kill = { atMs, player: victim.number, oldTerm: writer.copy.term ?? 0 };
  stage.measure({ lagMs, takeoverMs: await awaitTakeover(stage, kill), acknowledgedAgainMs: await awaitAcknowledgement(stage, kill) });
  await stage.rest(EDITING_MS);
}

interface Kill {
  readonly atMs: number;
  readonly player: number;
  readonly oldTerm: number;
}

/** What the victim still said before it died is no evidence of a takeover: a higher term is. */
async function awaitTakeover(stage: Stage, { atMs, player, oldTerm }: Kill): Promise<number> {
  const found = await stage.find(() => stage.cast.writerChanges.find(({ term }) => term > oldTerm), TAKEOVER_TIMEOUT_MS);
  const lane = found === undefined ? undefined : stage.laneOf(found.writer);
  const detail = lane === undefined ? 'nobody' : `${laneName(lane)}, term ${oldTerm} → ${found?.term}`;
  stage.require('a survivor took over with a higher term', found !== undefined && lane !== undefined && lane.player !== player, detail);
  stage.emit({ kind: 'taken-over', lane, term: found.term, afterMs: found.atMs - atMs });
  return found.atMs - atMs;
}

async function awaitAcknowledgement(stage: Stage, { atMs, oldTerm }: Kill): Promise<number> {
  const found = await stage.find(() => stage.cast.acknowledgements.find(({ term }) => term > oldTerm), TAKEOVER_TIMEOUT_MS);
  stage.require(
    'edits were acknowledged again',
    found !== undefined,
    found === undefined ? 'none' : `by ${laneName(found)} in term ${found.term}`,
  );
  stage.emit({ kind: 'acknowledged-again', lane: bare(found), term: found.term, afterMs: found.atMs - atMs });
  return found.atMs - atMs;
}

function medianLagMs(stage: Stage): number {
  const lags = stage.cast.reports.flatMap(({ copy }) => copy.lagMs ?? []).sort((a, b) => a - b);
  return lags[Math.floor(lags.length / 2)] ?? 0;
}

export async function reckon(stage: Stage): Promise<void> {
  stage.begin('reckoning');
  const { cast } = stage;
  const rests = await Promise.all(cast.players.map((player) => player.ask({ kind: 'rest' })));
  for (const failure of rests.flatMap(({ failures }) => failures).slice(0, 3))
    stage.emit({ kind: 'failed', message: `an edit was not acknowledged: ${failure}` });
  await cast.look();
  const made = cast.editsMade;
  stage.emit({ kind: 'edits-ended', made, acknowledged: cast.ledger.size });
  stage.measure({ editsMade: made, editsAcknowledged: cast.ledger.size });
  await converge(stage, { check: 'equal digests after the edits', count: PEERS - 2, after: 'edits', presets: stage.figures.presets ?? 0 });
  await compareLedger(stage, 'no acknowledged edit is missing at any survivor');
}

/** Every running copy recites all that it has; each must have all that was acknowledged. */
export async function compareLedger(
  stage: Stage,
  check: 'no acknowledged edit is missing at any survivor' | 'no acknowledged edit is missing after the cold start',
): Promise<void> {
  const recitals = await stage.cast.recite();
  const comparisons = recitals.map(({ edits }) => stage.cast.ledger.compare(edits));
  const missing = Math.max(...comparisons.map((comparison) => comparison.missing.length));
  const changed = Math.max(...comparisons.map((comparison) => comparison.changed.length));
  const acknowledged = stage.cast.ledger.size;
  stage.emit({ kind: 'ledger-read', peers: recitals.length, acknowledged, missing, changed, isCold: check.endsWith('cold start') });
  stage.measure({ editsMissing: Math.max(stage.figures.editsMissing ?? 0, missing + changed) });
  const example = comparisons.flatMap((comparison) => [...comparison.missing, ...comparison.changed])[0];
  stage.check(
    check,
    acknowledged > 0 && missing + changed === 0,
    `${acknowledged} acknowledged, ${missing} missing, ${changed} changed${example === undefined ? '' : `, e.g. ${example}`}`,
  );
}
