/**
 * What an instance publishes to the others of the same peer. It never comes within the call that publishes, but with the next turn
 * of the loop: two instances that answer each other must not keep the loop from everything else. In order; nothing is missed.
 */

import type { InstanceId } from '../../src/base/ids.js';
import { turn } from '../../src/base/turn.js';
import type { Origin } from '../broadcasts.js';
import type { Follower } from './subscriptions.js';

interface Mail {
  readonly to: readonly Follower[];
  readonly except: InstanceId | undefined;
  readonly origin: Origin;
  readonly bytes: Uint8Array;
}

type Deliver = (follower: Follower, origin: Origin, bytes: Uint8Array) => void;

export class HouseMail {
  readonly #deliver: Deliver;
  readonly #delivered: () => void;
  #waiting: Mail[] = [];
  #bytes = 0;
  #taken = 0;
  #handed = 0;

  constructor(deliver: Deliver, delivered: () => void) {
    this.#deliver = deliver;
    this.#delivered = delivered;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  get taken(): number {
    return this.#taken;
  }

  get handed(): number {
    return this.#handed;
  }

  add(mail: Mail): void {
    this.#waiting.push(mail);
    this.#taken++;
    this.#bytes += mail.bytes.length;
    if (this.#waiting.length === 1) void turn().then(() => this.#hand());
  }

  close(): void {
    this.#waiting = [];
  }

  #hand(): void {
    const mails = this.#waiting;
    this.#waiting = [];
    for (const { to, except, origin, bytes } of mails) {
      this.#bytes -= bytes.length;
      this.#handed++;
      for (const follower of to) if (follower.instance !== except) this.#deliver(follower, origin, bytes);
    }
    this.#delivered();
  }
}
