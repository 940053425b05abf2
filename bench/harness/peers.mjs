/** bench/peers is a package of its own: what others use instead of socomm. It is installed when the bench first wants it, and never by `--smoke`. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../peers/', import.meta.url));
const INSTALL_MS_MAX = 120_000;

export function arePeersThere() {
  return existsSync(`${FOLDER}node_modules/.package-lock.json`);
}

/** Whether they are there now. Says what it does, and why it could not. */
export function installPeers(say) {
  if (arePeersThere()) return true;
  say('bench/peers: npm ci');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, stderr, error } = spawnSync(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    encoding: 'utf8',
    timeout: INSTALL_MS_MAX,
    shell: process.platform === 'win32',
  });
  if (status === 0) return true;
  const why = error?.message ?? stderr.trim().split('\n').slice(-3).join('\n');
  say(`bench/peers could not be installed; socomm is measured beside the limits alone, and the bars against peers are left out:\n${why}`);
  return false;
}
