/** How late things arrive: the median of the last second, or nothing when nothing came. */

const WINDOW_MS = 1000;
const SAMPLES_MAX = 512;

export class LagGauge {
  #samples: { readonly atMs: number; readonly lagMs: number }[] = [];

  note(atMs: number, lagMs: number): void {
    this.#samples.push({ atMs, lagMs });
    // Cut in halves, so that a busy second does not copy the list for each edit.
    if (this.#samples.length > 2 * SAMPLES_MAX) this.#samples = this.#samples.slice(-SAMPLES_MAX);
  }

  medianMs(nowMs: number): number | undefined {
    this.#samples = this.#samples.filter(({ atMs }) => atMs >= nowMs - WINDOW_MS);
    const sorted = this.#samples.map(({ lagMs }) => lagMs).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }
}
