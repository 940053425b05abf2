/**
 * A process that starts `cluster` workers, each of which joins, sets a key, flushes, and says which store and writer it sees. What
 * they say is this process's last line of output.
 */

import cluster from 'node:cluster';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { builds, directories, runtimeDirectory } = JSON.parse(process.argv[2]);

if (cluster.isPrimary) await lead();
else await follow(Number(process.env.CLUSTER_AT));

async function lead() {
  const workers = builds.map((_, at) => cluster.fork({ CLUSTER_AT: String(at) }));
  const answers = await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  // Only when all have seen each other may the first one go.
  for (const worker of workers) worker.send('close');
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
  console.log(JSON.stringify(answers));
}

async function follow(at) {
  const build = builds[at];
  const { join } = build.includes('/cjs/') ? createRequire(import.meta.url)(build) : await import(pathToFileURL(build).href);
  const instance = await join('com.acme.synth', { directory: directories[at], runtimeDirectory });
  const presets = instance.doc.getMap('presets');
  instance.transact(() => presets.set(`worker-${at}`, at));
  await instance.flush();
  while (presets.size < builds.length) await new Promise((resolve) => void presets.doc.once('update', resolve));
  process.send({ writer: instance.writer, directory: instance.inspect().directory, size: presets.size });
  await new Promise((resolve) => process.once('message', resolve));
  await instance.close();
  process.disconnect();
}
