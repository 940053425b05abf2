/**
 * How a command takes part in a conversation: it joins as one that never writes, so nobody is elected and no byte of the
 * store changes; it needs neither a writer nor the document; it meets who is there; and it leaves when it is done. A mistyped name makes no group.
 */

import { setTimeout } from 'node:timers/promises';

import { inspectGroup, join } from '../../index.js';
import type { GroupReport, Instance, PeerReport, Warning } from '../../index.js';
import { withDeadline } from '../deadline.js';
import { groupMissing, placeOf } from '../open-group.js';
import { visible } from '../output/format.js';
import type { Session, WaitOptions } from '../session.js';
import { meetPeers } from './meet-peers.js';

export interface TakePartOptions extends WaitOptions {
  /** Waits for a group that is not there yet; else that is an error. */
  readonly isPatient?: boolean;
  /** Goes on until it is interrupted: `timeout` is for the wait before it begins. */
  readonly isOpenEnded?: boolean;
}

export interface Talk {
  readonly instance: Instance;
  /** Also aborted when the time is up. */
  readonly signal: AbortSignal;
  /** Who is there, and has been met; those who do not answer have been told. */
  readonly met: readonly PeerReport[];
}

type Use<T> = (talk: Talk) => Promise<T>;

/** Errors: notFound, timedOut; those of `join()`. */
export async function takePart<T>(group: string, options: TakePartOptions, session: Session, use: Use<T>): Promise<T> {
  const { timeout, isOpenEnded } = options;
  const begin = async (signal: AbortSignal): Promise<Instance> => {
    await findGroup(group, options, session, signal);
    return join(group, { ...placeOf(options), storage: 'never', wait: 'none', signal });
  };
  if (!isOpenEnded)
    return withDeadline(timeout, session.signal, async (signal) => stay(await begin(signal), options, { ...session, signal }, use));
  return stay(await withDeadline(timeout, session.signal, begin), options, session, use);
}

async function stay<T>(instance: Instance, options: TakePartOptions, session: Session, use: Use<T>): Promise<T> {
  const { terminal, signal } = session;
  const warn = ({ code, message }: Warning): void =>
    terminal.note(`${terminal.styleNote('yellow', 'warning:')} ${visible(message)} [${code}]`);
  for (const warning of instance.inspect().warnings) warn(warning);
  instance.on('warning', warn);
  try {
    const result = await use({ instance, signal, met: await meetPeers(instance, options, session) });
    // What ends early because of the signal has no other way to say so.
    signal.throwIfAborted();
    return result;
  } finally {
    await instance.close();
  }
}

/** How often it is looked whether the group is there by now. */
const LOOK_INTERVAL_MS = 250;

async function findGroup(group: string, options: TakePartOptions, { terminal }: Session, signal: AbortSignal): Promise<void> {
  for (let hasTold = false; ; hasTold = true) {
    const report = await inspectGroup(group, { ...placeOf(options), signal });
    if (isThere(report)) return;
    if (!options.isPatient) throw groupMissing(report);
    if (!hasTold) terminal.note(`there is no group ${group} yet; waiting for somebody to join it`);
    await setTimeout(LOOK_INTERVAL_MS, undefined, { signal });
  }
}

function isThere({ store, isAlive }: GroupReport): boolean {
  return store !== undefined || isAlive;
}
