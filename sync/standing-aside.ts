/**
 * Who comes after others for the office stands aside for a moment when the writer is lost: to attend to the end of its connections costs each
 * follower some milliseconds of the processor, and whoever takes over needs them. A matter of pace: what was lost stays lost meanwhile.
 *
 *   the writer is lost ──▶ others go first, and nobody waits here? ──no──▶ attended to
 *                                      │ yes                                  ▲
 *                                      ▼                                      │ no, or for long
 *                            STAND_ASIDE_MS later: does anybody take over? ───┤
 *                                      ▲──────────────yes─────────────────────┘
 */

import type { Clock } from '../src/base/clock.js';
import type { PeerId } from '../src/base/ids.js';
import type { EngineState } from './engine-state.js';
import { countElders, isBeingTakenOver } from './succession.js';

/** Long enough for who is next to take the lock and say so; short enough if that one is stopped or dies. */
export const STAND_ASIDE_MS = 8;
/** What a takeover takes that writes a difference. A longer one is not waited for: who is stopped in the middle of it is to be told of within 3 s. */
export const STAND_ASIDE_MAX_MS = 32;

export interface StandingAsideOptions {
  readonly clock: Clock;
  readonly state: Readonly<EngineState>;
  readonly attend: (lost: PeerId) => void;
}

export class StandingAside {
  readonly #options: StandingAsideOptions;
  /** Ends the wait, for each who was lost and is not attended to yet. */
  readonly #waiting = new Map<PeerId, () => void>();
  #isStopped = false;

  constructor(options: StandingAsideOptions) {
    this.#options = options;
  }

  /** A connection ended. */
  lost(peer: PeerId): void {
    if (this.#isStopped) return;
    const { writer, flushes, maintenance } = this.#options.state;
    const isAwaited = flushes.size + maintenance.size > 0;
    if (peer !== writer?.id || isAwaited || countElders(this.#options.state) === 0) return this.#options.attend(peer);
    this.#wait(peer, STAND_ASIDE_MS);
  }

  /** Somebody here waits for a writer from now on. */
  end(): void {
    for (const peer of [...this.#waiting.keys()]) this.#attend(peer);
  }

  /** Connections that end later, as they do while a peer closes, leave no timer behind. */
  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #wait(peer: PeerId, waitedMs: number): void {
    const { clock, state } = this.#options;
    this.#waiting.get(peer)?.();
    const look = (): void => {
      if (isBeingTakenOver(state) && waitedMs < STAND_ASIDE_MAX_MS) this.#wait(peer, waitedMs + STAND_ASIDE_MS);
      else this.#attend(peer);
    };
    this.#waiting.set(peer, clock.after(STAND_ASIDE_MS, look));
  }

  #attend(peer: PeerId): void {
    this.#waiting.get(peer)?.();
    this.#waiting.delete(peer);
    this.#options.attend(peer);
  }
}
