/** Who is there, as plain data: what `peers --json` prints and what its table is made of. */

import { inspectGroup } from '../../index.js';
import type { Instance } from '../../index.js';
import { toJson } from '../document-json.js';
import type { JsonValue } from '../../library/exchange/json-text.js';
import { placeOf } from '../open-group.js';
import type { CommonOptions } from '../session.js';

export interface PeerThere {
  readonly id: string;
  readonly pid: number;
  readonly role: 'writer' | 'follower' | 'watcher';
  readonly version: string;
  /** It lives, but has not said a word: stopped, or busy. Then nothing of its instances is known. */
  readonly isSilent: boolean;
  readonly instances: readonly {
    readonly id: string;
    /** Null where it has set none. */
    readonly presence: JsonValue;
  }[];
}

/** All that live by the roster, without this command's own peer. */
export async function peersThere(instance: Instance, options: CommonOptions, signal: AbortSignal): Promise<readonly PeerThere[]> {
  const { peers } = await inspectGroup(instance.group, { ...placeOf(options), signal });
  const self = instance.inspect().peer;
  const presence = instance.presence.all;
  const told = new Map(instance.peers.map((peer) => [peer.id, peer]));
  return peers
    .filter(({ id }) => id !== self)
    .map(({ id, pid, packageVersion, canWrite }) => {
      const peer = told.get(id);
      // Before its first word a peer has no process id.
      const isSilent = peer?.pid !== pid;
      return {
        ...{ id, pid, version: packageVersion, isSilent },
        role: instance.writer?.id === id ? 'writer' : canWrite ? 'follower' : 'watcher',
        instances: (peer?.instances ?? []).map((each) => ({ id: each, presence: toJson(presence.get(each) ?? null) })),
      };
    });
}
