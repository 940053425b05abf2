/**
 * Who may write: a deterministic machine over the kernel's word. Spec and invariants: docs/ELECTION.md.
 *
 *                    denied: try again later
 *                  ┌────────┐
 *                  ▼        │
 *   started ──► following ──┴─ granted ──► taking over ── first record durable ──► leading
 *                  ▲                            │                                    │
 *                  │◄───────── failed ──────────┘                                    │
 *                  │◄──────── stepped down ◄──── stepping down ◄─ failed, robbed ────┤
 *                                                      ▲                             │
 *   abstaining (storage: 'never')      closed ◄────────┴──────────── close ──────────┘
 *
 * The lock is tried at once when the writer goes, then ever more slowly while it is denied: the kernel frees it a
 * moment after a killed process's sockets are closed. Otherwise a slow, jittered poll. A try costs 10 µs and is no wait.
 */

import { unreachable } from '../base/errors.js';

export type ElectionState =
  | { readonly kind: 'abstaining' }
  /** `tries` of the quick series were denied so far; `failures` takeovers failed in a row. */
  | { readonly kind: 'following'; readonly tries: number; readonly failures: number }
  | { readonly kind: 'taking-over'; readonly failures: number }
  | { readonly kind: 'leading'; readonly term: number }
  | { readonly kind: 'stepping-down'; readonly failures: number; readonly isClosing: boolean }
  | { readonly kind: 'closed' };

export type ElectionInput =
  | { readonly kind: 'started' }
  /** The time that `wait` asked for is over. */
  | { readonly kind: 'due' }
  | { readonly kind: 'granted' }
  | { readonly kind: 'denied' }
  /** The writer's connection dropped, it said goodbye, or it stepped down. `isNext`: nobody who may write has been here for longer. */
  | { readonly kind: 'writer-gone'; readonly isNext: boolean }
  /** Somebody else announced itself. */
  | { readonly kind: 'writer-seen' }
  | { readonly kind: 'took-over'; readonly term: number }
  /** The takeover, or later the store, failed. */
  | { readonly kind: 'failed' }
  /** While leading: the lock is no longer ours, though nothing is wrong with the store. */
  | { readonly kind: 'robbed' }
  | { readonly kind: 'stepped-down' }
  | { readonly kind: 'close' };

export type ElectionEffect =
  /** Answer with `granted` or `denied`. */
  | { readonly kind: 'try-lock' }
  /** Answer with `took-over` or `failed`. */
  | { readonly kind: 'take-over' }
  /** End what was begun, close the store, release the lock; answer with `stepped-down`. */
  | { readonly kind: 'step-down' }
  /**
   * Answer with `due`; replaces an earlier wait. `jitter` is the share of it that is left to chance. `isShared`: what it is for any of the candidates
   * would notice, so where they are many each may wait for longer.
   */
  | { readonly kind: 'wait'; readonly delayMs: number; readonly jitter: number; readonly isShared: boolean }
  | { readonly kind: 'lead'; readonly term: number }
  /** Make sure that the lock is still ours, also while there is nothing to write; if not, answer with `robbed`. */
  | { readonly kind: 'check-lock' };

export interface ElectionStep {
  readonly state: ElectionState;
  readonly effects: readonly ElectionEffect[];
}

/**
 * The waits between tries after the writer has gone. A killed process's lock is free 1 to 2 ms after its sockets on a quiet
 * machine, much later on a busy one; so the steps stay small beside what has passed already.
 */
export const QUICK_TRIES_MS = [1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16, 16, 32, 32, 32, 64, 64, 128] as const;
/**
 * Who is not next begins only here in the series, after 8 ms: long enough for who is next to take the lock and say so, with the
 * processor to itself, and short enough if that one is stopped or dies.
 */
export const HEAD_START_TRIES = 7;
export const POLL_MS = 2000;
/** While somebody writes, so many candidates look as often as that; where there are more, each waits for longer, in all as often … */
export const POLLING_MAX = 8;
/** … but no more than this many times as long, on average. */
export const POLL_STRETCH_MAX = 4;
export const COOL_DOWN_MS = 1000;
/**
 * A disk that was full is free again without a word to us: this is how long that may stay unnoticed. A try that fails costs some
 * milliseconds of disk, so looking as often as this burdens nobody.
 */
export const COOL_DOWN_MAX_MS = 8_000;

/** How long one of so many candidates waits for what any of them would notice: all heard of the writer in one moment, and are not to look in one moment. */
export function sharedMs(delayMs: number, candidates: number, fraction: () => number): number {
  const stretch = Math.min(POLL_STRETCH_MAX, candidates / POLLING_MAX);
  return stretch <= 1 ? delayMs : delayMs * (1 + 2 * (stretch - 1) * fraction());
}

export function initialElection(canWrite: boolean): ElectionState {
  return canWrite ? { kind: 'following', tries: QUICK_TRIES_MS.length, failures: 0 } : { kind: 'abstaining' };
}

