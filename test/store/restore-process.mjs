// Puts another store in the place of the one in a directory, and kills itself at a step: `<directory> <number of the step>`.
// Says how many steps there were where it came to the end.
import { join } from 'node:path';

import { systemRandom } from '../../dist/esm/src/base/random.js';
import { loadFileLocks } from '../../dist/esm/storage/file-lock.js';
import { replaceStore } from '../../dist/esm/storage/restore.js';
import { readStoreNote } from '../../dist/esm/storage/store-note.js';

const [directory, killedAt] = process.argv.slice(2);
const locks = await loadFileLocks();
locks.tryLock(join(directory, 'owner.lock'));
let steps = 0;
await replaceStore(directory, {
  group: 'com.acme.synth',
  packageVersion: '0.0.0',
  locks,
  random: systemRandom,
  note: await readStoreNote(directory),
  term: 9,
  documents: [{ document: 'main', state: Uint8Array.of(7, 8, 9), stateVector: Uint8Array.of(1) }],
  step: (name) => {
    if (++steps === Number(killedAt)) process.kill(process.pid, 'SIGKILL');
    process.stdout.write(`${name}\n`);
  },
});
process.stdout.write(`${steps} steps\n`);
