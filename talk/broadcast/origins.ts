/** Where messages come from: those that follow each other have one object in common, by which who hears them knows that nothing has changed. */

import { newInstanceId } from '../../src/base/ids.js';
import type { InstanceId, PeerId } from '../../src/base/ids.js';
import type { Origin } from '../broadcasts.js';
import { readKey } from '../keys.js';

interface Sent {
  readonly codec: string;
  /** The number of the instance within its peer. */
  readonly instance: number;
}

export class Origins {
  #peer = '';
  #key = '';
  #instance = -1;
  #last: Origin = { from: '' as InstanceId, topic: '', codec: '' };

  of(peer: PeerId, key: string, { codec, instance }: Sent): Origin {
    if (instance !== this.#instance || key !== this.#key || peer !== this.#peer || codec !== this.#last.codec) {
      this.#peer = peer;
      this.#key = key;
      this.#instance = instance;
      this.#last = { from: newInstanceId(peer, instance), topic: topicOf(key), codec };
    }
    return this.#last;
  }
}

export function topicOf(key: string): string {
  const read = readKey(key);
  return read?.kind === 'topic' ? read.topic : key;
}
