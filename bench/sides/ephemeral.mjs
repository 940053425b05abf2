/** A process that shares ephemeral values. */

import { Y, join, lib0 } from '../../dist/esm/src/index.js';
import { pause, serve, turn } from '../harness/serve.mjs';

const KNOBS = 64;
const PER_TURN = 1000;

let instance;
let knobs;
let answered = () => undefined;

serve({
  async open() {
    instance = await join('bench');
    knobs = instance.ephemeral('knobs', lib0());
    knobs.subscribe((changes) => {
      for (const { key, value, from } of changes) if (from !== instance.id) answered(key, value);
    });
    await knobs.ready;
  },
  echo() {
    answered = (key, value) => {
      if (key === 'ping') knobs.set('pong', value);
    };
  },
  /** With pauses in between, as from hands: without them the limit of the rate would be all that is seen. */
  async ping({ count }) {
    const times = new Float64Array(count);
    for (let each = 0; each < count; each++) {
      await pause(20);
      const startedAt = performance.now();
      await new Promise((resolve) => {
        answered = (key) => {
          if (key === 'pong') resolve(undefined);
        };
        knobs.set('ping', each);
      });
      times[each] = performance.now() - startedAt;
    }
    return times;
  },
  /** Sets a second, until all are made; what goes over the wire is the latest of each. */
  turnKnobs: ({ sets }) => rate(sets, (key, value) => knobs.set(key, value)),
  setMap({ sets }) {
    const map = new Y.Doc().getMap('knobs');
    return rate(sets, (key, value) => map.set(key, value));
  },
  close: () => instance.close(),
});

async function rate(sets, set) {
  const startedAt = performance.now();
  for (let done = 0; done < sets; done++) {
    set(`knob-${done % KNOBS}`, done / sets);
    if (done % PER_TURN === 0) await turn();
  }
  return sets / ((performance.now() - startedAt) / 1000);
}
