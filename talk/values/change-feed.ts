/** What has changed and a subscriber has not been told yet: the latest of each key, handed over once a turn of the loop. */

import { turn } from '../../src/base/turn.js';
import type { ValueEntry } from '../values.js';

export class ChangeFeed {
  readonly #tell: (changes: readonly ValueEntry[]) => void;
  readonly #changes = new Map<string, ValueEntry>();
  #isOpen = true;

  constructor(tell: (changes: readonly ValueEntry[]) => void) {
    this.#tell = tell;
  }

  add(entry: ValueEntry): void {
    const id = `${entry.instance} ${entry.key}`;
    if (this.#changes.size === 0) void turn().then(() => this.#hand());
    // In the order of the latest change.
    this.#changes.delete(id);
    this.#changes.set(id, entry);
  }

  close(): void {
    this.#isOpen = false;
    this.#changes.clear();
  }

  #hand(): void {
    if (!this.#isOpen) return;
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    if (changes.length > 0) this.#tell(changes);
  }
}
