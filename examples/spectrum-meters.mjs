// Meters: the latest value only, at display rate, never in the document. 600 frames a second are measured, 60 at most are sent.
import { defineEphemeral, float32, join } from 'socomm';

const meters = defineEphemeral('meters', float32());

const synth = await join('com.acme.synth');
const analyser = await join('com.acme.synth', { replica: 'own' });
try {
  const shown = analyser.ephemeral(meters);
  await shown.ready;
  let redraws = 0;
  const stop = shown.subscribe(() => redraws++); // also fit for useSyncExternalStore(shown.subscribe, () => shown.snapshot)

  const spectrum = new Float32Array(64);
  for (let frame = 1; frame <= 600; frame++) {
    spectrum.fill(frame / 600);
    synth.ephemeral(meters).set('main-out', spectrum);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  while (shown.get('main-out')?.[0] !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
  stop();
  console.log(`the last of 600 spectra is shown, after ${redraws < 200 ? 'fewer than 200' : redraws} redraws`);

  await synth.close(); // who leaves takes its values along
  while (shown.get('main-out') !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  console.log(`meters left: ${shown.entries().length}`);
} finally {
  await synth.close();
  await analyser.close();
}
