// Ask whoever can: one copy has loaded the analysis model, all others ask for its work, as one answer or as a stream of them.
import { defineRequest, join } from 'socomm';

const analyse = defineRequest({ name: 'analysis/key' });
const progress = defineRequest({ name: 'analysis/progress' });

const companion = await join('com.acme.synth'); // the companion application has the model
const plugin = await join('com.acme.synth', { replica: 'own' });
try {
  companion.handle(analyse, ({ notes }) => {
    if (notes.length === 0) throw Object.assign(new Error('there are no notes'), { code: 'NO_NOTES' });
    return { key: notes.includes('C#') ? 'D major' : 'C major' };
  });
  companion.handle(progress, async function* ({ steps }, { signal }) {
    for (let step = 1; step <= steps && !signal.aborted; step++) yield { percent: Math.round((100 * step) / steps) };
  });

  console.log(await plugin.request(analyse, { notes: ['D', 'F#', 'A', 'C#'] }));
  for await (const { percent } of plugin.requestStream(progress, { steps: 4 })) console.log(`${percent} %`);

  try {
    await plugin.request(analyse, { notes: [] }, { timeoutMs: 5000 });
  } catch (error) {
    console.log(`refused: ${error.code}, ${error.message}`);
  }
} finally {
  await plugin.close();
  await companion.close();
}
