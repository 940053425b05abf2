/**
 * What subscribers ask. A question is a subscription to a key of its own, made after the subscription that it is about: who
 * publishes sees it come, and answers on that very key. As subscriptions travel in order, the answer proves that what is published
 * from then on goes to the asker. It is asked again of those who do not answer; who is lost is not waited for.
 *
 *   ask ──► t/?/<self>/<asked>/<n>/<about> ──► answered(key, from) of all ──► unsubscribed
 *                 └── no answer: asked again, one by one, under new numbers
 */

import type { Clock } from '../src/base/clock.js';
import type { PeerId } from '../src/base/ids.js';
import type { Transport } from '../sync/transport.js';
import { EVERYONE, questionKey } from './keys.js';
import { QUESTION_RETRY_MAX_MS, QUESTION_RETRY_MS } from './limits.js';

export interface Asker {
  /** The subscription key that is asked about. */
  readonly about: string;
  /** The longest wait between two. Default: QUESTION_RETRY_MAX_MS. */
  readonly retryMaxMs?: number;
}

export interface QuestionsOptions {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly transport: Pick<Transport, 'subscribe' | 'unsubscribe'>;
}

interface Question<Subject> {
  readonly subject: Subject;
  readonly left: Set<PeerId>;
}

/** What one peer is asked on behalf of one subscriber. */
interface Pending<Subject> {
  readonly subject: Subject;
  readonly peer: PeerId;
  readonly key: string;
  readonly waitMs: number;
  readonly dueMs: number;
}

export class Questions<Subject extends Asker> {
  readonly #options: QuestionsOptions;
  readonly #questions = new Map<string, Question<Subject>>();
  readonly #pending = new Map<Subject, Map<PeerId, Pending<Subject>>>();
  #count = 0;
  #timerDueMs = Infinity;
  #cancelTimer: () => void = () => undefined;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Asks these peers; what they were asked before on behalf of the same is forgotten. */
  ask(subject: Subject, peers: readonly PeerId[], waitMs: number = QUESTION_RETRY_MS): void {
    if (peers.length === 0) return;
    const { self, clock, transport } = this.#options;
    const [only] = peers.length === 1 ? peers : [];
    const key = questionKey(self, only ?? EVERYONE, ++this.#count, subject.about);
    const pending = this.#pending.get(subject) ?? new Map<PeerId, Pending<Subject>>();
    this.#pending.set(subject, pending);
    const dueMs = clock.now() + waitMs;
    for (const peer of peers) {
      this.#end(subject, peer);
      pending.set(peer, { subject, peer, key, waitMs, dueMs });
    }
    this.#questions.set(key, { subject, left: new Set(peers) });
    transport.subscribe(key);
    this.#arm(dueMs);
  }

  /** On whose behalf the question was asked, if it still stands. */
  subjectOf(key: string): Subject | undefined {
    return this.#questions.get(key)?.subject;
  }

  isAsked(subject: Subject, peer: PeerId): boolean {
    return this.#pending.get(subject)?.has(peer) === true;
  }

  /** The peer has answered this question in full. */
  answered(key: string, from: PeerId): void {
    const question = this.#questions.get(key);
    if (question?.left.has(from) === true) this.#end(question.subject, from);
  }

  peerLost(peer: PeerId): void {
    for (const subject of this.#pending.keys()) this.#end(subject, peer);
  }

  /** Nobody wants to know any longer. */
  forget(subject: Subject): void {
    for (const peer of [...(this.#pending.get(subject)?.keys() ?? [])]) this.#end(subject, peer);
    this.#pending.delete(subject);
  }

  close(): void {
    this.#cancelTimer();
    for (const key of this.#questions.keys()) this.#options.transport.unsubscribe(key);
    this.#questions.clear();
    this.#pending.clear();
  }

  #end(subject: Subject, peer: PeerId): void {
    const pending = this.#pending.get(subject)?.get(peer);
    if (pending === undefined) return;
    this.#pending.get(subject)?.delete(peer);
    const question = this.#questions.get(pending.key);
    question?.left.delete(peer);
    if (question?.left.size !== 0) return;
    this.#questions.delete(pending.key);
    this.#options.transport.unsubscribe(pending.key);
  }

  #arm(dueMs: number): void {
    if (dueMs >= this.#timerDueMs) return;
    this.#cancelTimer();
    this.#timerDueMs = dueMs;
    this.#cancelTimer = this.#options.clock.after(dueMs - this.#options.clock.now(), () => this.#ring());
  }

  #ring(): void {
    this.#timerDueMs = Infinity;
    const now = this.#options.clock.now();
    const all = [...this.#pending.values()].flatMap((peers) => [...peers.values()]);
    for (const { subject, peer, waitMs, dueMs } of all) {
      if (dueMs <= now) this.ask(subject, [peer], Math.min(2 * waitMs, subject.retryMaxMs ?? QUESTION_RETRY_MAX_MS));
      else this.#arm(dueMs);
    }
  }
}
