/** Groups that hold presets, and the bare load of the same state. */

import { startGroup } from './groups.mjs';

export async function groupWithPresets(way, { presets, ...options }) {
  const group = await startGroup(way, { processes: 2, ...options });
  await group.sides[0].ask('fill', { presets });
  // Whoever answers a newcomer has it all.
  while ((await group.sides[1].ask('size', { name: 'presets' })) < presets) await new Promise((resolve) => setTimeout(resolve, 20));
  return group;
}

/** Milliseconds in a fresh process that has loaded Yjs. */
export async function bareLoad(start, file) {
  const side = start('sides/bare.mjs');
  const { ms } = await side.ask('load', { file });
  await side.kill();
  return ms;
}
