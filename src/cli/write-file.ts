/** Writes a file as a whole or not at all: under another name beside it, synced, then renamed. */

import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { CliError } from './exit.js';
import { systemCodeOf } from './failure.js';

export interface WriteOptions {
  readonly isPacked: boolean;
  readonly signal: AbortSignal;
}

export async function writeWholeFile(path: string, texts: Iterable<string>, { isPacked, signal }: WriteOptions): Promise<void> {
  const temporaryPath = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = createWriteStream(temporaryPath, { flags: 'wx' });
    const source = Readable.from(texts);
    if (isPacked) await pipeline(source, createGzip(), file, { signal });
    else await pipeline(source, file, { signal });
    await sync(temporaryPath);
    await rename(temporaryPath, path);
  } catch (error) {
    await rm(temporaryPath, { force: true });
    const code = systemCodeOf(error);
    // Nobody knows the temporary name, which the system's message has.
    if (signal.aborted || code === undefined || error instanceof CliError) throw error;
    throw new CliError('failed', `${path} cannot be written: ${code}`, { cause: error });
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
