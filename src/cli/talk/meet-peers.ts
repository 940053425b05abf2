/**
 * Who is there, and whether they have been met: the roster names all that live, and an instance is linked with each a
 * few milliseconds after it has joined. Who is stopped or busy is not waited for longer than PATIENCE_MS.
 */

import { inspectGroup } from '../../index.js';
import type { GroupReport, Instance, PeerReport } from '../../index.js';
import { placeOf } from '../open-group.js';
import { plural } from '../output/format.js';
import type { CommonOptions, Session } from '../session.js';

type RosterPeer = GroupReport['peers'][number];

/** A peer that is merely busy has answered by then. */
const PATIENCE_MS = 2000;

/** Without this command's own peer. */
export async function meetPeers(instance: Instance, options: CommonOptions, { terminal, signal }: Session): Promise<readonly PeerReport[]> {
  const endMs = performance.now() + PATIENCE_MS;
  const expected = await othersAlive(instance, options, signal);
  while (!signal.aborted && performance.now() < endMs && expected.some((peer) => !isMet(instance, peer)))
    await nextChange(instance, endMs - performance.now(), signal);
  signal.throwIfAborted();
  const unmet = expected.filter((peer) => !isMet(instance, peer));
  // Some may have left meanwhile: only then it is looked again.
  const alive = unmet.length === 0 ? [] : (await othersAlive(instance, options, signal)).map(({ id }) => id);
  const silent = unmet.filter(({ id }) => alive.includes(id));
  if (silent.length > 0) {
    const pids = silent.map(({ pid }) => pid).join(', ');
    terminal.note(`${plural(silent.length, 'peer')} (pid ${pids}) ${silent.length === 1 ? 'does' : 'do'} not answer: stopped or busy`);
  }
  return instance.peers.filter(({ isSelf, isLinked }) => !isSelf && isLinked);
}

async function othersAlive(instance: Instance, options: CommonOptions, signal: AbortSignal): Promise<readonly RosterPeer[]> {
  const { peers } = await inspectGroup(instance.group, { ...placeOf(options), signal });
  const { peer, refused } = instance.inspect();
  // Those of another version of the protocol are never met; the instance warns of them.
  return peers.filter(({ id }) => id !== peer && !refused.some((each) => each.id === id));
}

function isMet(instance: Instance, { id }: RosterPeer): boolean {
  return instance.peers.some((peer) => peer.id === id && peer.isLinked);
}

/** Not every word of a peer changes what is told of the instance. */
const LOOK_INTERVAL_MS = 20;

function nextChange(instance: Instance, limitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(LOOK_INTERVAL_MS, Math.max(0, limitMs)));
    const unsubscribe = instance.subscribe(done);
    signal.addEventListener('abort', done, { once: true });
  });
}
