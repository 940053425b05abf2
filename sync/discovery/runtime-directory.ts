/**
 * Where sockets lie. Whoever may write to this directory could put himself in a peer's place, so it must be this
 * user's alone: one that is not is refused, never repaired, for nobody knows what is in it already.
 *
 * Order of the default: $SOCOMM_RUNTIME_DIRECTORY, $XDG_RUNTIME_DIR/socomm, on macOS $TMPDIR/socomm, on Windows
 * %LOCALAPPDATA%\socomm\run, else <tmp>/socomm-<uid>.
 */

import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SocommError, systemCode } from '../../src/base/errors.js';
import { makeDirectory } from '../../src/base/make-directory.js';

export interface RuntimeEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly temporaryDirectory: string;
  /** Undefined where users have no number (Windows). */
  readonly uid: number | undefined;
}

export function systemRuntimeEnvironment(): RuntimeEnvironment {
  return { variables: process.env, platform: process.platform, temporaryDirectory: tmpdir(), uid: process.getuid?.() };
}

/** An absolute path; nothing is made. The same for all processes of a user, or they would not meet. */
export function defaultRuntimeDirectory({ variables, platform, temporaryDirectory, uid }: RuntimeEnvironment): string {
  const given = variables['SOCOMM_RUNTIME_DIRECTORY'];
  if (given !== undefined && given !== '') return resolve(given);
  if (platform === 'win32') return join(variables['LOCALAPPDATA'] ?? temporaryDirectory, 'socomm', 'run');
  const session = platform === 'darwin' ? variables['TMPDIR'] : variables['XDG_RUNTIME_DIR'];
  // In containers and under `su` the variable often names a directory that is missing or another user's.
  if (session !== undefined && isUsable(session, uid)) return join(resolve(session), 'socomm');
  return join(resolve(temporaryDirectory), uid === undefined ? 'socomm' : `socomm-${uid}`);
}

/** Makes an absolute directory (mode 0700) where it is missing, and looks it over. Errors: SOCOMM_RUNTIME_DIRECTORY_UNSAFE, SOCOMM_DIRECTORY_INVALID. */
export function ensureRuntimeDirectory(path: string, uid: number | undefined = process.getuid?.()): void {
  makeMissing(path);
  checkDirectory(path, uid);
}

function makeMissing(path: string): void {
  try {
    // What is there already is judged, never touched. A link that leads nowhere is there too.
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
    makeDirectory(path, 0o700);
  } catch (cause) {
    throw cannotMake(path, cause);
  }
}

function checkDirectory(path: string, uid: number | undefined): void {
  // lstat: a link could be led elsewhere after we have looked.
  const found = lstatSync(path);
  if (found.isSymbolicLink()) throw unsafe(path, 'is a symbolic link', 'Remove it, or name the directory that it leads to');
  if (!found.isDirectory()) throw unsafe(path, 'is not a directory', 'Remove it');
  if (uid === undefined) return; // Windows: the profile's access rights protect it
  if (found.uid !== uid) throw unsafe(path, `belongs to another user (${found.uid}, not ${uid})`, 'Have it removed by its owner');
  const mode = found.mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw unsafe(
      path,
      `is open to other users (mode ${mode.toString(8).padStart(4, '0')})`,
      'If you trust what is in it, run `chmod 700` on it',
    );
  }
}

function isUsable(path: string, uid: number | undefined): boolean {
  try {
    const found = statSync(path);
    accessSync(path, constants.W_OK | constants.X_OK);
    return found.isDirectory() && (uid === undefined || found.uid === uid);
  } catch {
    return false; // whatever the reason, it is of no use
  }
}

function unsafe(path: string, what: string, advice: string): SocommError {
  return new SocommError(
    'SOCOMM_RUNTIME_DIRECTORY_UNSAFE',
    `The runtime directory ${path} ${what}, so others could read or forge messages. ${advice}, or choose another directory with` +
      ' the option `runtimeDirectory` or the variable SOCOMM_RUNTIME_DIRECTORY.',
  );
}

function cannotMake(path: string, cause: unknown): SocommError {
  return new SocommError(
    'SOCOMM_DIRECTORY_INVALID',
    `The runtime directory ${path} cannot be made (${systemCode(cause)}). Choose one that this user may write to with the option` +
      ' `runtimeDirectory` or the variable SOCOMM_RUNTIME_DIRECTORY.',
    { cause },
  );
}
