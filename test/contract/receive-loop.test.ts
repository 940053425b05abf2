/** The loop that reads a socket: what comes first, the work that a message made or the question for the next one. */

import { expect, test } from 'vitest';

import { turn } from '../../src/base/turn.js';
import { ReceiveLoop } from '../../sync/zeromq/receive-loop.js';
import type { ReadableSocket } from '../../sync/zeromq/receive-loop.js';

test('what a message set off in microtasks is done before the next message is asked for', async () => {
  const course: string[] = [];
  const messages = [Promise.resolve([Buffer.of(1)]), Promise.resolve([Buffer.of(2)])];
  const socket: ReadableSocket = {
    closed: false,
    readable: false,
    receiveTimeout: -1,
    receive() {
      course.push('asked');
      return messages.shift() ?? new Promise(() => undefined);
    },
  };
  const answer = async (): Promise<void> => {
    for (let microtask = 0; microtask < 8; microtask++) await Promise.resolve();
    course.push('answered');
  };
  const loop = new ReceiveLoop(socket, () => void answer());
  await turn();
  expect(course).toEqual(['asked', 'answered', 'asked', 'answered', 'asked']);
  expect(loop.ended).toBeInstanceOf(Promise);
});
