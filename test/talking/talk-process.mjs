/**
 * A process that joins a group from a build that it is given, answers requests and takes streams until its channel closes, and tells
 * its parent what it hears: { heard, … }. What it does for each name is what the tests ask for by that name.
 */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , build, group, options] = process.argv;
const { join, raw } = await (build.includes('/cjs/') ? createRequire(import.meta.url)(build) : import(pathToFileURL(build).href));
const tell = (message) => process.connected && process.send(message, () => undefined);

const instance = await join(group, JSON.parse(options));
instance.handle('echo', (input) => input);
instance.handle('bytes', (input) => input, { codec: raw() });
instance.handle('fail', () => {
  throw Object.assign(new Error('no room'), { code: 'E_ROOM', data: { free: 3 } });
});
instance.handle('hang', (input, { signal, from }) => {
  tell({ heard: 'called', input, from });
  signal.addEventListener('abort', () =>
    tell({ heard: 'cancelled', input, reason: signal.reason.code ?? signal.reason.name, name: signal.reason.name }),
  );
  return new Promise(() => undefined);
});
instance.handle('count', async function* count(upTo) {
  try {
    for (let index = 0; index < upTo; index++) yield index;
  } finally {
    tell({ heard: 'counted' });
  }
});
instance.onStream('sink', async (stream) => {
  let bytes = 0;
  let peak = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    if (bytes % (8 * 1024 * 1024) < piece.length) peak = Math.max(peak, process.memoryUsage().rss);
  }
  await stream.write(Buffer.from(JSON.stringify({ bytes, peak })));
});
instance.onStream('stall', (stream) => {
  stream.closed.catch((error) => tell({ heard: 'stall ended', code: error.code }));
});
instance.presence.set({ place: 'there' });
instance.ephemeral('knobs').set('cutoff', 0.5);
instance.topic('said').subscribe(({ value, from }) => instance.topic('heard').publish({ value, from }));
instance.on('closed', () => process.disconnect?.());
process.on('disconnect', () => void instance.close());
tell({ heard: 'ready', id: instance.id, rss: process.memoryUsage().rss });
