/** Processes start, both copies of each join, and one of eight is elected. Used twice: for the first time, and cold. */

import { machineMs } from './machine-clock.js';
import { areEqual, bare } from './stage.js';
import type { Stage } from './stage.js';

export const PLAYERS = 4;
export const PEERS = 2 * PLAYERS;

const MEETING_TIMEOUT_MS = 15_000;

/** Starts the players and lets them join all at once; resolves when all eight see each other and agree on the writer. */
export async function assemble(stage: Stage): Promise<{ readonly tookMs: number; readonly haveMet: boolean }> {
  const { cast, options, signal } = stage;
  const players = await Promise.all(Array.from({ length: PLAYERS }, () => cast.start(signal)));
  const startedAtMs = machineMs();
  await Promise.all(players.map((player) => cast.join(player, options)));
  const haveMet = await stage.until(() => haveAllMet(stage), MEETING_TIMEOUT_MS);
  return { tookMs: machineMs() - startedAtMs, haveMet };
}

export async function meet(stage: Stage): Promise<void> {
  stage.begin('meeting');
  const { tookMs, haveMet } = await assemble(stage);
  const { reports } = stage.cast;
  const counts = reports.map(({ copy }) => copy.peers).join(' ');
  stage.require('eight peers met', haveMet, `${reports.length} copies; each knows ${counts} peers`);
  const writer = stage.writer();
  const isAgreed =
    writer !== undefined &&
    areEqual(reports, PEERS, ({ copy }) => `${copy.writer} ${copy.term}`) &&
    writer.copy.peer === writer.copy.writer;
  stage.require(
    'one writer, and all agree on it',
    isAgreed,
    `writers named: ${[...new Set(reports.map(({ copy }) => `${copy.writer} in term ${copy.term}`))].join(', ')}`,
  );
  stage.measure({ meetingMs: tookMs });
  if (writer !== undefined) stage.emit({ kind: 'elected', lane: bare(writer), term: writer.copy.term ?? 0, peers: PEERS });
}

function haveAllMet(stage: Stage): boolean {
  const { reports } = stage.cast;
  return (
    reports.length === PEERS &&
    stage.writer() !== undefined &&
    reports.every(({ copy }) => copy.isSynced && copy.peers === PEERS) &&
    areEqual(reports, PEERS, ({ copy }) => copy.writer)
  );
}
