// A worker thread shares the state: the main thread hosts, the worker joins as a process of its own would.
import { isMainThread, Worker } from 'node:worker_threads';
import { hostWorkers, join } from 'socomm';

if (isMainThread) {
  const endHosting = hostWorkers(); // from now on this thread carries the sockets of its workers
  const synth = await join('com.acme.synth');
  const presets = synth.doc.getMap('presets');
  synth.transact(() => presets.set('warm-pad', { name: 'Warm Pad' }));

  const worker = new Worker(new URL(import.meta.url));
  while (presets.get('warm-pad').key === undefined) await new Promise((resolve) => presets.observe(resolve));
  console.log(`${presets.get('warm-pad').name} is in ${presets.get('warm-pad').key}`);

  await worker.terminate(); // at any moment, in the middle of anything: nobody else notices but by its absence
  await synth.close();
  endHosting();
} else {
  const analyser = await join('com.acme.synth');
  const presets = analyser.doc.getMap('presets');
  analyser.transact(() => presets.set('warm-pad', { ...presets.get('warm-pad'), key: 'D minor' }));
  await analyser.flush(); // on disk, here as everywhere
  setInterval(() => undefined, 1000); // has more to do
}
