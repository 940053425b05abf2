/**
 * Which documents this peer has open besides `main`, for whom, and when each is closed: the one place that decides it. A document is open
 * as long as somebody here uses it, or, where this peer writes, somebody elsewhere does; after that until what it holds is safe.
 *
 *           hold(), wanted()
 *   (none) ──────────────────► open ◄──────────────── used again
 *      ▲                         │ nobody needs it          │
 *      │ closed: safe            ▼                          │
 *      └──────────────────── leaving: flush, else spill ────┘
 *
 * A deleted document leaves at once, whoever uses it.
 */

import { pause } from '../base/clock.js';
import type { Clock } from '../base/clock.js';
import { isStoredId } from './document-name.js';

/** What others held is kept open for this long after the last of them: one whose link broke is back by then. */
export const DOCUMENT_LINGER_MS = 5000;
/** A new writer is told of all that is open anywhere: of so many it opens the replicas in one turn of the loop. */
export const DOCUMENTS_OPENED_IN_TURN_MAX = 16;
/** Open for somebody who is not known to hold them, because it holds more than the writer keeps count of. Who wants a further one asks again. */
export const DOCUMENTS_UNCOUNTED_MAX = 256;

export interface HoldingsHost {
  readonly clock: Clock;
  open(id: string): void;
  close(id: string): void;
  isDeleted(id: string): boolean;
  /** How many others have it open, where we write. */
  othersHolding(id: string): number;
  /** Has what nobody confirmed made durable or saved; false where that has to wait. */
  makeSafe(id: string): Promise<boolean>;
  /** Somebody waits for it to become durable. */
  isFlushing(id: string): boolean;
  /** The document is deleted and about to be closed: saves what was not confirmed. */
  setAside(id: string): void;
}

/** One use of a document here. */
export interface Hold {
  readonly id: string;
  /** Called once, when the document is deleted while it is used. */
  readonly deleted: () => void;
  /** The document is closed since, for good. */
  readonly isDeleted: boolean;
  /** Idempotent. Resolves when the document was closed, or when that has to wait for somebody or something. */
  release(options?: { readonly lingers?: boolean }): Promise<void>;
}

type Use = { -readonly [Key in keyof Hold]: Hold[Key] };

interface Held {
  readonly id: string;
  readonly users: Set<Use>;
  /** By others, of us as the writer. */
  isWanted: boolean;
  leaving: Promise<void> | undefined;
  cancelReview: (() => void) | undefined;
}

export class Holdings {
  readonly #host: HoldingsHost;
  readonly #held = new Map<string, Held>();
  /** Wanted by others, and not opened yet. */
  readonly #toOpen = new Set<string>();
  readonly #ending = new AbortController();
  #isOpening = false;

  constructor(host: HoldingsHost) {
    this.#host = host;
  }

  has(id: string): boolean {
    return this.#held.has(id);
  }

  /** How many uses there are here. */
  usersOf(id: string): number {
    return this.#held.get(id)?.users.size ?? 0;
  }

