/**
 * What comes in at one end of a channel: pieces become values, which wait until somebody takes them. What is taken is granted to
 * the other end again. An end that sends on beyond its window breaks the rules, and that is said.
 */

import { GRANT_BYTES_MIN, LARGE_BYTES_MIN, POSTED_VALUE_BYTES_MAX, VALUE_COST_BYTES, WINDOW_BYTES } from '../limits.js';
import { failure } from './failure.js';
import type { Failure } from './failure.js';

export interface Arrival {
  readonly continues: boolean;
  readonly isLast: boolean;
  readonly payload: Uint8Array;
}

export interface IncomingHost {
  /** Counts what waits to become whole, over all channels of a peer; false where that is too much. */
  hold(bytes: number): boolean;
  /** Tells the other end that so much has been read. */
  grant(bytes: number): void;
}

export class Incoming {
  readonly #host: IncomingHost;
  readonly #values: Uint8Array[] = [];
  /** The first value that is not taken. */
  #head = 0;
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #unreadBytes = 0;
  #ungrantedBytes = 0;
  /** The other end has said all. */
  isFinished = false;

  constructor(host: IncomingHost) {
    this.#host = host;
  }

  get hasValue(): boolean {
    return this.#head < this.#values.length;
  }

  /** Everything that will ever come has been taken. */
  get isReadOut(): boolean {
    return this.isFinished && !this.hasValue;
  }

  /** Returns why the channel cannot go on. */
  receive({ continues, isLast, payload }: Arrival): Failure | undefined {
    if (this.isFinished) return failure('SOCOMM_OVERFLOW', 'the other end went on after its end');
    if (this.#parts.length === 0 && this.#unreadBytes >= WINDOW_BYTES) {
      return failure('SOCOMM_OVERFLOW', `the other end sent more than ${WINDOW_BYTES} bytes that nobody had read`);
    }
    if (this.#partsBytes + payload.length > POSTED_VALUE_BYTES_MAX) {
      return failure('SOCOMM_TOO_LARGE', `a value of more than ${POSTED_VALUE_BYTES_MAX} bytes came in`);
    }
    if (continues) return this.#keep(payload);
    const value = this.#whole(payload);
    this.#values.push(value);
    this.#unreadBytes += value.length + VALUE_COST_BYTES;
    this.isFinished = isLast;
    return undefined;
  }

  finish(): Failure | undefined {
    if (this.#parts.length > 0) return failure('SOCOMM_VALUE_INVALID', 'the other end finished in the middle of a value');
    this.isFinished = true;
    return undefined;
  }

  take(): Uint8Array | undefined {
    const value = this.#values[this.#head];
    if (value === undefined) return undefined;
    this.#values[this.#head++] = undefined as unknown as Uint8Array;
    if (this.#head === this.#values.length || this.#head >= 64) {
      this.#values.splice(0, this.#head);
      this.#head = 0;
    }
    const cost = value.length + VALUE_COST_BYTES;
    this.#unreadBytes -= cost;
    this.#ungrantedBytes += cost;
    if (this.#ungrantedBytes >= GRANT_BYTES_MIN && !this.isFinished) {
      this.#host.grant(this.#ungrantedBytes);
      this.#ungrantedBytes = 0;
    }
    return value;
  }

  /** What is unread is dropped. */
  stop(): void {
    this.#values.length = this.#head = 0;
    this.#dropParts();
    this.isFinished = true;
  }

  #keep(payload: Uint8Array): Failure | undefined {
    // Pieces are large: no list of many small ones is kept for anybody.
    if (payload.length < LARGE_BYTES_MIN) return failure('SOCOMM_VALUE_INVALID', `a piece of ${payload.length} bytes that goes on`);
    if (!this.#host.hold(payload.length)) {
      return failure('SOCOMM_BUSY', 'too much waits to become whole at the other end; send less at a time, or try again later');
    }
    this.#parts.push(payload);
    this.#partsBytes += payload.length;
    return undefined;
  }

  #whole(payload: Uint8Array): Uint8Array {
    if (this.#parts.length === 0) return payload;
    const value = new Uint8Array(this.#partsBytes + payload.length);
    let at = 0;
    for (const part of this.#parts) {
      value.set(part, at);
      at += part.length;
    }
    value.set(payload, at);
    this.#dropParts();
    return value;
  }

  #dropParts(): void {
    if (this.#partsBytes > 0) this.#host.hold(-this.#partsBytes);
    this.#partsBytes = 0;
    this.#parts = [];
  }
}
