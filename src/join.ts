/** The one place that picks implementations: ZeroMQ, LevelDB and locked files for users, whatever is given for tests. */

import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { checkGroup, resolveStoreDirectory } from '../storage/layout.js';
import { loadFileLocks } from '../storage/file-lock.js';
import { loadLevel } from '../storage/level-open.js';
import { LevelStore } from '../storage/level-store.js';
import { prepareStoreDirectory } from '../storage/store-directory.js';
import { FileRoster } from '../sync/discovery/file-roster.js';
import { defaultRuntimeDirectory, ensureRuntimeDirectory, systemRuntimeEnvironment } from '../sync/discovery/runtime-directory.js';
import type { Transport } from '../sync/transport.js';
import { ZeromqTransport } from '../sync/zeromq-transport.js';
import { systemClock } from './base/clock.js';
import { SocommError } from './base/errors.js';
import { guarded, silent } from './base/log.js';
import { systemRandom } from './base/random.js';
import { enter } from './enter.js';
import type { Instance } from './instance.js';
import { checkOptions } from './options.js';
import type { JoinOptions } from './options.js';
import { Peer } from './peer.js';
import type { PeerOptions } from './peer.js';
import { borrowPeer, ownPeer } from './peer-table.js';
import type { BorrowedPeer } from './peer-table.js';
import { PACKAGE_VERSION } from './version.js';

/**
 * Joins a group of copies that share one state, and becomes one of its instances.
 *
 * @param group 1 to 63 letters, digits, `.`, `_`, `-`; by custom a reversed domain: `com.acme.synth`.
 * @returns with the whole state: the store loaded, or caught up with a live peer (see `wait`).
 * Errors: `TypeError` for a wrong name or option; else a `SocommError`: SOCOMM_DIRECTORY_INVALID, SOCOMM_STORE_FOREIGN,
 * SOCOMM_STORE_NEWER, SOCOMM_STORE_MISMATCH, SOCOMM_STORE_DAMAGED, SOCOMM_STORE_FAILED, SOCOMM_RUNTIME_DIRECTORY_UNSAFE,
 * SOCOMM_NATIVE_MISSING, SOCOMM_NOT_MAIN_THREAD, SOCOMM_NO_IPC, SOCOMM_LOCK_UNAVAILABLE, SOCOMM_WRITER_STALLED, SOCOMM_WRITER_UNREACHABLE,
 * SOCOMM_VERSION_REFUSED.
 */
export async function join(group: string, options: JoinOptions = {}): Promise<Instance> {
  checkGroup(group);
  checkOptions(options);
  options.signal?.throwIfAborted();
  return enter(await obtainPeer(group, options), options);
}

async function obtainPeer(group: string, options: JoinOptions): Promise<BorrowedPeer> {
  const { store, discovery } = options;
  checkThread(options);
  // First what may be refused without a trace, then what makes a directory.
  const transport = transportOf(options);
  if (store !== undefined && discovery !== undefined) return ownPeer(openPeer(group, options, { transport, store, discovery }));
  const directory = await prepareStoreDirectory(resolveStoreDirectory(group, options.directory), group);
  const open = async (): Promise<Peer> => openPeer(group, options, { transport, ...(await homeIn(directory, group, options)) });
  if (options.replica === 'own' || isEmbedded(options)) return ownPeer(open());
  return borrowPeer(`${group} ${directory}`, options, open);
}

/** The addons abort the whole process when a worker that uses them ends: refused before any of them is loaded. */
function checkThread({ transport, store }: JoinOptions): void {
  if (isMainThread || (transport !== undefined && store !== undefined)) return;
  throw new SocommError(
    'SOCOMM_NOT_MAIN_THREAD',
    'join() was called in a worker thread, whose end would take the whole process down: ZeroMQ and LevelDB bear only the main one.' +
      ' Join there, and give the worker what it needs through a MessagePort.',
  );
}

/** With parts of its own, a peer is nobody else's. */
function isEmbedded({ transport, clock, random }: JoinOptions): boolean {
  return [transport, clock, random].some((part) => part !== undefined);
}

/** Where peers meet and what they keep: both in the store's directory. */
type Home = Pick<PeerOptions, 'store' | 'discovery'>;

async function homeIn(directory: string, group: string, { storage, random = systemRandom, log }: JoinOptions): Promise<Home> {
  const [locks] = await Promise.all([loadFileLocks(), storage === 'never' ? undefined : loadLevel()]);
  return {
    store: new LevelStore({ directory, group, packageVersion: PACKAGE_VERSION, locks, random }),
    discovery: new FileRoster({ storeDirectory: directory, locks, log: guarded(log ?? silent) }),
  };
}

async function openPeer(group: string, options: JoinOptions, parts: Home & Pick<PeerOptions, 'transport'>): Promise<Peer> {
  const { storage, clock = systemClock, random = systemRandom } = options;
  const log = guarded(options.log ?? silent);
  const peer = new Peer({ group, canWrite: storage !== 'never', ...parts, clock, random, log, pid: process.pid });
  await peer.open();
  return peer;
}

function transportOf({ transport, runtimeDirectory, random = systemRandom, clock = systemClock }: JoinOptions): Transport {
  return transport ?? new ZeromqTransport({ runtimeDirectory: openRuntimeDirectory(runtimeDirectory), random, clock });
}

function openRuntimeDirectory(path: string | undefined): string {
  const directory = path === undefined ? defaultRuntimeDirectory(systemRuntimeEnvironment()) : resolve(path);
  ensureRuntimeDirectory(directory);
  return directory;
}
