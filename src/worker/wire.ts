/**
 * One end of a channel between two threads. What is said within a turn travels as one batch, in order; a few batches are under
 * way at a time, and while they are, more gathers into the next ones.
 *
 * Bytes are copied once, into one new memory for the whole batch, which then changes hands. Never is memory handed over that came
 * in from outside: Yjs, or the application, may still read it, and a view of a few bytes may lie in a memory of many.
 *
 * Who reads says so after each batch. So the other side knows what is unread, and keeps what it says within limits (account.ts).
 */

import type { MessagePort } from 'node:worker_threads';

import type { Account } from './account.js';

/** Anything that can be cloned; bytes are in these two fields only. */
export interface Word {
  readonly kind: string;
  readonly frame?: Uint8Array;
  readonly body?: Uint8Array | undefined;
}

/** `read`: how many batches of the other side have been read, one after the other. */
interface Batch<Words> {
  readonly words: readonly Words[];
  readonly read: number;
}

interface Waiting<Said> {
  readonly word: Said;
  readonly bytes: number;
  readonly account: Account | undefined;
}

type Receipt = Omit<Waiting<unknown>, 'word'>;

/** Batches that are under way at a time: one is read while the next is written. */
export const BATCHES_UNDERWAY_MAX = 4;
/** What one turn of the reader's loop has to bear. A single word may be longer. */
export const BATCH_WORDS_MAX = 256;
export const BATCH_BYTES_MAX = 128 * 1024;
/** More than this is said to be read at once; less with the next thing that is said, or every other batch. */
const READ_SAID_BYTES_MIN = 64 * 1024;
/** Where a body begins, so that numbers in it can be read where they lie. */
const ALIGNMENT = 8;

export interface WireOptions<Heard> {
  readonly port: MessagePort;
  readonly heard: (word: Heard) => void;
  /** The other end is gone, with its thread or without. */
  readonly ended: () => void;
  /** Whether this end keeps its thread alive. */
  readonly holdsThread: boolean;
}

export class Wire<Said extends Word, Heard extends Word> {
  readonly #options: WireOptions<Heard>;
  readonly #waiting: Waiting<Said>[] = [];
  readonly #underway: (readonly Receipt[])[] = [];
  /** How many batches of ours the other side has read. */
  #settled = 0;
  #isFlushAwaited = false;
  #isOpen = true;
  /** Batches of the other side, all of them, and those that it has not been told of. */
  #read = 0;
  #untold = 0;
  #untoldBytes = 0;

  constructor(options: WireOptions<Heard>) {
    this.#options = options;
    const { port, holdsThread } = options;
    port.on('message', (batch: Batch<Heard>) => this.#receive(batch));
    port.on('messageerror', () => this.#end());
    port.on('close', () => this.#end());
    if (!holdsThread) port.unref();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Says a word with this turn's batch. Its bytes must not be touched any more. Nothing happens once the other end is gone. */
  say(word: Said, account?: Account): void {
    if (!this.#isOpen) return;
    const bytes = (word.frame?.byteLength ?? 0) + (word.body?.byteLength ?? 0);
    account?.add(bytes);
    this.#waiting.push({ word, bytes, account });
    this.#flushSoon();
  }

  /** As `say`, in this very moment, with all that waits: no further turn may come. */
  sayAtOnce(word: Said): void {
    if (!this.#isOpen) return;
    this.#waiting.push({ word, bytes: 0, account: undefined });
    while (this.#waiting.length > 0) this.#send();
  }

  /** Hands over what waits, and ends. `ended` is not called. */
  close(): void {
    if (!this.#isOpen) return;
    while (this.#waiting.length > 0) this.#send();
    this.#isOpen = false;
    this.#options.port.close();
    this.#release();
  }

  #flushSoon(): void {
    if (this.#isFlushAwaited) return;
    this.#isFlushAwaited = true;
    queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isFlushAwaited = false;
    if (!this.#isOpen) return;
    while (this.#waiting.length > 0 && this.#underway.length < BATCHES_UNDERWAY_MAX) this.#send();
    if (this.#untold >= BATCHES_UNDERWAY_MAX / 2 || this.#untoldBytes >= READ_SAID_BYTES_MIN) this.#post([], []);
  };

  #send(): void {
    const batch = this.#takeBatch();
    this.#underway.push(batch.map(({ bytes, account }) => ({ bytes, account })));
    const { words, memory } = packed(batch);
    this.#post(words, memory === undefined ? [] : [memory]);
  }

  #takeBatch(): Waiting<Said>[] {
    let count = 0;
    for (let bytes = 0; count < this.#waiting.length && count < BATCH_WORDS_MAX; count++) {
      bytes += this.#waiting[count]?.bytes ?? 0;
      if (count > 0 && bytes > BATCH_BYTES_MAX) break;
    }
    return this.#waiting.splice(0, count);
  }

  #post(words: readonly Said[], memory: readonly ArrayBuffer[]): void {
    this.#untold = 0;
    this.#untoldBytes = 0;
    const batch: Batch<Said> = { words, read: this.#read };
    this.#options.port.postMessage(batch, memory);
  }

  #receive({ words, read }: Batch<Heard>): void {
    if (!this.#isOpen) return;
    this.#settle(read);
    for (const word of words) {
      this.#options.heard(word);
      this.#untoldBytes += (word.frame?.byteLength ?? 0) + (word.body?.byteLength ?? 0);
    }
    if (words.length === 0) return;
    this.#read++;
    this.#untold++;
    this.#flushSoon();
  }

  /** `read` counts from the beginning. */
  #settle(read: number): void {
    for (; this.#settled < read; this.#settled++) {
      for (const { account, bytes } of this.#underway.shift() ?? []) account?.remove(bytes);
    }
    if (this.#waiting.length > 0) this.#flushSoon();
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.port.close();
    this.#release();
    this.#options.ended();
  }

  /** Whoever waits for what is unread to become less waits no longer. */
  #release(): void {
    for (const { account, bytes } of [...this.#underway.splice(0).flat(), ...this.#waiting.splice(0)]) account?.remove(bytes);
  }
}

/** The words with their bytes in one memory of their own. */
function packed<Said extends Word>(batch: readonly Waiting<Said>[]): { readonly words: Said[]; readonly memory: ArrayBuffer | undefined } {
  const bytes = batch.reduce((sum, each) => sum + (each.bytes === 0 ? 0 : aligned(each.word.frame) + aligned(each.word.body)), 0);
  if (bytes === 0) return { words: batch.map(({ word }) => word), memory: undefined };
  const memory = new ArrayBuffer(bytes);
  let end = 0;
  const place = (content: Uint8Array): Uint8Array => {
    const placed = new Uint8Array(memory, end, content.byteLength);
    placed.set(content);
    end += aligned(content);
    return placed;
  };
  const words = batch.map(({ word }) => {
    if (word.frame === undefined) return word;
    const frame = place(word.frame);
    return word.body === undefined ? { ...word, frame } : { ...word, frame, body: place(word.body) };
  });
  return { words, memory };
}

function aligned(content: Uint8Array | undefined): number {
  return Math.ceil((content?.byteLength ?? 0) / ALIGNMENT) * ALIGNMENT;
}
