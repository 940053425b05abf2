/** What many runs came to: sums, extremes, and the table that closes a run of the simulator. */

export interface Figures {
  readonly seed: number;
  readonly virtualMs: number;
  /** From the end of the faults until all was quiet. */
  readonly restMs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly highest: Readonly<Record<string, number>>;
  /** Equal for equal courses of events. */
  readonly fingerprint: string;
}

export class Report {
  readonly #counts = new Map<string, number>();
  readonly #highest = new Map<string, number>();
  #seeds = 0;
  #virtualMs = 0;
  #slowest = { seed: 0, ms: 0 };
  #longestRest = { seed: 0, ms: 0 };
  #workMs = 0;

  get acknowledged(): number {
    return this.#counts.get('acknowledged') ?? 0;
  }

  add(figures: Figures, wallMs: number): void {
    const { seed, virtualMs, restMs, counts, highest } = figures;
    this.#seeds++;
    this.#virtualMs += virtualMs;
    this.#workMs += wallMs;
    if (wallMs > this.#slowest.ms) this.#slowest = { seed, ms: wallMs };
    if (restMs > this.#longestRest.ms) this.#longestRest = { seed, ms: restMs };
    for (const [name, count] of Object.entries(counts)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
    for (const [name, measure] of Object.entries(highest)) this.#highest.set(name, Math.max(this.#highest.get(name) ?? 0, measure));
  }

  /** `wallMs`: of the whole run, with all its processes. */
  table(wallMs: number): string {
    const rows: [string, string][] = [
      ['seeds', whole(this.#seeds)],
      ['virtual time', `${whole(this.#virtualMs / 1000)} s`],
      ...[...this.#counts]
        .toSorted(([a], [b]) => order(a) - order(b) || (a < b ? -1 : 1))
        .map(([name, count]) => [name, whole(count)] as [string, string]),
      ...[...this.#highest].map(([name, measure]) => [name, whole(measure)] as [string, string]),
      ['longest way to rest', `${(this.#longestRest.ms / 1000).toFixed(1)} s of virtual time (seed ${this.#longestRest.seed})`],
      ['slowest seed', `${whole(this.#slowest.ms)} ms (seed ${this.#slowest.seed})`],
      ['per seed', `${(this.#workMs / Math.max(1, this.#seeds)).toFixed(1)} ms`],
      ['wall time', `${(wallMs / 1000).toFixed(1)} s`],
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
  }
}

const FIRST = ['operations', 'acknowledged', 'catch-ups', 'takeovers', 'commits', 'snapshots'];
const GROUPS = ['fault: ', 'plot: ', 'drill: ', 'warning: ', 'frames: '];

/** What matters most, then single counts, then the groups. */
function order(name: string): number {
  const first = FIRST.indexOf(name);
  if (first >= 0) return first;
  return FIRST.length + 1 + GROUPS.findIndex((group) => name.startsWith(group));
}

function whole(count: number): string {
  return Math.round(count).toLocaleString('en');
}
