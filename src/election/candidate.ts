/** The shell around the election: performs its effects, and tells it what became of them. */

import type { Clock } from '../base/clock.js';
import { unreachable } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { elect, initialElection, sharedMs } from './election.js';
import type { ElectionEffect, ElectionInput, ElectionState } from './election.js';

export interface CandidateOptions {
  readonly canWrite: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** How many, with us, look whether the lock is free though somebody writes. */
  candidates(): number;
  /** Takes the lock if it is free; true if it is ours now. Must not throw. */
  tryLock(): boolean;
  /** Resolves when the first record of the new term is durable. */
  takeOver(): Promise<number>;
  /** Ends what `takeOver` began, in this order: last batch (if it can be), database, lock. */
  stepDown(options: { readonly isOrderly: boolean }): Promise<void>;
  lead(term: number): void;
  /** Feeds `failed` where the lock is not ours any more. */
  checkLock(): void;
  takeoverFailed(error: unknown): void;
  stepDownFailed(error: unknown): void;
}

export class Candidate {
  readonly #options: CandidateOptions;
  #state: ElectionState;
  #cancelWait: () => void = () => undefined;
  #closed: (() => void) | undefined;

  constructor(options: CandidateOptions) {
    this.#options = options;
    this.#state = initialElection(options.canWrite);
  }

  get state(): ElectionState {
    return this.#state;
  }

  feed(input: ElectionInput): void {
    const { state, effects } = elect(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (this.#state.kind === 'closed') this.#closed?.();
  }

  /** Resolves when nothing of the office is left: database closed, lock free. */
  close(): Promise<void> {
    this.#cancelWait();
    const closed = new Promise<void>((resolve) => (this.#closed = resolve));
    this.feed({ kind: 'close' });
    return closed;
  }

  /** Ends at once and keeps the state that a kill would leave. */
  crash(): void {
    this.#cancelWait();
    this.#state = { kind: 'closed' };
  }

  #perform(effect: ElectionEffect): void {
    const { clock, random } = this.#options;
    switch (effect.kind) {
      case 'try-lock':
        this.#cancelWait();
        return this.feed({ kind: this.#options.tryLock() ? 'granted' : 'denied' });
      case 'take-over':
        return void this.#takeOver();
      case 'step-down':
        return void this.#stepDown();
      case 'lead':
        return this.#options.lead(effect.term);
      case 'check-lock':
        return this.#options.checkLock();
      case 'wait': {
        this.#cancelWait();
        // Half a jitter below, half above: candidates that lost the same writer do not try in step.
        const sharers = effect.isShared ? this.#options.candidates() : 1;
        const delayMs = sharedMs(effect.delayMs, sharers, () => random.fraction()) * (1 + effect.jitter * (random.fraction() - 0.5));
        this.#cancelWait = clock.after(delayMs, () => this.feed({ kind: 'due' }));
        return;
      }
      default:
        unreachable(effect);
    }
  }

  async #takeOver(): Promise<void> {
    try {
      this.feed({ kind: 'took-over', term: await this.#options.takeOver() });
    } catch (error) {
      this.#options.takeoverFailed(error);
      this.feed({ kind: 'failed' });
    }
  }

  async #stepDown(): Promise<void> {
    const isOrderly = this.#state.kind === 'stepping-down' && this.#state.isClosing;
    try {
      await this.#options.stepDown({ isOrderly });
    } catch (error) {
      this.#options.stepDownFailed(error);
    }
    this.feed({ kind: 'stepped-down' });
  }
}
