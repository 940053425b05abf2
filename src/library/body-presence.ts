/**
 * Which bodies are known to be here. A preset is complete only once its blob was seen: what a copy of the store lacks, or what damage has
 * taken, is found before somebody plays it. Looked up in batches, with the loop free in between.
 */

import { turn } from '../base/turn.js';
import type { LibraryBlobs } from './library-host.js';
import type { PresetId } from './preset.js';

/** Blobs that are looked up in one turn of the loop. */
const LOOKUP_BLOBS = 128;

export class BodyPresence {
  readonly #blobs: () => LibraryBlobs | undefined;
  readonly #found: (presets: Iterable<PresetId>) => void;
  readonly #known = new Map<string, boolean>();
  /** Presets whose body is not known to be here, by its hash. Nearly always it is one, and then no set is made for it. */
  readonly #waiting = new Map<string, PresetId | Set<PresetId>>();
  readonly #wanted = new Set<string>();
  #looking: Promise<void> | undefined;

  /** `blobs`: of anybody who is still there. `found` is told which presets' bodies have turned out to be here. */
  constructor(blobs: () => LibraryBlobs | undefined, found: (presets: Iterable<PresetId>) => void) {
    this.#blobs = blobs;
    this.#found = found;
  }

  /** Where that is not known, it is looked up, and told for this preset. */
  isHere(hash: string, preset: PresetId): boolean {
    const isHere = this.#known.get(hash);
    if (isHere === true) return true;
    const waiting = this.#waiting.get(hash);
    if (waiting === undefined) this.#waiting.set(hash, preset);
    else if (typeof waiting !== 'string') waiting.add(preset);
    else if (waiting !== preset) this.#waiting.set(hash, new Set([waiting, preset]));
    if (isHere === undefined) this.#wanted.add(hash);
    return false;
  }

  /** It was just saved or read. */
  noteHere(hash: string): void {
    this.#known.set(hash, true);
    this.#wanted.delete(hash);
    const presets = this.#taken(hash);
    if (presets.length > 0) this.#found(presets);
  }

  noteMissing(hash: string): void {
    this.#known.set(hash, false);
    this.#wanted.delete(hash);
  }

  /** What was not here is looked for again. */
  doubt(): void {
    for (const [hash, isHere] of this.#known) if (!isHere) this.#wanted.add(hash);
  }

  /** Resolves when nothing is left to look up. Never rejects. */
  look(): Promise<void> {
    if (this.#wanted.size === 0) return this.#looking ?? Promise.resolve();
    this.#looking ??= this.#lookAll().finally(() => void (this.#looking = undefined));
    return this.#looking;
  }

  async #lookAll(): Promise<void> {
    const found: PresetId[] = [];
    await turn();
    while (this.#wanted.size > 0) {
      const blobs = this.#blobs();
      if (blobs === undefined) break;
      const hashes = first(this.#wanted, LOOKUP_BLOBS);
      const answers = await Promise.allSettled(hashes.map((hash) => blobs.has(hash)));
      for (const [at, hash] of hashes.entries()) {
        const answer = answers[at];
        // Who could not look does not know: it is asked for again with the next change of the preset. And it may have been saved meanwhile.
        if (!this.#wanted.delete(hash) || answer?.status !== 'fulfilled') continue;
        this.#known.set(hash, answer.value);
        if (answer.value) found.push(...this.#taken(hash));
      }
      await turn();
    }
    if (found.length > 0) this.#found(found);
  }

  #taken(hash: string): PresetId[] {
    const waiting = this.#waiting.get(hash);
    this.#waiting.delete(hash);
    if (waiting === undefined) return [];
    return typeof waiting === 'string' ? [waiting] : [...waiting];
  }
}

function first(wanted: Iterable<string>, count: number): string[] {
  const hashes: string[] = [];
  for (const hash of wanted) if (hashes.push(hash) === count) break;
  return hashes;
}
