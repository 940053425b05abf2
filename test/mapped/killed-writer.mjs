/**
 * Writes values into a mapped file without a pause, until it is killed: each a list of one and the same number, the next one larger by one.
 * `in-place` is the planted bug: it writes over the value that is shown.
 */

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , dist, path, byteLength, way, numbers] = process.argv;
const part = (name) => import(pathToFileURL(join(dist, name)).href);
const { loadMapping } = await part('src/mapped/memory.js');
const { geometryOf, slotAt, copyAt, COPY } = await part('talk/mapped/layout.js');
const { TableWriter } = await part('talk/mapped/table-writer.js');

const descriptor = openSync(path, 'r+');
const { words } = (await loadMapping()).map(descriptor, Number(byteLength), 'write');
closeSync(descriptor);
const geometry = geometryOf(4, Number(numbers) * 8);
const writer = new TableWriter(words, geometry, `${'a'.repeat(16)}.1`);
const list = new Float64Array(Number(numbers));
const bytes = new Uint8Array(list.buffer);
const listWords = new Int32Array(list.buffer);

const set = () => writer.set({ name: 'n', key: 'k', codec: 'float64', bytes }, [1, 2]);
set();
const copy = copyAt(geometry, slotAt(geometry, 0), 1) + COPY.value;
const write =
  way === 'in-place'
    ? () => {
        for (let each = 0; each < listWords.length; each++) Atomics.store(words, copy + each, listWords[each]);
      }
    : set;
// Warm, so that the first kill meets the same code as the last.
for (let number = 1; number < 20_000; number++) {
  list.fill(number);
  write();
}
process.stdout.write('ready');
setTimeout(() => {
  for (let number = 20_000; ; number++) {
    list.fill(number);
    write();
  }
}, 1);
