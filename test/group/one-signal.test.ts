/** An application has one signal for all that it does: Node warns of a leak where more than ten listeners hang on it. */

import { getEventListeners } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';

import { createTestGroup } from '../../src/testing.js';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** The most listeners that a signal has had, from now on. */
function watchListeners(signal: AbortSignal): () => number {
  let most = 0;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...listener: Parameters<typeof add>): void => {
    add(...listener);
    most = Math.max(most, listeners(signal));
  };
  return () => most;
}

test('one signal for hundreds of calls has one listener for each peer, and none when they are done', async () => {
  const group = createTestGroup({ seed: 3 });
  onTestFinished(() => group.close());
  const { signal } = new AbortController();
  const most = watchListeners(signal);
  const instances = await Promise.all(Array.from({ length: 3 }, () => group.join()));
  for (const { doc } of instances) doc.getMap('map').set('key', 1);
  const calls = instances.flatMap((instance) =>
    Array.from({ length: 20 }, (_, index) => [
      instance.blobs.put(Uint8Array.of(index), { signal }),
      instance.document(`document ${index}`, { signal }),
      instance.flush({ signal }),
      instance.synced({ signal }),
      instance.deleteDocument(`gone ${index}`, { signal }),
      instance.topic('topic').delivered({ signal }),
    ]).flat(),
  );
  await group.run(Promise.all(calls));
  expect(most()).toBe(instances.length);
  expect(listeners(signal)).toBe(0);
});
