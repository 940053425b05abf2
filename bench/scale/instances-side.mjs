/** One process that hundreds of instances live in: what each costs, and whether each is still somebody of its own. */

import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';

import { join } from '../../dist/esm/src/index.js';
import { openLibrary } from '../../dist/esm/src/library/index.js';
import { memoryBytes, serve } from './serve.mjs';

const GROUP = 'bench.scale';
const members = [];

serve({
  async measure({ instances, joins }) {
    await add(0);
    await members[0].library.ready();
    const before = await memoryBytes();
    const open = descriptors();
    while (members.length < instances) await add(members.length);
    const each = async () => ((await memoryBytes()) - before) / (instances - 1);
    const bytesEach = await each();
    const openAfter = descriptors();
    const joinMs = [];
    for (let round = 0; round < joins; round++) {
      const start = performance.now();
      const further = await join(GROUP);
      joinMs.push(performance.now() - start);
      await further.close();
    }
    await checkPresence();
    checkUndo();
    return { bytesEach, bytesEachUsed: await each(), open, openAfter, joinMs };
  },
  async close() {
    await Promise.all(members.map(({ instance }) => instance.close()));
  },
});

async function add(at) {
  const instance = await join(GROUP);
  const library = await openLibrary(instance);
  assert.equal(library.size, members[0]?.library.size ?? library.size);
  instance.presence.set({ track: `Track ${at}`, format: 'VST3' });
  members.push({ instance, library });
}

/** Everybody sees everybody. */
async function checkPresence() {
  for (const { instance } of members) {
    await instance.presence.ready;
    const tracks = new Set(Array.from(instance.presence.snapshot.values(), ({ track }) => track));
    assert.equal(tracks.size, members.length);
  }
}

/** Every second one takes its rename back: its own, and nobody else's. */
function checkUndo() {
  const presets = members[0].library.list().slice(0, members.length);
  for (const [at, { library }] of members.entries()) library.rename(presets[at % presets.length].id, `renamed by ${at}`);
  for (const [at, { library }] of members.entries()) if (at % 2 === 1) assert.equal(library.undo(), true);
  if (presets.length < members.length) return;
  for (const [at, { library }] of members.entries())
    assert.equal(library.get(presets[at].id).name, at % 2 === 1 ? presets[at].name : `renamed by ${at}`);
}

/** What `/proc/self/fd` names, sockets apart. */
function descriptors() {
  const links = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch (error) {
      // The one by which the list was read.
      if (error.code === 'ENOENT') return [];
      throw error;
    }
  });
  return { sockets: links.filter((link) => link.startsWith('socket:')).length, all: links.length };
}
