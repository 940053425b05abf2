// A shared transport: one instance keeps time, all others follow. Messages to everyone, now; nothing is stored.
import { defineTopic, join, json } from 'socomm';

// Declared once, imported by every part of the product.
const transport = defineTopic('transport', json());

const host = await join('com.acme.synth');
const follower = await join('com.acme.synth', { replica: 'own' }); // elsewhere: another plugin, another process
try {
  const beats = follower.topic(transport).subscribe();
  await beats.ready; // from here on nothing is missed unseen

  const clock = host.topic(transport);
  for (let beat = 0; beat < 8; beat++) clock.publish({ bar: 1 + Math.floor(beat / 4), beat: 1 + (beat % 4), tempo: 120 });

  let heard = 0;
  for await (const { value, missed } of beats) {
    console.log(`${value.bar}.${value.beat} at ${value.tempo} bpm${missed > 0 ? `, ${missed} missed` : ''}`);
    if (++heard === 8) break; // leaving the loop ends the subscription
  }
} finally {
  await follower.close();
  await host.close();
}
