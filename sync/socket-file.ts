/**
 * The files that sockets have in the runtime directory: `<12 random characters>.p` (publisher), `.t` (messenger: the
 * publisher of topics), `.m` (mailbox, under the messenger's characters) and `.r` (responder). Random names are never
 * used twice, so an old address can only ever fail, never reach somebody else.
 *
 * What is removed here may have been named by a file that somebody else wrote: nothing goes but what looks in every
 * respect like such a socket of this user.
 */

import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { SocommError, systemCode } from '../src/base/errors.js';
import type { Random } from '../src/base/random.js';

/** `sun_path` holds 104 bytes on macOS (108 on Linux), its closing zero included. */
export const SOCKET_PATH_BYTES_MAX = 103;

const SCHEME = 'ipc://';
const NAME_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz234567';
const NAME_LENGTH = 12;
const NAME = /^[a-z2-7]{12}\.[ptmr]$/;

/** A new address `ipc://<runtime directory>/<name>`. Errors: SOCOMM_DIRECTORY_INVALID where the path would be too long. */
export function newSocketEndpoint(runtimeDirectory: string, role: 'p' | 't' | 'r', random: Random): string {
  const characters = Array.from(random.bytes(NAME_LENGTH), (byte) => NAME_CHARACTERS.charAt(byte % NAME_CHARACTERS.length));
  const path = join(runtimeDirectory, `${characters.join('')}.${role}`);
  const pathBytes = Buffer.byteLength(path);
  if (!isAbsolute(path)) throw new TypeError(`the runtime directory must be absolute: ${runtimeDirectory}`);
  if (pathBytes > SOCKET_PATH_BYTES_MAX) {
    const spareBytes = SOCKET_PATH_BYTES_MAX - (pathBytes - Buffer.byteLength(runtimeDirectory));
    throw new SocommError(
      'SOCOMM_DIRECTORY_INVALID',
      `The runtime directory ${runtimeDirectory} is too long for a socket's path. Choose one of at most ${spareBytes} bytes` +
        ' with the option `runtimeDirectory` or the variable SOCOMM_RUNTIME_DIRECTORY.',
    );
  }
  return SCHEME + path;
}

/** Where the mailbox of the peer with this messenger is: no message and no roster names it. */
export function mailboxOf(messenger: string): string {
  return `${messenger.slice(0, -1)}m`;
}

/** Whether a string is the address of such a socket, wherever it lies. */
export function isSocketEndpoint(value: unknown): value is string {
  if (typeof value !== 'string' || !value.startsWith(SCHEME)) return false;
  const path = value.slice(SCHEME.length);
  return isAbsolute(path) && Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX && NAME.test(basename(path));
}

/** Whether there is a file at the address, as seen from this process. */
export function hasSocketFile(endpoint: string): boolean {
  return isSocketEndpoint(endpoint) && existsSync(endpoint.slice(SCHEME.length));
}

/** Removes the file of a socket that nobody listens on any more; leaves anything else alone. True if it was removed. */
export function removeSocketFile(endpoint: string): boolean {
  if (!isSocketEndpoint(endpoint)) return false;
  const path = endpoint.slice(SCHEME.length);
  try {
    const found = lstatSync(path);
    // Windows has no owner in its answer and does not tell sockets; there an empty file of this name must do.
    const isOurs = process.getuid === undefined ? found.isFile() && found.size === 0 : found.isSocket() && found.uid === process.getuid();
    if (isOurs) unlinkSync(path);
    return isOurs;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false; // somebody was faster
    throw new SocommError('SOCOMM_IO', `The socket file ${path} cannot be removed (${code}).`, { cause: error });
  }
}
