/**
 * What goes wrong in a seed, and how often. Not everything always: most faults are off in most seeds, so that each also
 * meets the others alone, and what needs quiet gets it.
 */

import type { Random } from '../../src/base/random.js';
import type { EngineLimits } from '../../sync/limits.js';
import type { MemoryNetwork } from '../../sync/memory-network.js';

export interface Weather {
  readonly network: NetworkWeather;
  readonly disk: { readonly slowestMs: number; readonly errorRate: number; readonly loadMs: number };
  readonly limits: Partial<EngineLimits>;
  readonly logBytesBeforeSnapshot: number;
  /** How often, relative to each other, these befall the group; 0 where they never do. */
  readonly faults: Readonly<Record<FaultName, number>>;
  /** Share of the newcomers that never write to disk. */
  readonly abstainRate: number;
  readonly founders: number;
  /** Share of the frames of updates that arrive mangled. */
  readonly mangleRate: number;
  /** Share of the observers' calls that throw; and of the `update` listeners'. */
  readonly observerThrowRate: number;
  readonly listenerThrowRate: number;
  /** Observers write, too. */
  readonly observersWrite: boolean;
  /** Whether further documents are opened, and how big a big value is. */
  readonly hasMoreDocuments: boolean;
  readonly bigBytes: number;
  /** Share of the steps after which nothing happens for seconds. */
  readonly idleRate: number;
  /** Nothing here keeps a frame for long, so that it is known when it must have arrived. */
  readonly isPrompt: boolean;
}

export type NetworkWeather = Pick<
  MemoryNetwork,
  | 'latencyMs'
  | 'jitterMs'
  | 'lossRate'
  | 'duplicateRate'
  | 'reorderRate'
  | 'requestLossRate'
  | 'longDelayRate'
  | 'highWaterFrames'
  | 'requestsHighWaterFrames'
>;

export const FAULTS = [
  'cut',
  'cut-one-way',
  'split',
  'stop',
  'slow',
  'jump',
  'break-lock',
  'break-connection',
  'kill',
  'exit',
  'leave',
  'cold-start',
  'plot',
] as const;
export type FaultName = (typeof FAULTS)[number];

export const CALM: NetworkWeather = {
  latencyMs: 1,
  jitterMs: 2,
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  requestLossRate: 0,
  longDelayRate: 0,
  highWaterFrames: Infinity,
  requestsHighWaterFrames: Infinity,
};

/** `rare` decides on its own of what only few seeds have, so that what is added there leaves the course of all others as it was. */
export function weatherOf(chance: Random, rare: Random): Weather {
  const sometimes = (share: number): boolean => chance.fraction() < share;
  const upTo = (most: number): number => chance.fraction() * most;
  const whole = (least: number, most: number): number => least + Math.floor(chance.fraction() * (most - least + 1));
  const isSmall = sometimes(0.7);
  const faults: Record<FaultName, number> = {
    cut: sometimes(0.4) ? upTo(4) : 0,
    'cut-one-way': sometimes(0.25) ? upTo(4) : 0,
    split: sometimes(0.2) ? upTo(2) : 0,
    stop: sometimes(0.35) ? upTo(3) : 0,
    slow: sometimes(0.25) ? upTo(3) : 0,
    jump: sometimes(0.25) ? upTo(3) : 0,
    'break-lock': sometimes(0.08) ? upTo(1.5) : 0,
    'break-connection': rare.fraction() < 0.15 ? 1 + 5 * rare.fraction() : 0,
    kill: sometimes(0.8) ? upTo(6) : 0,
    exit: 0,
    leave: sometimes(0.6) ? upTo(3) : 0,
    'cold-start': sometimes(0.35) ? upTo(1.5) : 0,
    plot: sometimes(0.6) ? upTo(4) : 0,
  };
  const network: NetworkWeather = {
    latencyMs: 1,
    jitterMs: upTo(sometimes(0.2) ? 150 : 20),
    lossRate: sometimes(0.4) ? 0 : upTo(0.3),
    duplicateRate: sometimes(0.5) ? upTo(0.15) : 0,
    reorderRate: sometimes(0.4) ? upTo(0.3) : 0,
    requestLossRate: sometimes(0.3) ? upTo(0.2) : 0,
    longDelayRate: sometimes(0.2) ? upTo(0.01) : 0,
    highWaterFrames: sometimes(0.6) ? whole(1, 40) : Infinity,
    requestsHighWaterFrames: sometimes(0.3) ? whole(4, 60) : Infinity,
  };
  const limits = isSmall
    ? {
        chunkBytes: whole(100, 800),
        frameUpdatesBytesMax: whole(60, 600),
        updateBytesMax: whole(60, 800),
        answersMax: whole(1, 4),
        answersBytesMax: whole(500, 20_000),
        heldFramesMax: whole(1, 12),
        heldBytesMax: whole(200, 4000),
        outboxBytesMax: whole(500, 8000),
      }
    : {};
  const isRubbish = rare.fraction() < 0.06;
  const rubbishShare = rare.fraction();
  faults.exit = rare.fraction() < 0.4 ? rare.fraction() * 3 : 0;
  const greetedMax = rare.fraction() < 0.3 ? { greetedMax: Math.floor(rare.fraction() * 4) } : {};
  const watchersMax = rare.fraction() < 0.5 ? { watchersMax: 1 + Math.floor(rare.fraction() * 2) } : {};
  // An application that writes while it is told of changes, and whose listeners throw: what one of them keeps from being told is the other's.
  const carelessness = rare.fraction() < 0.06 ? 0.05 + 0.25 * rare.fraction() : 0;
  const keepsFrames =
    faults.cut + faults['cut-one-way'] + faults.split + faults.stop + faults.slow + faults.jump + faults.plot + faults['break-connection'];
  return {
    network,
    faults,
    limits: { ...limits, ...greetedMax, ...watchersMax },
    disk: {
      slowestMs: upTo(sometimes(0.15) ? 400 : 30),
      errorRate: sometimes(0.3) ? upTo(0.1) : 0,
      loadMs: upTo(sometimes(0.3) ? 2000 : 100),
    },
    logBytesBeforeSnapshot: isSmall ? whole(300, 4000) : 512 * 1024,
    abstainRate: sometimes(0.7) ? upTo(0.4) : 0,
    founders: whole(2, 5),
    // Enough, now and then, that senders are muted.
    mangleRate: Math.max(sometimes(0.12) ? upTo(0.02) : 0, isRubbish ? 0.7 + rubbishShare * 0.3 : 0),
    observerThrowRate: sometimes(0.15) ? upTo(0.05) : 0,
    listenerThrowRate: Math.max(sometimes(0.12) ? upTo(0.03) : 0, carelessness),
    observersWrite: sometimes(0.25) || carelessness > 0,
    hasMoreDocuments: sometimes(0.6),
    bigBytes: whole(300, 3000),
    idleRate: sometimes(0.4) ? upTo(0.04) : 0,
    isPrompt: keepsFrames === 0 && !isRubbish && network.longDelayRate === 0 && network.requestLossRate === 0,
  };
}
