// A codec of one's own: Protocol Buffers, for a message that programs in other languages know, too.
import protobuf from 'protobufjs';
import { defineTopic, join } from 'socomm';

const Note = protobuf.parse('syntax = "proto3"; message Note { uint32 pitch = 1; float velocity = 2; }').root.lookupType('Note');

const notes = defineTopic('notes', {
  name: 'protobuf:Note', // travels with each message: who reads with another codec is told so
  encode(note) {
    const problem = Note.verify(note);
    if (problem) throw new TypeError(problem); // reaches whoever publishes it
    return Note.encode(note).finish();
  },
  decode: (bytes) => Note.toObject(Note.decode(bytes)), // what throws here reaches the subscription's onError
});

const keyboard = await join('com.acme.synth');
const recorder = await join('com.acme.synth', { replica: 'own' }); // elsewhere: another plugin, another process
try {
  const heard = recorder.topic(notes).subscribe();
  await heard.ready;
  keyboard.topic(notes).publish({ pitch: 60, velocity: 0.5 });
  for await (const { value } of heard) {
    console.log(`pitch ${value.pitch}, velocity ${value.velocity}`);
    break;
  }
} finally {
  await recorder.close();
  await keyboard.close();
}
