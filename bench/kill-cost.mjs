/**
 * How long the kernel takes to end a killed process, by what that one has resident: from `kill -9` until its socket is closed, seen by another process. Nobody can
 * take over before: what a takeover takes begins with this. A program: `node bench/kill-cost.mjs [kills]`. What came of it: bench/README.md, "Takeover".
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const MIB = 1024 * 1024;
const SIZES_MIB = [0, 50, 100, 200];
/** Until a process that has just started has nothing left to do. */
const REST_MS = 300;

const [kills = '7', heldMib, path] = process.argv.slice(2);
if (path === undefined) await measure(Number(kills));
else hold(Number(heldMib), path);

function hold(mib, socketPath) {
  const held = Buffer.alloc(mib * MIB, 1);
  const socket = connect(socketPath, () => socket.write(String(held.length)));
}

async function measure(count) {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-kill-cost-'));
  const server = createServer().listen(join(folder, 's'));
  await once(server, 'listening');
  try {
    for (const mib of SIZES_MIB) {
      const times = [];
      let residentMib = 0;
      for (let kill = 0; kill < count; kill++) {
        const connected = once(server, 'connection');
        const child = fork(import.meta.filename, ['1', String(mib), join(folder, 's')]);
        const ended = once(child, 'exit');
        const [socket] = await connected;
        await once(socket, 'data');
        await pause(REST_MS);
        const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
        residentMib = Number(kib) / 1024;
        const closed = once(socket, 'close');
        socket.resume();
        const startedAt = performance.now();
        process.kill(child.pid, 'SIGKILL');
        await closed;
        times.push(performance.now() - startedAt);
        await ended;
      }
      const sorted = times.toSorted((a, b) => a - b).map((ms) => ms.toFixed(1));
      console.log(`${residentMib.toFixed(0)} MiB resident: ${sorted.join(' ')} ms`);
    }
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
