/** A requester that cannot be made leaves nothing behind. */

import { expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { REQUESTER_IDLE_MS, Requester } from '../../sync/zeromq/requester.js';
import type { Dealer } from '../../sync/zeromq/sockets.js';

test('where its socket refuses the address, the socket is closed, and no timer calls its owner about nothing', async () => {
  const clock = new VirtualClock();
  let isClosed = false;
  let calls = 0;
  const socket = {
    events: { on: () => undefined },
    connect: () => {
      throw new Error('refused');
    },
    close: () => void (isClosed = true),
  } as unknown as Dealer;
  const note = (): void => void calls++;
  const listener = { responded: note, lost: note, idle: note, dropped: note };
  expect(() => new Requester(socket, { peer: 'a'.repeat(16) as PeerId, endpoint: 'ipc://nowhere', clock, listener })).toThrow('refused');
  await clock.advance(2 * REQUESTER_IDLE_MS);
  expect({ isClosed, calls }).toEqual({ isClosed: true, calls: 0 });
});
