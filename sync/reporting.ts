/**
 * Documents of memory are in no pulse of the writer's, which has not opened them. So whoever has one open says now and then how it
 * stands, to all who have: a while after it changed or somebody came or went, then more and more seldom. Who hears from another
 * what it would say itself need not say it.
 */

import type { PeerId } from '../src/base/ids.js';
import { compare, report } from './comparing.js';
import type { DocumentState } from './document-state.js';
import { wakeBy } from './engine-state.js';
import type { Step } from './engine-state.js';
import { REPORT_LEAST_MS, REPORT_MAX_MS, REPORT_TURN_MS } from './limits.js';
import type { Frame } from './wire/frame.js';

/** It has changed, or who has it may be others than before. */
export function reportSoon({ state, now }: Step, document: DocumentState): void {
  if (document.isStored) return;
  document.reportMs = REPORT_LEAST_MS;
  // All have heard of it at the same moment: one after the other, so that the first may speak for the others.
  const turn = [...state.links.keys()].filter((id) => id < state.self).length;
  document.reportDueAt = Math.min(document.reportDueAt, now + REPORT_LEAST_MS + turn * REPORT_TURN_MS);
  wakeBy(state, document.reportDueAt);
}

export function reportAllSoon(step: Step): void {
  for (const document of step.state.documents.values()) reportSoon(step, document);
}

export function reportWhenDue(step: Step): void {
  const { state, now, effects } = step;
  for (const document of state.documents.values()) {
    if (document.isStored || document.reportDueAt === Infinity) continue;
    if (now < document.reportDueAt) {
      wakeBy(state, document.reportDueAt);
      continue;
    }
    document.reportDueAt = Infinity;
    if (state.links.size === 0) continue;
    effects.push({ kind: 'publish', key: document.key, frame: { kind: 'report', ...report(step, document) } });
    reportLater(step, document);
  }
}

export function onReport(step: Step, sender: PeerId, theirs: Extract<Frame, { kind: 'report' }>): void {
  const document = step.state.documents.get(theirs.document);
  if (document === undefined) return;
  if (theirs.digest !== '' && theirs.digest === document.replica.digest()) reportLater(step, document);
  compare(step, document, sender, theirs);
}

function reportLater({ state, now }: Step, document: DocumentState): void {
  document.reportDueAt = now + document.reportMs;
  document.reportMs = Math.min(REPORT_MAX_MS, document.reportMs * 2);
  wakeBy(state, document.reportDueAt);
}
