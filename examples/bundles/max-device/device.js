/**
 * What `node.script device.js` runs in a Max device: plain CommonJS beside a `node_modules` folder, nothing bundled. Max gives it `max-api`, and ends
 * it when the device goes; a script that is ended without a word loses nothing that it had flushed.
 */

const max = require('max-api');
const { join } = require('socomm');

async function open() {
  const synth = await join('com.acme.synth');
  const favourites = synth.doc.getMap('favourites');
  const show = () => max.outlet('favourites', [...favourites.keys()]);
  favourites.observe(show);

  max.addHandler('favourite', async (preset) => {
    synth.transact(() => favourites.set(preset, true));
    await synth.flush();
    max.outlet('saved', preset);
  });
  process.once('disconnect', () => synth.close());
  show();
}

async function main() {
  try {
    await open();
  } catch (error) {
    max.outlet('failed', error.code ?? error.message);
  }
}

void main();
