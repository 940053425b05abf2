/** What a worker makes of the main thread's words, said here by the test in its place. */

import { MessageChannel } from 'node:worker_threads';

import { expect, onTestFinished, test } from 'vitest';

import { newPeerId } from '../../src/base/ids.js';
import type { PeerId } from '../../src/base/ids.js';
import { systemRandom } from '../../src/base/random.js';
import { turn } from '../../src/base/turn.js';
import { CarriedDiscovery } from '../../src/worker/carried-discovery.js';
import { CarriedTransport } from '../../src/worker/carried-transport.js';
import type { Line } from '../../src/worker/line.js';
import { Wire } from '../../src/worker/wire.js';
import type { FromHost, FromWorker } from '../../src/worker/words.js';
import { Recorder } from '../contract/recorder.js';
import { openLine } from './line-pair.js';

interface Prompter {
  readonly line: Line;
  readonly heard: FromWorker[];
  say(word: FromHost): void;
  /** Resolves when all that was said before, on both sides, has been heard. */
  settled(): Promise<void>;
}

/** `living` says who lives; everything else that is asked is done at once. */
async function openPrompter(living: ReadonlySet<PeerId> = new Set()): Promise<Prompter> {
  const { port1, port2 } = new MessageChannel();
  const heard: FromWorker[] = [];
  const wire: Wire<FromHost, FromWorker> = new Wire<FromHost, FromWorker>({
    port: port2,
    holdsThread: false,
    ended: () => undefined,
    heard: (word) => {
      heard.push(word);
      if ('call' in word) wire.say({ kind: 'done', call: word.call, value: word.kind === 'is-alive' ? living.has(word.peer) : undefined });
    },
  });
  onTestFinished(() => wire.close());
  const opening = openLine(port1);
  wire.say({ kind: 'welcome', directory: '/store' });
  const line = await opening;
  return {
    line,
    heard,
    say: (word) => wire.say(word),
    settled: async () => {
      await line.ask({ kind: 'list' });
      await turn();
    },
  };
}

const addressOf = (id: PeerId) => ({ id, publisher: 'ipc:///p', messenger: 'ipc:///t', responder: 'ipc:///r' });

test('the end of a connection that was made anew meanwhile is not reported, that of the new one is, once', async () => {
  const { line, heard, say, settled } = await openPrompter();
  const transport = new CarriedTransport(line);
  const recorder = new Recorder();
  await transport.open(newPeerId(systemRandom), recorder);
  const peer = newPeerId(systemRandom);
  transport.connect(addressOf(peer));
  transport.disconnect(peer);
  transport.connect(addressOf(peer));
  await settled();
  const numbers = heard.flatMap((word) => (word.kind === 'connect' ? [word.connection] : []));
  expect(new Set(numbers).size).toBe(2);
  say({ kind: 'disconnected', peer, connection: Number(numbers[0]) });
  await settled();
  expect(recorder.heard).toEqual([]);
  for (let time = 0; time < 2; time++) say({ kind: 'disconnected', peer, connection: Number(numbers[1]) });
  await settled();
  expect(recorder.heard).toEqual([{ kind: 'disconnected', peer }]);
  line.close();
});

test('who is believed to live, and is dead, is reported as soon as the main thread has answered; who lives is not', async () => {
  const [dead, alive] = [newPeerId(systemRandom), newPeerId(systemRandom)];
  const { line, heard, settled } = await openPrompter(new Set([alive]));
  const died: PeerId[] = [];
  const discovery = new CarriedDiscovery({ line, died: (peer) => died.push(peer) });
  expect([discovery.isAlive(dead), discovery.isAlive(dead), discovery.isAlive(alive)]).toEqual([true, true, true]);
  await settled();
  expect(new Set(died)).toEqual(new Set([dead]));
  expect(heard.filter(({ kind }) => kind === 'is-alive')).toHaveLength(2);
  expect([discovery.isAlive(dead), discovery.isAlive(alive)]).toEqual([false, true]);
  line.close();
});

test('who owns the store is looked up before anybody asks whether it lives', async () => {
  const owner = newPeerId(systemRandom);
  const { line } = await openPrompter();
  const discovery = new CarriedDiscovery({ line, died: () => undefined });
  await discovery.learn(owner);
  expect(discovery.isAlive(owner)).toBe(false);
  line.close();
});
