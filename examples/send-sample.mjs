// A sample of 200 MB from one instance to another, no faster than it is read, in constant memory.
import { createHash } from 'node:crypto';
import { join } from 'socomm';

const MEGABYTES = 200;

const browser = await join('com.acme.synth'); // has the sample
const sampler = await join('com.acme.synth', { replica: 'own' }); // wants it
try {
  const received = new Promise((resolve, reject) => {
    sampler.onStream('sample', async (stream) => {
      const hash = createHash('sha256');
      let bytes = 0;
      try {
        for await (const chunk of stream) {
          hash.update(chunk);
          bytes += chunk.length;
        }
        await stream.end();
        resolve({ bytes, digest: hash.digest('hex') });
      } catch (error) {
        reject(error); // the other end was killed, or called it off
      }
    });
  });

  const hash = createHash('sha256');
  const stream = await browser.openStream(sampler.id, 'sample');
  for (let at = 0; at < MEGABYTES; at++) {
    const chunk = new Uint8Array(1_000_000).fill(at);
    hash.update(chunk);
    await stream.write(chunk); // waits while the other end is busy
  }
  await stream.end();

  const { bytes, digest } = await received;
  console.log(`${bytes / 1_000_000} MB received, ${digest === hash.digest('hex') ? 'the same' : 'DIFFERENT'}`);
} finally {
  await browser.close();
  await sampler.close();
}
