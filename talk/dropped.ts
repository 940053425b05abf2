/** What came and was left alone: counted, and told once in a while. */

import type { Mesh } from './mesh.js';
import { UNREADABLE_WARNING_MS } from './limits.js';

export interface DroppedFrames {
  /** Not one of our frames, or one that says what cannot be. */
  unreadable: number;
  /** Of a peer that we are not linked with. */
  unlinked: number;
  /** What there was no room for. */
  refused: number;
}

export class Dropped {
  readonly counts: DroppedFrames = { unreadable: 0, unlinked: 0, refused: 0 };
  readonly #mesh: Pick<Mesh, 'clock' | 'warn'>;
  #warnedAt = -Infinity;

  constructor(mesh: Pick<Mesh, 'clock' | 'warn'>) {
    this.#mesh = mesh;
  }

  unreadable(detail: string): void {
    this.counts.unreadable++;
    const now = this.#mesh.clock.now();
    if (now - this.#warnedAt < UNREADABLE_WARNING_MS) return;
    this.#warnedAt = now;
    this.#mesh.warn('message-unreadable', `a message that cannot be read was dropped: ${detail}; ${this.counts.unreadable} so far`);
  }

  unlinked(): void {
    this.counts.unlinked++;
  }

  refused(): void {
    this.counts.refused++;
  }
}
