/** Further instances in one process: what each adds, with a presence and an observer of its own. */

import { join } from '../../dist/esm/src/index.js';
import { memoryNow, serve } from '../harness/serve.mjs';

const members = [];

async function enter(at) {
  const instance = await join('bench');
  instance.presence.set({ track: `Track ${at}`, format: 'VST3' });
  instance.doc.getMap('presets').observe(() => undefined);
  members.push(instance);
}

serve({
  async measure({ instances }) {
    await enter(0);
    const before = await memoryNow();
    for (let at = 1; at <= instances; at++) await enter(at);
    const after = await memoryNow();
    return (after.usedBytes - before.usedBytes) / instances;
  },
  close: () => Promise.all(members.map((instance) => instance.close())),
});