  /** Opens the document where it is not open, and keeps it so. */
  hold(id: string, deleted: () => void = () => undefined): Hold {
    const held = this.#open(id);
    const hold: Use = { id, deleted, isDeleted: false, release: (options) => this.#release(held, hold, options) };
    held.users.add(hold);
    this.#stay(held);
    return hold;
  }

  /** We write, and somebody else has it open. */
  wanted(id: string): void {
    const held = this.#held.get(id);
    const isCounted = this.#host.othersHolding(id) > 0;
    if (held === undefined) {
      if (isCounted || this.#toOpen.size < DOCUMENTS_UNCOUNTED_MAX) this.#toOpen.add(id);
      void this.#openWanted();
      return;
    }
    held.isWanted = isCounted;
    if (held.isWanted) this.#stay(held);
    else this.#reviewIn(DOCUMENT_LINGER_MS, held);
  }

  /** Nobody else has it open any more. */
  unheld(id: string): void {
    this.#toOpen.delete(id);
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.isWanted = false;
    this.#reviewIn(DOCUMENT_LINGER_MS, held);
  }

  /** We write no longer: what others have open is the next one's business. */
  officeLost(): void {
    this.#toOpen.clear();
    for (const held of this.#held.values()) {
      if (!held.isWanted) continue;
      held.isWanted = false;
      this.#reviewIn(DOCUMENT_LINGER_MS, held);
    }
  }

  /** It was deleted, by whomever: nobody uses it from here on. */
  deleted(id: string): void {
    this.#toOpen.delete(id);
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.cancelReview?.();
    this.#host.setAside(id);
    this.#close(held);
    const users = [...held.users];
    held.users.clear();
    for (const user of users) user.isDeleted = true;
    for (const user of users) user.deleted();
  }

  /** The peer ends, and saves what is open as it does. */
  end(): void {
    this.#ending.abort();
    this.#toOpen.clear();
    for (const held of this.#held.values()) held.cancelReview?.();
  }

  #open(id: string): Held {
    const found = this.#held.get(id);
    if (found !== undefined) return found;
    this.#toOpen.delete(id);
    const held: Held = { id, users: new Set(), isWanted: false, leaving: undefined, cancelReview: undefined };
    this.#held.set(id, held);
    this.#host.open(id);
    return held;
  }

  /** In slices: there may be thousands. */
  async #openWanted(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    // A frame names thousands, one after the other: first all of them are heard.
    await Promise.resolve();
    let left = DOCUMENTS_OPENED_IN_TURN_MAX;
    for (const id of this.#toOpen) {
      if (left-- === 0) {
        await pause(this.#host.clock, 0, this.#ending.signal);
        left = DOCUMENTS_OPENED_IN_TURN_MAX;
        if (!this.#toOpen.has(id)) continue;
      }
      this.#toOpen.delete(id);
      if (!this.#host.isDeleted(id)) this.#openForOthers(id);
    }
    this.#isOpening = false;
  }

  #openForOthers(id: string): void {
    if (this.#host.othersHolding(id) > 0) {
      this.#open(id).isWanted = true;
      return;
    }
    // Nobody will say that it has been closed.
    const uncounted = [...this.#held.values()].filter((held) => held.cancelReview !== undefined).length;
    if (uncounted < DOCUMENTS_UNCOUNTED_MAX) this.#reviewIn(DOCUMENT_LINGER_MS, this.#open(id));
  }

  async #release(held: Held, hold: Hold, { lingers = false }: { readonly lingers?: boolean } = {}): Promise<void> {
    if (!held.users.delete(hold) || this.#isNeeded(held)) return;
    if (lingers) this.#reviewIn(DOCUMENT_LINGER_MS, held);
    else await this.#leave(held);
  }

  #stay(held: Held): void {
    held.cancelReview?.();
    held.cancelReview = undefined;
  }

  #reviewIn(delayMs: number, held: Held): void {
    this.#stay(held);
    if (this.#isNeeded(held) || this.#ending.signal.aborted) return;
    held.cancelReview = this.#host.clock.after(delayMs, () => void this.#leave(held));
  }

  #leave(held: Held): Promise<void> {
    this.#stay(held);
    held.leaving ??= this.#tryToLeave(held).finally(() => (held.leaving = undefined));
    return held.leaving;
  }

  async #tryToLeave(held: Held): Promise<void> {
    // Who was told that nobody needs it heard so a while ago.
    if (this.#isNeeded(held) || this.#isWantedAfterAll(held)) return;
    const isSafe = !isStoredId(held.id) || (await this.#host.makeSafe(held.id));
    if (this.#isNeeded(held) || this.#isWantedAfterAll(held)) return;
    if (isSafe && !this.#host.isFlushing(held.id)) this.#close(held);
    else this.#reviewIn(DOCUMENT_LINGER_MS, held);
  }

  #isWantedAfterAll(held: Held): boolean {
    held.isWanted = this.#host.othersHolding(held.id) > 0;
    return held.isWanted;
  }

  /** Also what is no longer ours to close needs nothing more. */
  #isNeeded(held: Held): boolean {
    return held.users.size > 0 || held.isWanted || this.#held.get(held.id) !== held || this.#ending.signal.aborted;
  }

  #close(held: Held): void {
    this.#held.delete(held.id);
    this.#host.close(held.id);
  }
}
