/** An instance with mapped values in a process of its own: does what it is told, and answers. `spin` ends only with a kill. */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , build, group, options] = process.argv;
const { join, float64 } = await (build.includes('/cjs/') ? createRequire(import.meta.url)(build) : import(pathToFileURL(build).href));

const instance = await join(group, JSON.parse(options));
const levels = instance.ephemeral('levels', float64());
const tasks = {
  id: () => instance.id,
  set: ({ key, numbers }) => levels.set(key, Float64Array.from(numbers)),
  delete: ({ key }) => levels.delete(key),
  poll: ({ key, from }) => [...(levels.poll(key, from) ?? [])],
  inspect: () => instance.inspect().mapped,
  close: () => instance.close(),
  /** Within one turn of the loop: nothing can arrive. */
  pollUntil: ({ key, from, number }) => {
    for (let polls = 1; ; polls++) if (levels.poll(key, from)?.[0] === number) return polls;
  },
  spin: ({ key }) => {
    setTimeout(() => {
      const list = new Float64Array(32);
      for (let number = 1; ; number++) levels.set(key, list.fill(number));
    }, 1);
  },
};
async function serve({ id, task, detail }) {
  const result = await tasks[task](detail ?? {});
  if (process.connected) process.send({ id, result });
}
process.on('message', (asked) => void serve(asked));
process.send({ id: 0 });
