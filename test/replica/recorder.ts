/** A replica by itself, and everything that it told. */

import { seededRandom } from '../../src/base/random.js';
import { Replica } from '../../src/replica/replica.js';
import type { ReplicaListener } from '../../src/replica/replica-listener.js';

export interface Recorded {
  readonly replica: Replica;
  /** As at the end of the turn. */
  readonly changed: Uint8Array[];
  /** The same, of itself. */
  readonly changedSoFar: Uint8Array[];
  readonly received: Uint8Array[];
  /** Everything else, in words. */
  readonly told: string[];
}

export function record(seed = 1): Recorded {
  const changed: Uint8Array[] = [];
  const received: Uint8Array[] = [];
  const told: string[] = [];
  const listener: ReplicaListener = {
    changed: (update) => void changed.push(update),
    received: (update) => void received.push(update()),
    observerThrew: (error) => void told.push(`threw ${String(error)}`),
    repaired: (cause) => void told.push(`repaired ${cause}`),
    valuesRemoved: (count) => void told.push(`removed ${count}`),
    changeTooDeep: (detail) => void told.push(`too deep: ${detail}`),
    clientIdRenewed: (id) => void told.push(`renewed ${id}`),
    clientIdChanged: (id, isUsable) => void told.push(`changed ${String(id)} ${isUsable}`),
  };
  const replica = new Replica({ random: seededRandom(seed), listener });
  const atEnd = (): Uint8Array[] => {
    replica.heal();
    return changed;
  };
  return {
    replica,
    get changed() {
      return atEnd();
    },
    changedSoFar: changed,
    received,
    told,
  };
}

/** A second replica that has been given everything that the first one told as changed, and nothing else. */
export function follow({ changed }: Pick<Recorded, 'changed'>, seed = 2): Recorded {
  const follower = record(seed);
  for (const update of changed) follower.replica.apply([update], 'catch-up');
  return follower;
}
