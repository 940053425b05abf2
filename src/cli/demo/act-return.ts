/** A fresh process in the place of the killed one; then everything stops, in order, and starts cold from disk. */

import { compareLedger } from './act-edits.js';
import { assemble, PEERS, PLAYERS } from './act-meeting.js';
import { machineMs } from './machine-clock.js';
import { areEqual, describeDigests } from './stage.js';
import type { Stage } from './stage.js';
import { storeBytes } from './store-size.js';

const CATCH_UP_TIMEOUT_MS = 10_000;

export async function replaceKilled(stage: Stage): Promise<void> {
  stage.begin('replacement');
  const { cast, signal, options } = stage;
  const expected = stage.figures.digest;
  const player = await cast.start(signal);
  const startedAtMs = machineMs();
  await cast.join(player, options);
  const hasCaughtUp = (): boolean =>
    cast.reports.filter(({ player: number, copy }) => number === player.number && copy.digest === expected).length === 2;
  await stage.until(hasCaughtUp, CATCH_UP_TIMEOUT_MS);
  const catchUpMs = machineMs() - startedAtMs;
  await stage.until(() => cast.reports.every(({ copy }) => copy.peers === PEERS), CATCH_UP_TIMEOUT_MS);
  const reports = await cast.look();
  const isTrue = hasCaughtUp() && areEqual(reports, PEERS, ({ copy }) => copy.content) && reports.every(({ copy }) => copy.peers === PEERS);
  stage.require(
    'a fresh player caught up',
    isTrue,
    `${describeDigests(reports)}; each knows ${reports.map(({ copy }) => copy.peers).join(' ')} peers`,
  );
  stage.emit({ kind: 'caught-up', player: player.number, afterMs: catchUpMs, digest: expected ?? '' });
  stage.measure({ catchUpMs });
}

export async function startCold(stage: Stage): Promise<void> {
  stage.begin('cold start');
  const { cast } = stage;
  await Promise.all(cast.players.map((player) => player.ask({ kind: 'flush' })));
  const before = (await cast.look())[0]?.copy;
  const directory = await cast.directory();
  const tookToStopMs = await stopInOrder(stage);
  const bytes = await storeBytes(directory);
  stage.emit({ kind: 'stopped', players: PLAYERS, tookMs: tookToStopMs, bytes });
  await stage.rest(600);

  const { tookMs, haveMet } = await assemble(stage);
  const reports = await cast.look();
  const isEqual =
    haveMet &&
    before !== undefined &&
    reports.every(({ copy }) => copy.presets === before.presets && copy.digest === before.digest && copy.content === before.content);
  stage.check(
    'the cold store equals what was stopped',
    isEqual,
    `before: ${before?.digest.slice(0, 8)} (${before?.presets} presets); after: ${describeDigests(reports)}`,
  );
  if (isEqual) stage.emit({ kind: 'loaded-cold', peers: reports.length, presets: before.presets, digest: before.digest, tookMs });
  await compareLedger(stage, 'no acknowledged edit is missing after the cold start');
  stage.measure({ coldMs: tookMs, storeBytes: bytes, directory });
}

/** The last word of every process is its exit code: 0 only if both copies closed and nothing was left that kept it alive. */
export async function stopInOrder(stage: Stage): Promise<number> {
  const startedAtMs = machineMs();
  const inOrder = await stage.cast.stop();
  stage.check('all stopped in order', inOrder === PLAYERS, `${inOrder} of ${PLAYERS} processes ended by themselves with exit code 0`);
  return machineMs() - startedAtMs;
}
