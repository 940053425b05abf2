/** The ids that travel: plain strings at run time, told apart by the compiler. */

import type { Random } from './random.js';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A participant of the mesh: 16 lower-case hex digits (8 random bytes), never used twice. */
export type PeerId = Branded<'PeerId'>;

/** One user of a group: `<peer id>.<number within the peer>`. */
export type InstanceId = Branded<'InstanceId'>;

const PEER_ID = /^[0-9a-f]{16}$/;

export function newPeerId(random: Random): PeerId {
  return Buffer.from(random.bytes(8)).toString('hex') as PeerId;
}

export function isPeerId(value: unknown): value is PeerId {
  return typeof value === 'string' && PEER_ID.test(value);
}

export function newInstanceId(peer: PeerId, count: number): InstanceId {
  return `${peer}.${count}` as InstanceId;
}

/** The peer that an instance lives in. */
export function peerOf(instance: InstanceId): PeerId {
  return instance.slice(0, 16) as PeerId;
}
