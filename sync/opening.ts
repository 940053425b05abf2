/** Documents that are opened, read from the store and closed here. Closed ones leave nothing behind but our own last number. */

import { settle } from './catch-up.js';
import { createDocument } from './document-state.js';
import { doubt, noteTail } from './doubt.js';
import type { Input } from './engine-io.js';
import type { Step } from './engine-state.js';
import { dropTarget } from './flushing.js';
import { tellClosed, tellOpened } from './holding.js';
import { documentKey } from './keys.js';
import { DOUBT_GRACE_MS, FLUSH_GRACE_MS } from './limits.js';
import { keepNumber, recallNumber } from './own-numbers.js';
import { sayLast } from './updates.js';
import { noteLoaded } from './wholeness.js';

type Opened = Extract<Input, { kind: 'document-opened' }>;

export function openDocument(step: Step, { document: name, replica, isStored }: Opened): void {
  const { state } = step;
  const ownSeq = recallNumber(state.ownNumbers, name);
  const document = createDocument({ name, key: documentKey(name), replica, isStored, ownSeq });
  if (isStored && state.status.term > 0) {
    document.vouchesFrom = Infinity;
    // Others may have it open with something that the store has not: the next pulses compare.
    document.changedAt = step.now;
  }
  state.documents.set(name, document);
  step.effects.push({ kind: 'subscribe', key: document.key });
  // Before anything is asked about it: who is asked for a document that it does not keep has to know by then why.
  tellOpened(step, document);
  for (const { peer, targets } of state.flushesWaiting) {
    const seq = targets.get(name);
    if (seq !== undefined) noteTail(step, document, { sender: peer, seq, graceMs: FLUSH_GRACE_MS });
  }
  settle(step, document);
}

export function markLoaded(step: Step, name: string): void {
  const document = step.state.documents.get(name);
  if (document === undefined) return;
  noteLoaded(step, document);
  // The store may have lost what something in it builds on.
  if (document.replica.hasPending()) {
    if (document.pendingSince === Infinity) document.pendingSince = step.now;
    doubt(step, document, step.state.self, { graceMs: DOUBT_GRACE_MS, evidence: true });
  }
  settle(step, document);
}

export function closeDocument(step: Step, name: string): void {
  const { state, effects } = step;
  const document = state.documents.get(name);
  if (document === undefined) return;
  sayLast(step, document);
  state.documents.delete(name);
  keepNumber(state.ownNumbers, name, document.ownSeq);
  for (const { wants, held } of state.links.values()) {
    wants.delete(name);
    held.askedEarly.delete(name);
  }
  for (const key of state.answers.keys()) if (key.endsWith(`/${name}`)) state.answers.delete(key);
  effects.push({ kind: 'unsubscribe', key: document.key });
  tellClosed(step, document);
  dropTarget(step, name);
}
