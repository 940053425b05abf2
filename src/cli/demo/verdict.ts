/**
 * What must have been checked and true for the demo to end well. A check that was never reached counts as failed:
 * a story that ends early must not pass by saying little.
 */

import type { DemoReport, Figures } from './events.js';

export const CHECKS = [
  'the contrast was counted',
  'eight peers met',
  'one writer, and all agree on it',
  'every preset was imported',
  'eight equal digests after the import',
  'all eight edited and were acknowledged',
  'the writer was killed in the midst of edits',
  'a survivor took over with a higher term',
  'edits were acknowledged again',
  'equal digests after the edits',
  'no acknowledged edit is missing at any survivor',
  'a fresh player caught up',
  'all stopped in order',
  'the cold store equals what was stopped',
  'no acknowledged edit is missing after the cold start',
] as const;

export type Check = (typeof CHECKS)[number];

export interface Finding {
  readonly check: Check;
  readonly isTrue: boolean;
  /** The figures it rests on. */
  readonly detail: string;
}

export class Verdict {
  readonly #findings = new Map<Check, Finding>();

  /** A check that is made several times is true only if each was. */
  note(finding: Finding): void {
    if (this.#findings.get(finding.check)?.isTrue !== false) this.#findings.set(finding.check, finding);
  }

  report(figures: Figures): DemoReport {
    const unreached = CHECKS.filter((check) => !this.#findings.has(check));
    const checks = [...this.#findings.values()];
    return { isGood: unreached.length === 0 && checks.every(({ isTrue }) => isTrue), checks, unreached, figures };
  }
}
