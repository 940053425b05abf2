// A codec of one's own: MessagePack, which knows dates and bytes. It is an object with a name and two functions.
import { decode, encode } from '@msgpack/msgpack';
import { defineTopic, join } from 'socomm';

const notes = defineTopic('notes', {
  name: 'msgpack', // travels with each message: who reads with another codec is told so
  encode: (note) => encode(note),
  decode: (bytes) => decode(bytes),
});

const keyboard = await join('com.acme.synth');
const recorder = await join('com.acme.synth', { replica: 'own' }); // elsewhere: another plugin, another process
try {
  const heard = recorder.topic(notes).subscribe();
  await heard.ready;
  keyboard.topic(notes).publish({ pitch: 60, at: new Date(0), sysex: Uint8Array.of(0xf0, 0xf7) });
  for await (const { value } of heard) {
    console.log(`pitch ${value.pitch} at ${value.at.toISOString()}, and ${value.sysex.length} bytes`);
    break;
  }
} finally {
  await recorder.close();
  await keyboard.close();
}
