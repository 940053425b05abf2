/** The test's side of reader-thread.mjs: a transport in a worker thread, which can be stopped, or kept busy. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import type { PeerAddress } from '../../sync/transport.js';
import type { Furnished } from '../../src/worker/carrier.js';
import type { StoppableReader, TestPeer } from '../contract/transport.js';
import { carry } from './line-pair.js';

interface Report {
  readonly kind: 'report';
  readonly heard: readonly string[];
  readonly posted: readonly string[];
}

interface Started {
  readonly worker: Worker;
  readonly address: PeerAddress;
  readonly ended: Promise<void>;
  readonly isStopped: Int32Array;
}

export class ReaderThread implements StoppableReader {
  readonly address: PeerAddress;
  readonly worker: Worker;
  /** Resolves when nothing is left of it in this thread. */
  readonly ended: Promise<void>;
  readonly #isStopped: Int32Array;
  readonly #heard: string[] = [];
  readonly #posted: string[] = [];

  private constructor({ worker, address, ended, isStopped }: Started) {
    this.worker = worker;
    this.address = address;
    this.ended = ended;
    this.#isStopped = isStopped;
  }

  static async start(furnished: Furnished): Promise<ReaderThread> {
    const { port, ended } = carry(furnished);
    const isStopped = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(new URL('reader-thread.mjs', import.meta.url), { workerData: { port, isStopped }, transferList: [port] });
    const [{ address }] = (await once(worker, 'message')) as [{ address: PeerAddress }];
    return new ReaderThread({ worker, address, ended, isStopped });
  }

  async follow(writer: TestPeer, keys: readonly string[]): Promise<void> {
    this.#tell({ kind: 'follow', peer: writer.address, keys });
    await writer.heard.until((heard) => keys.every((key) => heard.keys().includes(key)));
  }

  stop(): void {
    this.#tell({ kind: 'stop' });
    Atomics.wait(this.#isStopped, 0, 0);
  }

  goOn(): void {
    Atomics.store(this.#isStopped, 0, 0);
    Atomics.notify(this.#isStopped, 0);
  }

  async whileBusy(act: () => Promise<void>): Promise<void> {
    for (const isBusy of [true, false]) {
      this.#tell({ kind: 'busy', isBusy });
      await once(this.worker, 'message');
      if (isBusy) await act();
    }
  }

  async heard(): Promise<readonly string[]> {
    await this.#report();
    return this.#heard;
  }

  async posted(): Promise<readonly string[]> {
    await this.#report();
    return this.#posted;
  }

  close(): void {
    void this.worker.terminate();
  }

  #tell(command: object): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
    this.worker.postMessage(command);
  }

  async #report(): Promise<void> {
    this.#tell({ kind: 'report' });
    const [report] = (await once(this.worker, 'message')) as [Report];
    this.#heard.push(...report.heard);
    this.#posted.push(...report.posted);
  }
}
