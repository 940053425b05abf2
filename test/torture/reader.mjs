// @ts-check
/** Joins alone, tells its parent what is in the store, under which term it could write, and what it was warned of; then closes. */

import { pathToFileURL } from 'node:url';

const { build, directory, runtimeDirectory } = JSON.parse(String(process.argv[2]));
const tell = (/** @type {object} */ message) => process.send?.(message, () => process.disconnect());

try {
  const { join } = await import(pathToFileURL(build).href);
  const instance = await join('com.acme.synth', { directory, runtimeDirectory });
  const content = instance.doc.getMap('presets').toJSON();
  const { term } = await instance.flush();
  const { warnings } = instance.inspect();
  await instance.close();
  tell({ content, term, warnings });
} catch (error) {
  tell({ error: error instanceof Error ? error.message : String(error) });
}
