/** The parent's side of load-process.mjs. */

import { fork, type ChildProcess } from 'node:child_process';
import type { PeerAddress } from '../../sync/transport.js';
import type { StoppableReader, TestPeer } from './transport.js';

interface Report {
  readonly heard: readonly string[];
  readonly posted: readonly string[];
  readonly subscriptions: number;
}

export interface Flooded {
  readonly startRss: number;
  readonly maxRss: number;
  readonly frames: number;
}

export class LoadProcess implements StoppableReader {
  readonly child: ChildProcess;
  readonly address: PeerAddress;
  readonly #heard: string[] = [];
  readonly #posted: string[] = [];

  private constructor(child: ChildProcess, address: PeerAddress) {
    this.child = child;
    this.address = address;
  }

  static async start(runtimeDirectory: string): Promise<LoadProcess> {
    const child = fork(new URL('load-process.mjs', import.meta.url), [runtimeDirectory]);
    const { address } = await answer<{ address: PeerAddress }>(child, 'opened');
    return new LoadProcess(child, address);
  }

  async follow(writer: TestPeer, keys: readonly string[]): Promise<void> {
    this.child.send({ kind: 'follow', peer: writer.address, keys });
    await writer.heard.until((heard) => keys.every((key) => heard.keys().includes(key)));
  }

  stop(): void {
    this.child.kill('SIGSTOP');
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  async whileBusy(act: () => Promise<void>): Promise<void> {
    for (const isBusy of [true, false]) {
      const told = answer(this.child, 'told');
      this.child.send({ kind: 'busy', isBusy });
      await told;
      if (isBusy) await act();
    }
  }

  async heard(): Promise<readonly string[]> {
    await this.report();
    return this.#heard;
  }

  async posted(): Promise<readonly string[]> {
    await this.report();
    return this.#posted;
  }

  /** What is new since the last report. */
  async report(): Promise<Report> {
    const answered = answer<Report>(this.child, 'report');
    this.child.send({ kind: 'report' });
    const report = await answered;
    this.#heard.push(...report.heard);
    this.#posted.push(...report.posted);
    return report;
  }

  flood(key: string, bytes: number, ms: number): Promise<Flooded> {
    const flooded = answer<Flooded>(this.child, 'flooded');
    this.child.send({ kind: 'flood', key, bytes, ms });
    return flooded;
  }

  close(): void {
    this.child.kill('SIGKILL');
  }
}

function answer<Message>(child: ChildProcess, kind: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      child.off('message', listen);
      child.off('exit', fail);
    };
    const listen = (message: unknown): void => {
      if ((message as { kind: string }).kind !== kind) return;
      end();
      resolve(message as Message);
    };
    const fail = (): void => {
      end();
      reject(new Error(`the process ended before it said ${kind}`));
    };
    child.on('message', listen);
    child.on('exit', fail);
  });
}
