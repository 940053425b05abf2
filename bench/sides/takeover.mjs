/** A process of ours that works, is killed, or takes over: the same tasks as peers/rave-level-side.mjs has. */

import { join } from '../../dist/esm/src/index.js';
import { serve } from '../harness/serve.mjs';
import { workUntilStopped } from './work.mjs';

let instance;
let working;

serve({
  async open() {
    instance = await join('bench.losses');
  },
  isWriter: () => instance.role === 'writer',
  work({ name }) {
    const map = instance.doc.getMap('work');
    working = workUntilStopped(name, async (key, value) => {
      map.set(key, value);
      await instance.flush();
    });
  },
  acknowledged: () => working.acknowledged(),
  stop: () => working.stop(),
  missing({ keys }) {
    const map = instance.doc.getMap('work');
    return keys.filter((key) => !map.has(key)).length;
  },
  close: () => instance.close(),
});
