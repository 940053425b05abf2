/** Many instances, each with four knobs, that turn all of them at once at display rate, and then let go. */

import * as Y from 'yjs';

import { createTestGroup } from '../../src/testing.js';

const KNOBS = ['cutoff', 'resonance', 'drive', 'mix'];
const PER_SECOND = 60;

export interface Turned {
  readonly grownBytes: number;
  /** Values in the document. */
  readonly written: number;
  /** Moves of one of the knobs that another instance saw. */
  readonly seen: number;
}

export async function turnKnobs({ instances: count, seconds }: { readonly instances: number; readonly seconds: number }): Promise<Turned> {
  const group = createTestGroup();
  const first = await group.join();
  const instances = [first];
  while (instances.length < count) instances.push(await group.join());
  await group.settled();
  const before = Y.encodeStateAsUpdate(first.doc).length;
  const gestures = instances.flatMap((instance, index) =>
    KNOBS.map((knob) => ({
      id: instance.id,
      place: `${knob}-${index}`,
      gesture: instance.gesture(instance.doc.getMap<unknown>('knobs'), `${knob}-${index}`),
    })),
  );
  const last = gestures.at(-1);
  let seen = 0;
  first.observeValue(first.doc.getMap('knobs'), last?.place ?? '', (_, { from, isMoving }) => {
    if (isMoving && from === last?.id) seen++;
  });
  await group.advance(100);
  for (let frame = 1; frame <= seconds * PER_SECOND; frame++) {
    for (const { gesture } of gestures) gesture.move(Math.sin(frame));
    await group.advance(1000 / PER_SECOND);
  }
  for (const { gesture } of gestures) gesture.commit();
  await group.settled();
  const grownBytes = Y.encodeStateAsUpdate(first.doc).length - before;
  const written = first.doc.getMap('knobs').size;
  await group.close();
  return { grownBytes, written, seen };
}
