/**
 * Some instances that turn knobs: time runs as fast as the machine can. Every move of the hour is made; what goes over the wire is what fits into
 * the real time that it takes. The end of each gesture is written twice: into a map of `main`, and into a settings map of a document of its own.
 */

import { Y, join } from '../../dist/esm/src/index.js';
import { memoryBytes, serve } from './serve.mjs';

const GROUP = 'bench.knobs';
const KNOBS = ['cutoff', 'resonance', 'drive', 'mix'];
/** Frames between two turns of the loop, so that what came from others is taken in. */
const FRAMES_AT_ONCE = 20;

const members = [];
let committed = 0;

serve({
  async open({ instances, place }) {
    for (let at = 0; at < instances; at++) {
      const instance = await join(GROUP);
      const controls = await instance.document('controls');
      const map = instance.doc.getMap('knobs');
      const keys = KNOBS.map((knob) => `${knob}-${place * instances + at}`);
      members.push({
        instance,
        controls,
        settings: controls.settings('knobs'),
        gestures: keys.map((key) => [key, instance.gesture(map, key)]),
      });
    }
  },
  /** Frames of the hour; by its end this process has committed so many gestures, evenly. */
  async turn({ from, to, frames, gestures }) {
    const due = (frame) => Math.floor(((frame + 1) * gestures) / frames);
    for (let frame = from; frame < to; frame++) {
      for (const { gestures: all } of members) for (const [, gesture] of all) gesture.move(Math.sin(frame));
      while (committed < due(frame)) commit(committed++, Math.cos(frame));
      if (frame % FRAMES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return committed;
  },
  /** Until all ends of gestures have gone, which everybody has for a second. */
  async rest({ ms }) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    await members[0].instance.flush();
  },
  sizes: () => ({
    map: Y.encodeStateAsUpdate(members[0].instance.doc).length,
    settings: Y.encodeStateAsUpdate(members[0].controls.doc).length,
    keys: members[0].settings.size,
  }),
  memory: async () => ({ used: await memoryBytes(), rss: process.memoryUsage().rss }),
  close: () => Promise.all(members.map(({ instance }) => instance.close())),
});

/** Whose turn it is goes round all knobs of this process. */
function commit(at, value) {
  const member = members[at % members.length];
  const [key, gesture] = member.gestures[Math.floor(at / members.length) % KNOBS.length];
  gesture.commit(value);
  member.settings.set(key, value);
}
