/** The way from a peer to itself: its instances talk to each other as to others, in later turns, without a transport. */

import { turn } from '../../src/base/turn.js';
import type { Posted } from '../wire/posted-frame.js';

export class LocalLoop {
  readonly #deliver: (posted: Posted) => void;
  #underway: Posted[] = [];
  #next: Promise<void> | undefined;
  #isClosed = false;

  constructor(deliver: (posted: Posted) => void) {
    this.#deliver = deliver;
  }

  /** Resolves when it has been delivered. */
  readonly post = ({ frame, body }: Posted): Promise<void> => {
    if (this.#isClosed) return Promise.resolve();
    // A copy, as from another process: what arrives belongs to whom it came to. (A Buffer's slice() would be none.)
    this.#underway.push({ frame, body: body && new Uint8Array(body) });
    this.#next ??= this.#pass();
    return this.#next;
  };

  close(): void {
    this.#isClosed = true;
    this.#underway = [];
  }

  async #pass(): Promise<void> {
    await turn();
    const arrived = this.#underway;
    this.#underway = [];
    this.#next = undefined;
    for (const posted of arrived) if (!this.#isClosed) this.#deliver(posted);
  }
}
