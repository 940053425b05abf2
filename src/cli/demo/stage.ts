/**
 * What every act is given: the cast, the way to tell what is seen, the verdict and the figures so far. Judging and telling
 * go through here, so that no check is made in silence.
 */

import { pause, systemClock } from '../../base/clock.js';
import type { Cast, LaneReport } from './cast.js';
import { laneName, shortDigest } from './event-line.js';
import type { Act, DemoEvent, DemoReport, Figures, LaneName } from './events.js';
import type { Place, PresetSource } from './messages.js';
import { Verdict } from './verdict.js';
import type { Check } from './verdict.js';

export interface StageOptions {
  readonly cast: Cast;
  readonly emit: (event: DemoEvent) => void;
  readonly signal: AbortSignal;
  readonly place: Place;
  readonly source: PresetSource;
  readonly seed: number;
}

export class Stage {
  readonly cast: Cast;
  readonly options: StageOptions;
  readonly #verdict = new Verdict();
  #figures: Figures = {};

  constructor(options: StageOptions) {
    this.cast = options.cast;
    this.options = options;
  }

  get figures(): Figures {
    return this.#figures;
  }

  get signal(): AbortSignal {
    return this.options.signal;
  }

  emit(event: DemoEvent): void {
    this.options.emit(event);
  }

  begin(act: Act): void {
    this.signal.throwIfAborted();
    this.emit({ kind: 'act-began', act });
  }

  measure(figures: Figures): void {
    this.#figures = { ...this.#figures, ...figures };
  }

  /** Notes a check; the story goes on either way. */
  check(check: Check, isTrue: boolean, detail: string): void {
    this.#verdict.note({ check, isTrue, detail });
    this.emit({ kind: 'checked', check, isTrue, detail });
  }

  /** Notes a check without which there is no sense in going on. */
  require(check: Check, isTrue: boolean, detail: string): asserts isTrue {
    this.check(check, isTrue, detail);
    if (!isTrue) throw new Error(`the demo stops here: ${check}: no; ${detail}`);
  }

  /** The verdict so far. */
  report(): DemoReport {
    return this.#verdict.report(this.#figures);
  }

  /** A moment for the eye. */
  async rest(restMs: number): Promise<void> {
    await pause(systemClock, restMs, this.signal);
    this.signal.throwIfAborted();
  }

  /** As `Cast.until`, but without patience where a process has died that nobody killed: then nothing will come of it. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    await this.cast.until(() => condition() || this.cast.losses.length > 0, timeoutMs, this.signal);
    const [loss] = this.cast.losses;
    if (loss !== undefined) throw new Error(`the demo stops here: ${loss}`);
    return condition();
  }

  /** What `look` finds as soon as it finds something; undefined when it did not within `timeoutMs`. */
  async find<Found>(look: () => Found | undefined, timeoutMs: number): Promise<Found | undefined> {
    await this.until(() => look() !== undefined, timeoutMs);
    return look();
  }

  /** The one copy that says it writes; undefined while none or several do. */
  writer(): LaneReport | undefined {
    const writers = this.cast.reports.filter(({ copy }) => copy.role === 'writer');
    return writers.length === 1 ? writers[0] : undefined;
  }

  laneOf(peer: string): LaneName {
    const lane = this.cast.laneOf(peer);
    if (lane === undefined) throw new Error(`peer ${peer} is none of the demo's: something else has joined the group`);
    return lane;
  }
}

/** The name alone, where more is at hand than an event should carry. */
export function bare({ player, build }: LaneName): LaneName {
  return { player, build };
}

/** Whether all copies agree in a figure, and there are as many as there should be. */
export function areEqual(reports: readonly LaneReport[], count: number, figure: (report: LaneReport) => unknown): boolean {
  return reports.length === count && new Set(reports.map(figure)).size === 1;
}

/** Who has what, the equal together: `3fa2c1d0 (384 presets): 1·ESM 1·CJS`. */
export function describeDigests(reports: readonly LaneReport[]): string {
  const groups = new Map<string, string[]>();
  for (const report of reports) {
    const found = `${shortDigest(report.copy.digest)} (${report.copy.presets} presets)`;
    groups.set(found, [...(groups.get(found) ?? []), laneName(report)]);
  }
  return [...groups].map(([found, lanes]) => `${found}: ${lanes.join(' ')}`).join('; ');
}
