// A knob: everybody sees it move at once, one change is written at the end, and undo takes back the whole gesture.
import { join } from 'socomm';

const left = await join('com.acme.synth');
const right = await join('com.acme.synth', { replica: 'own' });
try {
  const knobs = left.doc.getMap('knobs');
  const undo = left.undo(knobs);
  left.transact(() => knobs.set('cutoff', 0.2));
  undo.clear();

  const seen = [];
  let tell;
  const settled = (value) =>
    new Promise((resolve) => {
      tell = () => seen.at(-1) === `${value}` && resolve();
      tell();
    });
  right.observeValue(right.doc.getMap('knobs'), 'cutoff', (value, { isMoving }) => {
    seen.push(isMoving ? 'moves' : `${value}`);
    tell?.();
  });

  const cutoff = left.gesture(knobs, 'cutoff');
  for (let step = 1; step <= 60; step++) {
    cutoff.move(0.2 + step / 100);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  cutoff.commit();
  await settled(0.8);
  console.log(`the other side saw it move: ${seen.includes('moves')}; then it stood at ${seen.at(-1)}`);

  undo.undo();
  await settled(0.2);
  console.log(`one undo, and it stands at ${seen.at(-1)}`);
} finally {
  await right.close();
  await left.close();
}
