/**
 * Receipts: how a publisher learns that all it said has come to everyone, or is counted there as missed. It asks about the topic that
 * has no name. Who is subscribed to anything asks back, behind all its subscriptions, for the last numbers under all keys; once it has
 * them, it answers. Who is subscribed to nothing answers at once. It sees no message, and waits for whoever is linked, however long.
 *
 *   publisher  t/?/<publisher>/*\/<n>/t/*\/|<round>          ──────►  subscriber
 *              ◄──────  t/?/<subscriber>/<publisher>/<m>/t/*\/        behind all its subscriptions
 *              baseline of all keys                          ──────►  behind all that was published: what has not come is missed
 *              ◄──────  answer
 */

import { SocommError } from '../../src/base/errors.js';
import type { PeerId } from '../../src/base/ids.js';
import type { Question } from '../answers.js';
import { EVERYONE, topicKey } from '../keys.js';
import { ANSWERS_WAITING_MAX, RECEIPT_RETRY_MAX_MS } from '../limits.js';
import { Questions } from '../questions.js';
import type { QuestionsOptions } from '../questions.js';
import { Readiness } from '../readiness.js';
import type { Follower, Subscriptions } from './subscriptions.js';

const NO_TOPIC = topicKey(EVERYONE, '');
const ALL_TOPICS = `t/${EVERYONE}/`;

/** One wait of a publisher. */
interface Round {
  readonly about: string;
  close(): void;
}

/** What we ask a publisher who has asked us. */
interface Echo {
  readonly about: string;
  readonly retryMaxMs: number;
  readonly peer: PeerId;
  /** Its question as it was asked last: older ones it has forgotten. */
  key: string;
  question: Question;
  /** Whose subscriptions went before; undefined until it is asked. */
  followers: readonly Follower[] | undefined;
  isAnswered: boolean;
}

export interface ReceiptsOptions {
  readonly mesh: QuestionsOptions;
  readonly subscriptions: Subscriptions;
  readonly linked: ReadonlySet<PeerId>;
  /** The peer has been asked on behalf of this subscription, and has not answered. */
  isUnconfirmed(follower: Follower, peer: PeerId): boolean;
  answer(key: string, question: Question): void;
}

export class Receipts {
  readonly #options: ReceiptsOptions;
  readonly #questions: Questions<Round | Echo>;
  readonly #readiness = new Readiness<Round>();
  readonly #rounds = new Set<Round>();
  readonly #echoes = new Map<string, Echo>();
  #count = 0;

  constructor(options: ReceiptsOptions) {
    this.#options = options;
    this.#questions = new Questions(options.mesh);
  }

  /** Asks all who are linked once `drained` has resolved; resolves when they have answered, or are lost. */
  delivered(drained: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        if (!this.#rounds.delete(round)) return;
        signal?.removeEventListener('abort', aborted);
        this.#questions.forget(round);
        this.#readiness.forget(round);
        settle();
      };
      const aborted = (): void => end(() => reject(signal?.reason));
      const close = (): void => end(() => reject(new SocommError('SOCOMM_CLOSED', 'closed before everyone had confirmed')));
      const round: Round = { about: `${NO_TOPIC}${++this.#count}`, close };
      this.#rounds.add(round);
      if (signal?.aborted === true) return aborted();
      signal?.addEventListener('abort', aborted);
      void drained.then(() => this.#ask(round)).then(() => end(resolve));
    });
  }

  /** A question has come; whether it is answered later, through `answer`. */
  asked(key: string, question: Question): boolean {
    if (!question.about.startsWith(NO_TOPIC) || this.#options.subscriptions.count === 0) return false;
    const id = `${question.asker} ${question.about}`;
    const known = this.#echoes.get(id);
    if (known !== undefined) {
      [known.key, known.question] = [key, question];
      return true;
    }
    const echo: Echo = {
      about: ALL_TOPICS,
      // The answer comes behind all that waits for us: whoever asks again sooner than we take it never hears one.
      retryMaxMs: RECEIPT_RETRY_MAX_MS,
      peer: question.asker,
      key,
      question,
      followers: undefined,
      isAnswered: false,
    };
    this.#echoes.set(id, echo);
    const [oldest] = this.#echoes;
    if (this.#echoes.size > ANSWERS_WAITING_MAX && oldest !== undefined) this.#forget(...oldest);
    if (this.#options.linked.has(echo.peer)) this.#askBack(echo);
    return true;
  }

  /** Whether the key is that of a question of ours which still stands. */
  isAsking(key: string): boolean {
    return this.#questions.subjectOf(key) !== undefined;
  }

  answered(key: string, from: PeerId): void {
    const subject = this.#questions.subjectOf(key);
    if (subject === undefined) return;
    this.#questions.answered(key, from);
    if (!('peer' in subject)) return this.#readiness.answered(subject, from);
    if (subject.peer === from) subject.isAnswered = true;
    this.look();
  }

  /** Answers where nothing is waited for any longer. To be called when a subscription is confirmed, or ends. */
  look(): void {
    for (const [id, echo] of this.#echoes) {
      const isWaiting = (follower: Follower): boolean => follower.isOpen && this.#options.isUnconfirmed(follower, echo.peer);
      if (!echo.isAnswered || echo.followers?.some(isWaiting) === true) continue;
      this.#forget(id, echo);
      this.#options.answer(echo.key, echo.question);
    }
  }

  /** To be called once the peer has been asked on behalf of all subscriptions. */
  peerMet(peer: PeerId): void {
    for (const echo of this.#echoes.values()) if (echo.peer === peer) this.#askBack(echo);
  }

  peerLost(peer: PeerId): void {
    this.#questions.peerLost(peer);
    this.#readiness.peerLost(peer);
    for (const [id, echo] of this.#echoes) if (echo.peer === peer) this.#forget(id, echo);
  }

  close(): void {
    for (const round of this.#rounds) round.close();
    this.#questions.close();
    this.#echoes.clear();
  }

  async #ask(round: Round): Promise<void> {
    if (!this.#rounds.has(round)) return;
    const peers = [...this.#options.linked];
    const answered = this.#readiness.begin(round, peers);
    this.#questions.ask(round, peers);
    await answered;
  }

  #askBack(echo: Echo): void {
    echo.followers = this.#options.subscriptions.all();
    this.#questions.ask(echo, [echo.peer]);
  }

  #forget(id: string, echo: Echo): void {
    this.#echoes.delete(id);
    this.#questions.forget(echo);
  }
}
