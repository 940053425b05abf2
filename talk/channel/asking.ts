/**
 * A request to anybody who handles it: one is picked, of those that have least to do for us; where it no longer handles it, the
 * next is asked. Nobody is asked twice, and nobody else once somebody may have begun.
 */

import type { InstanceId } from '../../src/base/ids.js';
import type { Channel, ChannelOwner } from './channel.js';
import type { Failure } from './failure.js';

export interface AskingHost {
  /** Whom to ask next, if anybody is left. */
  pick(tried: ReadonlySet<InstanceId>): InstanceId | undefined;
  /** Asks one. The channel, or why there is none. */
  ask(to: InstanceId, owner: ChannelOwner): Channel | Failure;
  /** Nobody is left. */
  nobody(): Failure;
  /** It is over, whatever came of it. */
  over(): void;
}

/** Only who has not begun says these. */
const REFUSALS: ReadonlySet<string> = new Set(['SOCOMM_NO_HANDLER', 'SOCOMM_PEER_UNKNOWN', 'SOCOMM_BUSY']);

/** What whoever asks has in hand. */
export interface Exchange {
  readonly isReadOut: boolean;
  readonly other: InstanceId | undefined;
  take(): Uint8Array | undefined;
  /** Ends it; the owner is not told. */
  abort(failure: Failure): void;
}

export class Asking implements ChannelOwner, Exchange {
  readonly own: InstanceId;
  readonly #host: AskingHost;
  readonly #owner: ChannelOwner;
  readonly #tried = new Set<InstanceId>();
  #channel: Channel | undefined;
  /** What the last one said who did not take it. */
  #refusal: Failure | undefined;
  #isOver = false;

  constructor(own: InstanceId, host: AskingHost, owner: ChannelOwner) {
    this.own = own;
    this.#host = host;
    this.#owner = owner;
  }

  get isReadOut(): boolean {
    return this.#channel?.isReadOut === true;
  }

  get other(): InstanceId | undefined {
    return this.#channel?.other;
  }

  take(): Uint8Array | undefined {
    return this.#channel?.take();
  }

  abort(failure: Failure): void {
    if (this.#isOver) return;
    this.#end();
    this.#channel?.abort(failure);
  }

  /** Asks the next one. */
  begin(): void {
    while (!this.#isOver) {
      const to = this.#host.pick(this.#tried);
      if (to === undefined) return this.ended(this.#refusal ?? this.#host.nobody());
      this.#tried.add(to);
      const asked = this.#host.ask(to, this);
      if (!('code' in asked)) {
        this.#channel = asked;
        return;
      }
      this.#refusal = asked;
    }
  }

  accepted(): void {
    this.#owner.accepted();
  }

  readable(): void {
    if (!this.#isOver) this.#owner.readable();
  }

  writable(): void {
    this.#owner.writable();
  }

  ended(failure: Failure | undefined): void {
    if (this.#isOver) return;
    if (failure !== undefined && failure.isHandlers !== true && REFUSALS.has(failure.code) && this.#channel !== undefined) {
      this.#channel = undefined;
      this.#refusal = failure;
      return this.begin();
    }
    this.#end();
    this.#owner.ended(failure);
  }

  #end(): void {
    this.#isOver = true;
    this.#host.over();
  }
}
