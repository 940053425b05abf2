/** Folders for what is measured, short enough for the names of sockets; gone at the end. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `work` with `place()`, which makes a fresh folder and says the environment in which socomm keeps everything in it. */
export async function withPlaces(work) {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-b-'));
  let places = 0;
  const place = () => {
    const path = join(folder, String(places++));
    mkdirSync(path);
    return { path, env: environment(path) };
  };
  try {
    return await work(place);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function environment(path) {
  return { SOCOMM_DIRECTORY: join(path, 'stores'), SOCOMM_RUNTIME_DIRECTORY: join(path, 'run') };
}
