import { join } from 'socomm';
const synth = await join('com.acme.synth');
try {
  const presets = synth.doc.getMap('presets');
  synth.transact(() => presets.set('warm-pad', { name: 'Warm Pad' }));
  const { term } = await synth.flush();
  console.log(`${presets.size} preset on disk, written under term ${term}`);
} finally {
  await synth.close();
}
