/**
 * What an instance publishes to the others of the same peer. It never comes within the call that publishes, but with the next turn
 * of the loop: two instances that answer each other must not keep the loop from everything else. In order; nothing is missed.
 */

import type { InstanceId } from '../../src/base/ids.js';
import { turn } from '../../src/base/turn.js';
import type { Delivery } from '../broadcasts.js';
import type { Follower } from './subscriptions.js';

interface Mail {
  readonly to: readonly Follower[];
  readonly except: InstanceId | undefined;
  readonly delivery: Delivery;
}

export class HouseMail {
  readonly #deliver: (follower: Follower, delivery: Delivery) => void;
  readonly #delivered: () => void;
  #waiting: Mail[] = [];
  #bytes = 0;
  #taken = 0;
  #handed = 0;

  constructor(deliver: (follower: Follower, delivery: Delivery) => void, delivered: () => void) {
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
    this.#bytes += mail.delivery.bytes.length;
    if (this.#waiting.length === 1) void turn().then(() => this.#hand());
  }

  close(): void {
    this.#waiting = [];
  }

  #hand(): void {
    const mails = this.#waiting;
    this.#waiting = [];
    for (const { to, except, delivery } of mails) {
      this.#bytes -= delivery.bytes.length;
      this.#handed++;
      for (const follower of to) if (follower.instance !== except) this.#deliver(follower, delivery);
    }
    this.#delivered();
  }
}
