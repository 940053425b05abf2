/** What we have with one peer, or with ourselves: the channels that each side opened, and the way out. */

import { newInstanceId } from '../../src/base/ids.js';
import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { ASSEMBLED_BYTES_MAX, CHANNELS_MAX } from '../limits.js';
import { PostedWriter } from '../wire/posted-writer.js';
import type { Posted, PostedFrame } from '../wire/posted-frame.js';
import type { Channel } from './channel.js';
import type { Failure, trimmed } from './failure.js';
import { PostLane } from './post-lane.js';
import type { Post } from './post-lane.js';

export class Link {
  readonly peer: PeerId;
  readonly lane: PostLane;
  /** By the number that we gave. */
  readonly opened = new Map<number, Channel>();
  /** By the number that the peer gave. */
  readonly accepted = new Map<number, Channel>();
  /** What the peer said of how often it met us. */
  heardIncarnation = 1;
  readonly #writer: PostedWriter;
  #heldBytes = 0;

  constructor(self: PeerId, peer: PeerId, post: Post) {
    this.#writer = new PostedWriter(self);
    this.peer = peer;
    this.lane = new PostLane(post);
  }

  get mayOpen(): boolean {
    return this.opened.size < CHANNELS_MAX;
  }

  get mayAccept(): boolean {
    return this.accepted.size < CHANNELS_MAX;
  }

  get channels(): readonly Channel[] {
    return [...this.opened.values(), ...this.accepted.values()];
  }

  /** The channel that a frame is for: what the opener says goes to the other end. */
  find(id: number, ofOpener: boolean): Channel | undefined {
    return (ofOpener ? this.accepted : this.opened).get(id);
  }

  keep(channel: Channel): void {
    (channel.isOpener ? this.opened : this.accepted).set(channel.id, channel);
  }

  forget(channel: Channel): void {
    (channel.isOpener ? this.opened : this.accepted).delete(channel.id);
  }

  encode(frame: PostedFrame): Posted {
    return this.#writer.encode(frame);
  }

  /** At once, past what takes turns. */
  say(frame: PostedFrame): void {
    this.lane.say(this.encode(frame));
  }

  sayAbort({ id, isOpener, own }: Pick<Channel, 'id' | 'isOpener' | 'own'>, failure: ReturnType<typeof trimmed>): void {
    this.say({ kind: 'abort', id, ofOpener: isOpener, by: numberOf(own), ...failure });
  }

  /** Of what waits to become whole. False: no more of it. */
  hold(bytes: number): boolean {
    if (bytes > 0 && this.#heldBytes + bytes > ASSEMBLED_BYTES_MAX) return false;
    this.#heldBytes += bytes;
    return true;
  }

  instance(number: number): InstanceId | undefined {
    return number === 0 ? undefined : newInstanceId(this.peer, number);
  }

  /** The connection is gone, and nothing can be said any more. */
  end(failure: Failure): void {
    this.lane.close();
    for (const channel of this.channels) channel.end({ ...failure, from: channel.other });
  }
}

/** Of an instance within its peer. */
export function numberOf(instance: InstanceId): number {
  return Number(instance.slice(17));
}
