/**
 * Everything that the demo learns or does, as a closed union: the screen, the plain lines and `--json` are three ways to
 * show the same events. An event says what was seen, never what was hoped for.
 */

import type { Build, CopyReport } from './messages.js';

/** The acts of the story, in order. */
export const ACTS = ['contrast', 'meeting', 'import', 'edits', 'kill', 'reckoning', 'replacement', 'cold start'] as const;
export type Act = (typeof ACTS)[number];

export type DemoEvent =
  | { readonly kind: 'act-began'; readonly act: Act }
  | { readonly kind: 'cleared'; readonly directory: string }
  // Without socomm.
  | { readonly kind: 'bare-opened'; readonly copy: 1 | 2; readonly toWrite: number }
  | { readonly kind: 'bare-acknowledged'; readonly copy: 1 | 2; readonly total: number }
  | { readonly kind: 'bare-refused'; readonly during: string; readonly code: string }
  | { readonly kind: 'bare-ended'; readonly outcome: ContrastOutcome }
  // With socomm.
  | { readonly kind: 'player-started'; readonly player: number; readonly pid: number }
  | { readonly kind: 'player-joined'; readonly player: number; readonly tookMs: number; readonly presets: number }
  | { readonly kind: 'double-import-seen' }
  | { readonly kind: 'elected'; readonly lane: LaneName; readonly term: number; readonly peers: number }
  | { readonly kind: 'reported'; readonly player: number; readonly copies: readonly CopyReport[] }
  | { readonly kind: 'progressed'; readonly done: number; readonly total: number }
  | { readonly kind: 'imported'; readonly lane: LaneName; readonly presets: number; readonly tookMs: number; readonly problems: number }
  | {
      readonly kind: 'converged';
      readonly peers: number;
      readonly digest: string;
      readonly presets: number;
      readonly afterMs: number;
      readonly after: 'import' | 'edits';
    }
  | { readonly kind: 'edits-began'; readonly peers: number; readonly perSecond: number }
  | { readonly kind: 'acknowledged'; readonly total: number }
  | { readonly kind: 'killed'; readonly player: number; readonly pid: number; readonly lane: LaneName; readonly acknowledged: number }
  | { readonly kind: 'taken-over'; readonly lane: LaneName; readonly term: number; readonly afterMs: number }
  | { readonly kind: 'acknowledged-again'; readonly lane: LaneName; readonly term: number; readonly afterMs: number }
  | { readonly kind: 'edits-ended'; readonly made: number; readonly acknowledged: number }
  | {
      readonly kind: 'ledger-read';
      readonly peers: number;
      readonly acknowledged: number;
      readonly missing: number;
      readonly changed: number;
      readonly isCold: boolean;
    }
  | { readonly kind: 'caught-up'; readonly player: number; readonly afterMs: number; readonly digest: string }
  | { readonly kind: 'stopped'; readonly players: number; readonly tookMs: number; readonly bytes: number }
  | { readonly kind: 'loaded-cold'; readonly peers: number; readonly presets: number; readonly digest: string; readonly tookMs: number }
  | { readonly kind: 'warned'; readonly lane: LaneName; readonly message: string }
  /** A process ended that the demo had neither killed nor stopped. */
  | { readonly kind: 'lost'; readonly player: number; readonly how: string }
  // How it ended.
  | { readonly kind: 'checked'; readonly check: string; readonly isTrue: boolean; readonly detail: string }
  | { readonly kind: 'stayed' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'interrupted' }
  /** The last one, but for what comes while it stays. */
  | { readonly kind: 'concluded'; readonly report: DemoReport; readonly commands: readonly string[] };

/** One copy of one player, e.g. player 2's CJS. */
export interface LaneName {
  readonly player: number;
  readonly build: Build;
}

/** What became of the records that two copies of bare `level` had acknowledged. */
export type ContrastOutcome =
  | { readonly kind: 'counted'; readonly acknowledged: number; readonly found: number }
  | { readonly kind: 'unreadable'; readonly acknowledged: number; readonly code: string }
  | { readonly kind: 'crashed'; readonly acknowledged: number; readonly signal: string };

export interface DemoReport {
  readonly isGood: boolean;
  /** Every check by name: what was found. A check that was never reached is missing, and named in `unreached`. */
  readonly checks: readonly { readonly check: string; readonly isTrue: boolean; readonly detail: string }[];
  readonly unreached: readonly string[];
  readonly figures: Figures;
}

/** For the closing table. Each stays undefined until it was measured. */
export interface Figures {
  readonly contrastAcknowledged?: number;
  readonly contrastFound?: number;
  readonly presets?: number;
  readonly digest?: string;
  readonly meetingMs?: number;
  readonly importMs?: number;
  readonly convergenceMs?: number;
  readonly editsMade?: number;
  readonly editsAcknowledged?: number;
  /** The worst of all copies, at either reckoning. */
  readonly editsMissing?: number;
  readonly lagMs?: number;
  readonly takeoverMs?: number;
  readonly acknowledgedAgainMs?: number;
  readonly catchUpMs?: number;
  readonly coldMs?: number;
  readonly storeBytes?: number;
  readonly directory?: string;
  readonly tookMs?: number;
}
