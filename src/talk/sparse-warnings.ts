/**
 * Warnings about what may happen a thousand times a second, told once in a while: a sender whose values nobody can read, a listener
 * that throws at each message.
 */

import { UNREADABLE_WARNING_MS } from '../../talk/limits.js';
import type { ConversationHost } from './conversation-host.js';

/** Subjects that are remembered. Beyond it all are forgotten, and may be told of again. */
const SUBJECTS_WARNED_MAX = 1024;

export class SparseWarnings {
  readonly #host: Pick<ConversationHost, 'clock' | 'warn'>;
  readonly #warnedAt = new Map<string, number>();

  constructor(host: Pick<ConversationHost, 'clock' | 'warn'>) {
    this.#host = host;
  }

  /** `about`: what the same warning is not told of twice. */
  warn(code: string, about: string, message: string): void {
    const subject = `${code} ${about}`;
    const now = this.#host.clock.now();
    const last = this.#warnedAt.get(subject);
    if (last !== undefined && now - last < UNREADABLE_WARNING_MS) return;
    if (this.#warnedAt.size >= SUBJECTS_WARNED_MAX) this.#warnedAt.clear();
    this.#warnedAt.set(subject, now);
    this.#host.warn(code, message);
  }
}
