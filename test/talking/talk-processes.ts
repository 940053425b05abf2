/** Processes that answer and take streams, for tests that are themselves on the other end. All are killed, by their id, when the test ends. */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import type { InstanceId } from '../../src/base/ids.js';
import type * as Face from '../../src/index.js';
import { CJS, ESM, GROUP, Place } from '../process/members.js';

export { CJS, ESM } from '../process/members.js';

const PROCESS = join(import.meta.dirname, 'talk-process.mjs');

export type TalkHeard = { readonly heard: string } & Readonly<Record<string, unknown>>;

/** A place where the test itself takes part, too. */
export class TalkPlace {
  readonly #place = new Place();
  readonly #ends: (() => Promise<void>)[] = [];

  constructor() {
    onTestFinished(async () => {
      for (const end of this.#ends) await end();
    });
  }

  /** An instance in this process, from a build. */
  async here(build = ESM): Promise<Face.Instance> {
    const face = await faceOf(build);
    const instance = await face.join(GROUP, { directory: this.#place.store, runtimeDirectory: this.#place.sockets, storage: 'auto' });
    this.#ends.push(() => instance.close());
    return instance;
  }

  /** One in a process of its own, that handles and listens already. */
  async there(build = ESM): Promise<TalkProcess> {
    const options = { directory: this.#place.store, runtimeDirectory: this.#place.sockets };
    const child = fork(PROCESS, [build, GROUP, JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const one = new TalkProcess(child);
    this.#ends.push(() => one.kill());
    await one.until(({ heard }) => heard === 'ready');
    return one;
  }
}

export class TalkProcess {
  readonly #process: ChildProcess;
  readonly #heard: TalkHeard[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #ended: Promise<void>;

  constructor(child: ChildProcess) {
    this.#process = child;
    child.on('message', (message) => {
      this.#heard.push(message as TalkHeard);
      for (const look of this.#waiting.splice(0)) look();
    });
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
  }

  get id(): InstanceId {
    return this.#ready['id'] as InstanceId;
  }

  /** What it took of memory when it began. */
  get rssAtStart(): number {
    return this.#ready['rss'] as number;
  }

  get #ready(): TalkHeard {
    return this.#heard.find(({ heard }) => heard === 'ready') as TalkHeard;
  }

  async until(isIt: (heard: TalkHeard) => boolean): Promise<TalkHeard> {
    for (;;) {
      const found = this.#heard.find(isIt);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null && this.#process.pid !== undefined)
      process.kill(this.#process.pid, signal);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended;
  }
}

/** Waits until two instances have met. */
export async function met(here: Face.Instance, id: InstanceId): Promise<void> {
  for (;;) {
    if (here.instances.includes(id)) return;
    await new Promise<void>((resolve) => {
      const end = here.on('instance-joined', () => {
        end();
        resolve();
      });
    });
  }
}

async function faceOf(build: string): Promise<typeof Face> {
  if (build === CJS) return createRequire(import.meta.url)(build) as typeof Face;
  return (await import(pathToFileURL(build).href)) as typeof Face;
}
