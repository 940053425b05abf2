/**
 * The way out to one peer. What is short and bounded goes at once; what is long or many takes turns, a piece at a time, so that
 * no channel holds up the others, and waits while the transport has no room.
 */

import type { Posted } from '../wire/posted-frame.js';

export type Post = (posted: Posted) => Promise<void>;

/** Whoever has pieces to send. */
export interface PieceSource {
  /** The next piece, if there is one that may go. Whoever has more afterwards enters the lane again. */
  nextPiece(): Posted | undefined;
  /** It has been handed over. Called in the same turn, before anything else goes out. */
  pieceWent(): void;
}

export class PostLane {
  readonly #post: Post;
  /** In the order in which they came. */
  readonly #waiting = new Set<PieceSource>();
  #isBusy = false;
  #isClosed = false;

  constructor(post: Post) {
    this.#post = post;
  }

  /** At once, past all that waits. */
  say(posted: Posted): void {
    if (!this.#isClosed) void this.#post(posted);
  }

  enter(source: PieceSource): void {
    if (this.#isClosed) return;
    this.#waiting.add(source);
    if (!this.#isBusy) this.#next();
  }

  leave(source: PieceSource): void {
    this.#waiting.delete(source);
  }

  /** Nothing goes out any more. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
  }

  #next(): void {
    for (const source of this.#waiting) {
      this.#waiting.delete(source);
      const posted = source.nextPiece();
      if (posted === undefined) continue;
      this.#isBusy = true;
      void this.#post(posted).then(this.#isFree);
      return source.pieceWent();
    }
  }

  readonly #isFree = (): void => {
    this.#isBusy = false;
    this.#next();
  };
}
