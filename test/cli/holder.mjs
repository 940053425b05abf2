// A process that runs a group, for tests: joins, says so, and sets what each line of its input says (`[root, key, value]`).
// Ends with its input.
import { createInterface } from 'node:readline';

import { join } from '../../dist/esm/src/index.js';

const [group, storage] = process.argv.slice(2);
const instance = await join(group, { storage });
process.stdout.write('joined\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [root, key, value] = JSON.parse(line);
  instance.transact(() => instance.doc.getMap(root).set(key, value));
  process.stdout.write('set\n');
}
await instance.close();
