/**
 * How a worker finds its host. The main thread is thread 0, whoever started the worker, and however deep. It may not host yet, or
 * not know yet that it will: so the worker knocks again, for a while that begins when the main thread is first seen to listen.
 */

import * as threads from 'node:worker_threads';

import { pause } from '../base/clock.js';
import type { Clock } from '../base/clock.js';
import { SocommError, isSocommError, systemCode } from '../base/errors.js';
import { PACKAGE_VERSION } from '../version.js';
import { errorOf } from './failure.js';
import { Line } from './line.js';
import { Wire } from './wire.js';
import type { FromHost, FromWorker, Knock, Order } from './words.js';

/** A main thread that runs and does not host gets this long to begin. */
export const HOST_WAIT_MS = 2000;
/** A main thread that does not run (it is blocked) gets this long to answer. */
export const HOST_SILENCE_MS = 30_000;
const KNOCK_PAUSE_MS = 20;
/** Who takes a knock says so at once. */
const TAKING_MS = 250;
const MAIN_THREAD = 0;

export interface KnockOptions {
  readonly order: Order;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Default: what this copy is; other ones in tests. */
  readonly packageVersion?: string;
}

type Outcome =
  | { readonly kind: 'line'; readonly line: Line }
  | { readonly kind: 'refused'; readonly error: Error }
  /** It runs, and nobody there hosts. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'silent' };

/**
 * Resolves with a line to a host. Errors: SOCOMM_NOT_MAIN_THREAD where there is none, SOCOMM_VERSION_REFUSED; what the main thread
 * says of the order; the signal's reason.
 */
export async function knock(options: KnockOptions): Promise<Line> {
  const { clock, signal } = options;
  if (!('postMessageToThread' in threads))
    throw noHost(`Node ${process.version} has no postMessageToThread(); Node 20.19 and 22.5 have it`);
  let firstAnswerAt: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const outcome = await knockOnce(options);
    signal?.throwIfAborted();
    if (outcome.kind === 'line') return outcome.line;
    if (outcome.kind === 'silent')
      throw noHost(`the main thread did not answer for ${HOST_SILENCE_MS / 1000} s: its event loop is blocked`);
    firstAnswerAt ??= clock.now();
    const isRefused = outcome.kind === 'refused';
    if (isRefused && !isSocommError(outcome.error, 'SOCOMM_VERSION_REFUSED')) throw outcome.error;
    if (clock.now() - firstAnswerAt >= HOST_WAIT_MS)
      throw isRefused ? outcome.error : noHost('the main thread does not host worker threads');
    await pause(clock, KNOCK_PAUSE_MS, signal);
  }
}

function knockOnce({ order, clock, signal, packageVersion = PACKAGE_VERSION }: KnockOptions): Promise<Outcome> {
  const { port1, port2 } = new threads.MessageChannel();
  return new Promise((resolve) => {
    let line: Line | undefined;
    let isTaken = false;
    let hasEnded = false;
    let cancel: () => void = clock.after(HOST_SILENCE_MS, () => giveUp());
    const end = (outcome: Outcome): void => {
      if (hasEnded) return;
      hasEnded = true;
      cancel();
      signal?.removeEventListener('abort', giveUp);
      if (outcome.kind !== 'line') wire.close();
      resolve(outcome);
    };
    const giveUp = (): void => end({ kind: 'silent' });
    const wire = new Wire<FromWorker, FromHost>({
      port: port1,
      holdsThread: true,
      heard: (word) => {
        if (line !== undefined) return line.hear(word);
        if (word.kind === 'taken') isTaken = true;
        else if (word.kind === 'refused') end({ kind: 'refused', error: errorOf(word.failure) });
        else if (word.kind === 'welcome') end({ kind: 'line', line: (line = new Line(word.directory, wire)) });
      },
      ended: () => {
        if (line === undefined) end({ kind: 'nobody' });
        else line.hostGone();
      },
    });
    const message: Knock = { socomm: 'knock', packageVersion, order, port: port2 };
    signal?.addEventListener('abort', giveUp, { once: true });
    const arrived = (): void => {
      // Somebody listens there, who may be none of ours.
      if (isTaken || hasEnded) return;
      cancel();
      cancel = clock.after(TAKING_MS, () => {
        if (!isTaken) return end({ kind: 'nobody' });
        cancel = clock.after(HOST_SILENCE_MS, giveUp);
      });
    };
    threads.postMessageToThread(MAIN_THREAD, message, [port2]).then(arrived, (error: unknown) => {
      // Any other error is that of somebody else who listened too.
      if (systemCode(error) === 'ERR_WORKER_MESSAGING_FAILED') end({ kind: 'nobody' });
      else arrived();
    });
  });
}

function noHost(why: string): SocommError {
  return new SocommError(
    'SOCOMM_NOT_MAIN_THREAD',
    `join() was called in a worker thread, and ${why}. Call hostWorkers() in the main thread, before workers join or within ${HOST_WAIT_MS / 1000} s:` +
      " import { hostWorkers } from 'socomm'. ZeroMQ and LevelDB bear the main thread only, so it carries the sockets of its workers' peers.",
  );
}
