/** Stands for your application: what a bundle is made of. Notes that it was started, and says what it found. */

import { join } from 'socomm';

async function noteStart() {
  const synth = await join('com.acme.synth');
  try {
    const starts = synth.doc.getArray('starts');
    synth.transact(() => starts.push([process.argv[2] ?? 'somebody']));
    const { term } = await synth.flush();
    console.log(`${starts.toArray().join(', ')}; written under term ${term}`);
  } finally {
    await synth.close();
  }
}

async function main() {
  try {
    await noteStart();
  } catch (error) {
    console.error(`${error.code ?? error.name}: ${error.message}`);
    process.exitCode = 1;
  }
}

void main();
