/** The peers of this loaded copy: the only mutable state of the module. A second copy has a table, and peers, of its own. */

import type { Instance } from './instance.js';
import { differingOption } from './options.js';
import type { JoinOptions } from './options.js';
import type { Peer } from './peer.js';

interface Entry {
  readonly options: JoinOptions;
  readonly opened: Promise<Peer>;
  /** Instances that use the peer, or are about to. */
  users: number;
  /** Set when the last user has gone: whoever comes now waits for the end and begins anew. */
  closing: Promise<void> | undefined;
}

const shared = new Map<string, Entry>();
/** Those that have not ended: what they have not saved is saved when the process ends without them. */
const living = new Set<Peer>();

export interface BorrowedPeer {
  readonly peer: Peer;
  /** Gives it back; the last one closes it. */
  release(instance: Instance): Promise<void>;
}

/** The peer of this copy for a group and store directory; opened by the first who asks. */
export async function borrowPeer(key: string, options: JoinOptions, open: () => Promise<Peer>): Promise<BorrowedPeer> {
  // Whether that end went well is the business of those who closed.
  for (let found = shared.get(key); found?.closing !== undefined; found = shared.get(key)) await Promise.allSettled([found.closing]);
  let entry = shared.get(key);
  if (entry === undefined) {
    entry = { options, opened: open().then(watchOver), users: 0, closing: undefined };
    shared.set(key, entry);
  } else {
    const option = differingOption(entry.options, options);
    if (option !== undefined) {
      const [was, is] = [entry.options[option], options[option]];
      throw new TypeError(
        `this copy has joined the group before with another '${option}': ${was ?? 'the default'}, now ${is ?? 'the default'}; ` +
          `use the same, or join with replica: 'own'`,
      );
    }
  }
  const borrowed = entry;
  borrowed.users++;
  try {
    const peer = await borrowed.opened;
    return { peer, release: (instance) => giveBack(key, borrowed, peer, instance) };
  } catch (error) {
    if (shared.get(key) === borrowed) shared.delete(key);
    throw error;
  }
}

async function giveBack(key: string, entry: Entry, peer: Peer, instance: Instance): Promise<void> {
  peer.detach(instance.id);
  if (--entry.users > 0) return;
  entry.closing = closePeer(peer).finally(() => shared.delete(key));
  await entry.closing;
}

/** A peer that nobody shares. */
export async function ownPeer(opened: Promise<Peer>): Promise<BorrowedPeer> {
  const peer = watchOver(await opened);
  return {
    peer,
    release: (instance) => {
      peer.detach(instance.id);
      return closePeer(peer);
    },
  };
}

/** One listener for all, for as long as there is somebody to look after. It is told of every end but a kill, and of worker threads' too. */
function watchOver(peer: Peer): Peer {
  if (living.size === 0) process.on('exit', endAll);
  living.add(peer);
  const unwatch = peer.watch(() => {
    if (peer.status !== 'closed') return;
    unwatch();
    living.delete(peer);
    if (living.size === 0) process.off('exit', endAll);
  });
  return peer;
}

function endAll(): void {
  for (const peer of living) peer.endAtOnce();
}

/** Asks the writer, for a limited time, to take what it has not confirmed; then ends the peer. */
async function closePeer(peer: Peer): Promise<void> {
  try {
    await peer.settle(CLOSE_FLUSH_MS);
  } finally {
    peer.heal();
    // Whatever that met with: sockets and lock are given back, and what is unsaved is spilled.
    await peer.close();
  }
}

/** A writer that does not answer delays `close()` by no more than this. */
const CLOSE_FLUSH_MS = 2000;
