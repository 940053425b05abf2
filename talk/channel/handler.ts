/** One instance's handler of one request: works at so many calls at a time; further ones wait in order, within a limit. */

import type { InstanceId } from '../../src/base/ids.js';
import { CALLS_WAITING_BYTES_MAX, CALLS_WAITING_MAX } from '../limits.js';
import type { Call, CallHost } from './call.js';
import { failure } from './failure.js';

export interface RequestHandling {
  readonly inputCodec: string;
  readonly outputCodec: string;
  readonly concurrencyMax: number;
  /** Works at a call: `call.work()` first, `call.done()` in the end. Never throws. */
  called(call: Call): void;
}

export class Handler implements CallHost {
  readonly instance: InstanceId;
  readonly name: string;
  readonly handling: RequestHandling;
  readonly #waiting: Call[] = [];
  #waitingBytes = 0;
  #working = 0;
  #isBeginning = false;
  #isClosed = false;

  constructor(instance: InstanceId, name: string, handling: RequestHandling) {
    this.instance = instance;
    this.name = name;
    this.handling = handling;
  }

  /** What it has to do: who has less is asked first. */
  get load(): number {
    return this.#working + this.#waiting.length;
  }

  ready(call: Call): void {
    if (this.#isClosed) return call.fail(failure('SOCOMM_NO_HANDLER', `the handler of '${this.name}' was taken back`, this.instance));
    const hasRoom = this.#waiting.length < CALLS_WAITING_MAX && this.#waitingBytes + call.input.length <= CALLS_WAITING_BYTES_MAX;
    if (this.#working >= this.handling.concurrencyMax && !hasRoom) {
      return call.fail(
        failure(
          'SOCOMM_BUSY',
          `'${this.name}' has ${this.#working} requests in work and ${this.#waiting.length} that wait; ask somebody else, or later`,
          this.instance,
        ),
      );
    }
    this.#waiting.push(call);
    this.#waitingBytes += call.input.length;
    this.#beginNext();
  }

  withdrawn(call: Call): void {
    const at = this.#waiting.indexOf(call);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#waitingBytes -= call.input.length;
  }

  done(): void {
    this.#working--;
    this.#beginNext();
  }

  /** Who waits is told at once, and may ask somebody else; what is in work goes on. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#waiting.splice(0)) this.ready(call);
  }

  /** A loop, not a recursion: a call may be done before `called` returns. */
  #beginNext(): void {
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    while (this.#working < this.handling.concurrencyMax) {
      const call = this.#waiting.shift();
      if (call === undefined) break;
      this.#waitingBytes -= call.input.length;
      this.#working++;
      this.handling.called(call);
    }
    this.#isBeginning = false;
  }
}
