/** What it ran on. */

import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

export function describeMachine() {
  const versions = ['zeromq', 'yjs', 'classic-level'].map((name) => `${name} ${versionOf(`../../node_modules/${name}/`)}`);
  const peers = ['y-websocket', '@hocuspocus/server', 'rave-level', 'broadcast-channel'].flatMap((name) => {
    const version = versionOf(`../peers/node_modules/${name}/`);
    return version === undefined ? [] : [`${name} ${version}`];
  });
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  return {
    at: `${new Date().toISOString().slice(0, 16).replace('T', ', ')} UTC`,
    text: `Node ${process.version}, ${process.platform}-${process.arch}, ${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB; ${[...versions, ...peers].join(', ')}.`,
  };
}

function versionOf(folder) {
  try {
    return JSON.parse(readFileSync(new URL(`${folder}package.json`, import.meta.url), 'utf8')).version;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
