/**
 * A demo begins from a clean store: what an earlier one left is removed, by the same function as `socomm remove`.
 * Never while peers live in it, and never anything that is not a store of this group.
 */

import { inspectGroup, removeGroup } from '../../index.js';
import { CliError } from '../exit.js';
import { plural } from '../output/format.js';
import type { Place } from './messages.js';

export interface CleanStore {
  /** Absolute. Players are given this: what was cleared is what is played in. */
  readonly directory: string;
  /** Whether there was something to remove. */
  readonly wasCleared: boolean;
}

/** Errors: failed, while somebody runs the group, or where other things lie in the directory. */
export async function clearStore({ group, ...place }: Place, signal: AbortSignal): Promise<CleanStore> {
  const { directory, peers, store } = await inspectGroup(group, { ...place, signal });
  if (peers.length > 0) {
    const pids = [...new Set(peers.map(({ pid }) => pid))].join(', ');
    const message = `${group} is run by ${plural(peers.length, 'peer')} already (pid ${pids}): perhaps another demo with --stay`;
    throw new CliError('failed', message, { hint: 'end it first, or give this demo a store of its own: --directory <path>' });
  }
  if (store === undefined) return { directory, wasCleared: false };
  const { left } = await removeGroup(group, { ...place, signal });
  if (left.length === 0) return { directory, wasCleared: true };
  const message = `${directory} holds more than a store: ${left.join(', ')}`;
  throw new CliError('failed', message, { hint: 'give the demo a directory of its own: --directory <path>' });
}