export function elect(state: ElectionState, input: ElectionInput): ElectionStep {
  switch (state.kind) {
    case 'abstaining':
      return stay(input.kind === 'close' ? { kind: 'closed' } : state);
    case 'following':
      return follow(state, input);
    case 'taking-over':
      return takeOver(state, input);
    case 'leading':
      return lead(state, input);
    case 'stepping-down':
      return stepDown(state, input);
    case 'closed':
      return stay(state);
    default:
      return unreachable(state);
  }
}

type StateOf<Kind extends ElectionState['kind']> = Extract<ElectionState, { kind: Kind }>;

function stay(state: ElectionState): ElectionStep {
  return { state, effects: [] };
}

function follow(state: StateOf<'following'>, input: ElectionInput): ElectionStep {
  switch (input.kind) {
    case 'started':
    case 'due':
      return { state, effects: [{ kind: 'try-lock' }] };
    case 'writer-gone':
      // One that failed a moment ago leaves the first chance to others.
      if (state.failures > 0) return stay(state);
      if (!input.isNext) return follow({ ...state, tries: HEAD_START_TRIES }, { kind: 'denied' });
      return { state: { ...state, tries: 0 }, effects: [{ kind: 'try-lock' }] };
    case 'writer-seen':
      // It could take over, so whatever made us fail before is no reason to stand back at its end.
      return { state: { ...state, tries: QUICK_TRIES_MS.length, failures: 0 }, effects: [poll({ isShared: true })] };
    case 'granted':
      return { state: { kind: 'taking-over', failures: state.failures }, effects: [{ kind: 'take-over' }] };
    case 'denied': {
      const delayMs = QUICK_TRIES_MS[state.tries];
      if (delayMs === undefined) return { state, effects: [poll({ isShared: true })] };
      return { state: { ...state, tries: state.tries + 1 }, effects: [{ kind: 'wait', delayMs, jitter: 0.5, isShared: false }] };
    }
    case 'close':
      return stay({ kind: 'closed' });
    case 'took-over':
    case 'failed':
    case 'robbed':
    case 'stepped-down':
      return stay(state);
    default:
      return unreachable(input);
  }
}

function poll({ isShared }: { readonly isShared: boolean }): ElectionEffect {
  return { kind: 'wait', delayMs: POLL_MS, jitter: 0.5, isShared };
}

function takeOver(state: StateOf<'taking-over'>, input: ElectionInput): ElectionStep {
  switch (input.kind) {
    case 'took-over':
      return { state: { kind: 'leading', term: input.term }, effects: [{ kind: 'lead', term: input.term }, poll({ isShared: false })] };
    case 'failed':
      return { state: { kind: 'stepping-down', failures: state.failures + 1, isClosing: false }, effects: [{ kind: 'step-down' }] };
    case 'close':
      return { state: { kind: 'stepping-down', failures: state.failures, isClosing: true }, effects: [{ kind: 'step-down' }] };
    case 'started':
    case 'due':
    case 'granted':
    case 'denied':
    case 'writer-gone':
    case 'writer-seen':
    case 'robbed':
    case 'stepped-down':
      return stay(state);
    default:
      return unreachable(input);
  }
}

function lead(state: StateOf<'leading'>, input: ElectionInput): ElectionStep {
  switch (input.kind) {
    case 'failed':
      return { state: { kind: 'stepping-down', failures: 1, isClosing: false }, effects: [{ kind: 'step-down' }] };
    case 'robbed':
      return { state: { kind: 'stepping-down', failures: 0, isClosing: false }, effects: [{ kind: 'step-down' }] };
    case 'writer-seen':
      // Under a higher term: it could only lead if it has the lock that we believe to hold.
      return { state, effects: [{ kind: 'check-lock' }] };
    case 'close':
      return { state: { kind: 'stepping-down', failures: 0, isClosing: true }, effects: [{ kind: 'step-down' }] };
    case 'due':
      return { state, effects: [poll({ isShared: false }), { kind: 'check-lock' }] };
    case 'started':
    case 'granted':
    case 'denied':
    case 'writer-gone':
    case 'took-over':
    case 'stepped-down':
      return stay(state);
    default:
      return unreachable(input);
  }
}

function stepDown(state: StateOf<'stepping-down'>, input: ElectionInput): ElectionStep {
  switch (input.kind) {
    case 'close':
      return stay({ ...state, isClosing: true });
    case 'writer-seen':
      // It has the lock that we were robbed of: nothing is wrong with us that would make us stand back at its end.
      return stay({ ...state, failures: 0 });
    case 'stepped-down': {
      if (state.isClosing) return stay({ kind: 'closed' });
      const following = { kind: 'following', tries: QUICK_TRIES_MS.length, failures: state.failures } as const;
      // Robbed, or succeeded meanwhile: if nobody has the lock, we are as good as anybody.
      if (state.failures === 0) return { state: following, effects: [{ kind: 'try-lock' }] };
      const delayMs = Math.min(COOL_DOWN_MAX_MS, COOL_DOWN_MS * 2 ** (state.failures - 1));
      return { state: following, effects: [{ kind: 'wait', delayMs, jitter: 0.5, isShared: false }] };
    }
    case 'started':
    case 'due':
    case 'granted':
    case 'denied':
    case 'writer-gone':
    case 'took-over':
    case 'failed':
    case 'robbed':
      return stay(state);
    default:
      return unreachable(input);
  }
}
