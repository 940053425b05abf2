/** Processes with mapped values, at a place of their own. What a test starts is killed, by its id, and deleted when the test ends. */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JoinOptions } from '../../src/options.js';
import { ESM, GROUP, Place } from '../process/members.js';

const PROCESS = join(import.meta.dirname, 'mapped-process.mjs');

export class MappedPlace {
  readonly #place = new Place();
  readonly #members: MappedProcess[] = [];

  constructor() {
    onTestFinished(() => Promise.all(this.#members.map((member) => member.kill())).then(() => undefined));
  }

  get sockets(): string {
    return this.#place.sockets;
  }

  async start(mapped: JoinOptions['mapped'] = true, build = ESM): Promise<MappedProcess> {
    const options = { directory: this.#place.store, runtimeDirectory: this.#place.sockets, mapped };
    const child = fork(PROCESS, [build, GROUP, JSON.stringify(options)]);
    const member = new MappedProcess(child);
    this.#members.push(member);
    await member.ready;
    return member;
  }

  /** Files of mapped values. */
  get files(): string[] {
    return existsSync(this.sockets) ? readdirSync(this.sockets).filter((name) => name.startsWith('map-')) : [];
  }
}

export class MappedProcess {
  readonly ready: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  readonly #ended: Promise<unknown>;
  #asked = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit');
    this.ready = new Promise((resolve) => this.#waiting.set(0, resolve));
    child.on('message', ({ id, result }: { readonly id: number; readonly result: unknown }) => this.#waiting.get(id)?.(result));
  }

  async ask<Result = unknown>(task: string, detail: object = {}): Promise<Result> {
    const id = ++this.#asked;
    const answer = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ id, task, detail });
    const gone = this.#ended.then(() => {
      throw new Error(`the process ended before it had done ${task}`);
    });
    return (await Promise.race([answer, gone])) as Result;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
