/** A worker's side of what the main thread does for one peer: calls that are answered, words that are not, and what is heard. */

import { SocommError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { Account } from './account.js';
import { errorOf } from './failure.js';
import type { Wire } from './wire.js';
import type { Call, FromHost, FromWorker, HeardWord } from './words.js';

/** A call without its number. */
export type Asked = Call extends infer Each ? (Each extends Call ? Omit<Each, 'call'> : never) : never;
export type Said = Exclude<FromWorker, Call>;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Line {
  /** The store's, as the main thread found it. */
  readonly directory: string;
  /** What the transport in the main thread hears; set by ours. */
  onHeard: (word: HeardWord) => void = () => undefined;
  /** Saves what this peer alone has, synchronously; never throws. */
  onExiting: () => void = () => undefined;
  /** What the main thread has to say of this peer's roster. */
  log: Log = () => undefined;
  readonly #wire: Wire<FromWorker, FromHost>;
  readonly #pending = new Map<number, Pending>();
  readonly #endings = new Set<() => void>();
  #count = 0;
  #isEnding = false;

  constructor(directory: string, wire: Wire<FromWorker, FromHost>) {
    this.directory = directory;
    this.#wire = wire;
  }

  /** Rejects with what it came to in the main thread, or SOCOMM_CLOSED once nobody hosts this peer any more. */
  async ask<Value = void>(asked: Asked, account?: Account): Promise<Value> {
    if (!this.#wire.isOpen) throw hostGone();
    return new Promise<Value>((resolve, reject) => {
      const call = ++this.#count;
      // Both ends are of one version: a call's answer is what the call's name says.
      this.#pending.set(call, { resolve: (value) => resolve(value as Value), reject });
      this.#wire.say({ ...asked, call }, account);
    });
  }

  /** As `ask`, of what has come about where the host is gone too. */
  async askToEnd(asked: Asked, account?: Account): Promise<void> {
    await this.ask(asked, account).catch((error: unknown) => {
      if (this.#wire.isOpen) throw error;
    });
  }

  say(word: Said, account?: Account): void {
    this.#wire.say(word, account);
  }

  hear(word: FromHost): void {
    switch (word.kind) {
      case 'done':
        return this.#take(word.call)?.resolve(word.value);
      case 'failed':
        return this.#take(word.call)?.reject(errorOf(word.failure));
      case 'ending':
        return this.#end();
      case 'exiting':
        this.onExiting();
        Atomics.add(word.saved, 0, 1);
        Atomics.notify(word.saved, 0);
        return;
      case 'logged':
        return this.log(word.entry);
      case 'taken':
      case 'welcome':
      case 'refused':
        return; // of the knock, which is long over
      default:
        return this.onHeard(word);
    }
  }

  /** The main thread is gone, or does not want to carry this peer any longer. */
  hostGone(): void {
    for (const { reject } of this.#pending.values()) reject(hostGone());
    this.#pending.clear();
    this.#end();
  }

  /** Calls `ending` once, when the peer is to close: its host ends, or has ended. Returns what takes that back. */
  whenEnding(ending: () => void): () => void {
    if (this.#isEnding) ending();
    else this.#endings.add(ending);
    return () => void this.#endings.delete(ending);
  }

  close(): void {
    this.#endings.clear();
    this.#wire.close();
  }

  #take(call: number): Pending | undefined {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    return pending;
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    for (const ending of this.#endings) ending();
    this.#endings.clear();
  }
}

function hostGone(): SocommError {
  return new SocommError(
    'SOCOMM_CLOSED',
    'The main thread hosts no worker threads any more (the function that hostWorkers() returned was called).',
  );
}
