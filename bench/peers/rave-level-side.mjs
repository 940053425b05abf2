/** A process of rave-level: one database that many open, one of them the leader. */

import { RaveLevel } from 'rave-level';

import { serve } from '../harness/serve.mjs';
import { workUntilStopped } from '../sides/work.mjs';

let database;
let isLeader = false;
let working;

serve({
  async open({ folder }) {
    database = new RaveLevel(folder);
    database.on('leader', () => (isLeader = true));
    database.on('error', (error) => {
      throw error;
    });
    await database.open();
  },
  isWriter: () => isLeader,
  fill: ({ presets }) =>
    database.batch(
      Array.from({ length: presets }, (_, at) => ({ type: 'put', key: `preset-${at}`, value: `Preset ${at}`.padEnd(200, '.') })),
    ),
  put: ({ key, value }) => database.put(key, value, { sync: true }),
  async kill({ pid, value }) {
    const startedAt = performance.now();
    process.kill(pid, 'SIGKILL');
    await database.put('after', String(value), { sync: true });
    return performance.now() - startedAt;
  },
  work({ name }) {
    working = workUntilStopped(name, (key, value) => database.put(key, value, { sync: true }));
  },
  acknowledged: () => working.acknowledged(),
  stop: () => working.stop(),
  async missing({ keys }) {
    const values = await database.getMany(keys);
    return keys.filter((_, at) => values[at] === undefined).length;
  },
  close: () => database.close(),
});
