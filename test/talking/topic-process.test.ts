/** Publishers that come and go, over ZeroMQ: what `delivered()` proves between processes. */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join as joinPath } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type * as Face from '../../src/index.js';
import { ESM, GROUP, Place } from '../process/members.js';
import { until } from '../process/until.js';

const LISTENER = joinPath(import.meta.dirname, 'topic-listener.mjs');
const ROUNDS = 100;
const MESSAGES = 10;
const LARGE_BYTES = 60_000_000;

const face = (await import(pathToFileURL(ESM).href)) as typeof Face;

class Rounds {
  readonly #place = new Place();
  readonly listeners: ChildProcess[] = [];

  async listen(): Promise<void> {
    const options = { directory: this.#place.store, runtimeDirectory: this.#place.sockets };
    const child = fork(LISTENER, [ESM, GROUP, JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    await once(child, 'message');
    this.listeners.push(child);
  }

  /** A peer of its own that knows both, and leaves at once behind its last word. */
  async publish(use: (instance: Face.Instance) => Promise<void>): Promise<void> {
    const options = { directory: this.#place.store, runtimeDirectory: this.#place.sockets } as const;
    const instance = await face.join(GROUP, { ...options, storage: 'never', replica: 'own', wait: 'none' });
    try {
      await until(
        'both listeners are linked',
        () => instance.peers.filter(({ isSelf, isLinked }) => !isSelf && isLinked).length === this.listeners.length,
      );
      await use(instance);
    } finally {
      await instance.close();
    }
  }

  async heard(): Promise<unknown[]> {
    return Promise.all(
      this.listeners.map(async (child) => {
        child.send('what?');
        const [heard] = (await once(child, 'message')) as [unknown];
        return heard;
      }),
    );
  }
}

it('nothing of a publisher that waits for delivered(), publishes, waits again and leaves is lost', { timeout: 120_000 }, async () => {
  const rounds = new Rounds();
  await rounds.listen();
  await rounds.listen();
  for (let round = 0; round < ROUNDS; round++) {
    await rounds.publish(async (instance) => {
      const topic = instance.topic<number>('count', face.lib0<number>());
      await topic.delivered();
      for (let index = 0; index < MESSAGES; index++) topic.publish(round * MESSAGES + index);
      await topic.delivered();
    });
  }
  const all = { count: ROUNDS * MESSAGES, isInOrder: true, missed: 0, large: '' };
  expect(await rounds.heard()).toEqual([all, all]);
});

it('a large message of a publisher that leaves at once has come', { timeout: 60_000 }, async () => {
  const rounds = new Rounds();
  await rounds.listen();
  await rounds.listen();
  const bytes = randomBytes(LARGE_BYTES);
  await rounds.publish(async (instance) => {
    const topic = instance.topic('large', face.raw());
    await topic.delivered();
    topic.publish(bytes);
    await topic.delivered();
  });
  const large = createHash('sha256').update(bytes).digest('hex');
  expect(await rounds.heard()).toEqual([0, 1].map(() => ({ count: 0, isInOrder: true, missed: 0, large })));
});
