/**
 * Questions of others that wait for our answer, each once, within a limit: whoever is forgotten asks again. What the answer says is
 * decided only when it goes.
 */

import type { PeerId } from '../src/base/ids.js';
import { EVERYONE, readKey } from './keys.js';
import type { TalkKey } from './keys.js';
import { ANSWERS_WAITING_MAX } from './limits.js';

export type Question = Extract<TalkKey, { kind: 'question' }>;

/** A question to us, if the key is one. */
export function questionTo(self: PeerId, key: string): Question | undefined {
  const read = readKey(key);
  if (read?.kind !== 'question' || read.asker === self) return undefined;
  return read.asked === EVERYONE || read.asked === self ? read : undefined;
}

export class Answers {
  readonly #waiting = new Map<string, Question>();

  add(key: string, question: Question): void {
    this.#waiting.set(key, question);
    if (this.#waiting.size <= ANSWERS_WAITING_MAX) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }

  next(): { readonly key: string; readonly question: Question } | undefined {
    for (const [key, question] of this.#waiting) {
      this.#waiting.delete(key);
      return { key, question };
    }
    return undefined;
  }
}
