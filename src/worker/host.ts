/**
 * The main thread's readiness to carry peers of worker threads. Workers knock by Node's messages between threads
 * (`postMessageToThread`, to thread 0), which need neither a hand from the application nor a worker that it has made itself, and
 * bring a port along; a worker's own messages with its parent are left alone.
 *
 * Several copies of the package may host in one process, and all hear each knock. The first of the worker's own version takes it;
 * where there is none, the first says so.
 */

import { isMainThread } from 'node:worker_threads';

import type { Clock } from '../base/clock.js';
import { SocommError } from '../base/errors.js';
import { PACKAGE_VERSION } from '../version.js';
import { Carrier } from './carrier.js';
import type { Furnish } from './carrier.js';
import { failureOf } from './failure.js';
import { Wire } from './wire.js';
import { isKnock } from './words.js';
import type { FromHost, FromWorker, Knock } from './words.js';

/** What workers get to close their peers in order when their host ends. */
export const HOST_END_MS = 5000;

/** What a process that ends gives its workers to save what nobody has confirmed: one that computes for longer saves nothing. */
export const EXIT_SAVE_MS = 500;

export interface HostOptions {
  readonly furnish: Furnish;
  readonly clock: Clock;
  /** Default: what this copy is; other ones in tests. */
  readonly packageVersion?: string;
}

export class Host {
  readonly #options: HostOptions;
  readonly #carriers = new Set<Carrier>();
  /** Of those that are to close. */
  readonly #limits = new Map<Carrier, () => void>();

  /** Errors: SOCOMM_NOT_MAIN_THREAD. */
  constructor(options: HostOptions) {
    if (!isMainThread)
      throw new SocommError('SOCOMM_NOT_MAIN_THREAD', 'hostWorkers() is called in the main thread, and its workers call join().');
    this.#options = options;
    process.on('workerMessage', this.#heard);
  }

  /** Takes no more workers, and has those that it carries close, in order if they do so soon. */
  end(): void {
    process.off('workerMessage', this.#heard);
    for (const carrier of this.#carriers) {
      carrier.bidEnd();
      this.#limits.set(
        carrier,
        this.#options.clock.after(HOST_END_MS, () => void carrier.end()),
      );
    }
  }

  readonly #heard = (value: unknown): void => {
    if (!isKnock(value) || value.isTaken === true) return;
    if (value.packageVersion === this.#version) return this.#take(value);
    // Behind all who hear this message: perhaps one of them has the right version.
    queueMicrotask(() => this.#refuse(value));
  };

  #take(knock: Knock): void {
    knock.isTaken = true;
    const ended = (): void => {
      this.#carriers.delete(carrier);
      this.#limits.get(carrier)?.();
      this.#limits.delete(carrier);
      if (this.#carriers.size === 0) process.off('exit', this.#exiting);
    };
    if (this.#carriers.size === 0) process.on('exit', this.#exiting);
    const carrier = new Carrier(knock.port, knock.order, { furnish: this.#options.furnish, ended });
    this.#carriers.add(carrier);
  }

  /**
   * Workers end with the process, in the middle of anything and without a word; while this listener has not returned they run. So this
   * thread stands still until each of them has saved what its peer alone has, or has had no turn for too long.
   */
  readonly #exiting = (): void => {
    const saved = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    for (const carrier of this.#carriers) carrier.bidSave(saved);
    const endsAtMs = this.#options.clock.now() + EXIT_SAVE_MS;
    for (let count = 0; count < this.#carriers.size; count = Atomics.load(saved, 0)) {
      const leftMs = endsAtMs - this.#options.clock.now();
      if (leftMs <= 0 || Atomics.wait(saved, 0, count, leftMs) === 'timed-out') return;
    }
  };

  #refuse(knock: Knock): void {
    if (knock.isTaken === true) return;
    knock.isTaken = true;
    const wire = new Wire<FromHost, FromWorker>({
      port: knock.port,
      holdsThread: false,
      heard: () => undefined,
      ended: () => undefined,
    });
    wire.say({ kind: 'refused', failure: failureOf(versionRefused(knock.packageVersion, this.#version)) });
    wire.close();
  }

  get #version(): string {
    return this.#options.packageVersion ?? PACKAGE_VERSION;
  }
}

function versionRefused(theirs: string, ours: string): SocommError {
  return new SocommError(
    'SOCOMM_VERSION_REFUSED',
    `The worker thread has loaded socomm ${theirs}, and the main thread hosts workers of socomm ${ours}: between threads both ends are of one version.` +
      ' Load the same version in both, or have the main thread call hostWorkers() of the worker’s as well.',
  );
}
