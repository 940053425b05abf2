/** The one place that picks implementations: ZeroMQ, LevelDB and locked files for users, whatever is given for tests. */

import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { checkGroup, resolveStoreDirectory } from '../storage/layout.js';
import { blobsIn } from '../storage/blobs/file-blob-store.js';
import { loadFileLocks } from '../storage/file-lock.js';
import { loadLevel } from '../storage/level-open.js';
import { LevelStore } from '../storage/level-store.js';
import { isOwnerLocked } from '../storage/owner-lock.js';
import { rehearseTakeover } from '../storage/rehearse.js';
import { prepareStoreDirectory } from '../storage/store-directory.js';
import { FileRoster } from '../sync/discovery/file-roster.js';
import { defaultRuntimeDirectory, ensureRuntimeDirectory, systemRuntimeEnvironment } from '../sync/discovery/runtime-directory.js';
import type { Transport } from '../sync/transport.js';
import { ZeromqTransport } from '../sync/zeromq-transport.js';
import { systemClock } from './base/clock.js';
import { guarded, silent } from './base/log.js';
import type { Log } from './base/log.js';
import { systemRandom } from './base/random.js';
import type { Instance } from './instance.js';
import { NOT_ASKED, geometryFor, openMapping } from './mapped/open-mapping.js';
import type { MappedParts } from './mapped/open-mapping.js';
import { checkOptions } from './options.js';
import type { JoinOptions } from './options.js';
import { Peer } from './peer.js';
import type { PeerOptions } from './peer.js';
import { borrowPeer, ownPeer } from './peer-table.js';
import type { BorrowedPeer } from './peer-table.js';
import { PACKAGE_VERSION } from './version.js';
import { carriedParts, enterCarried } from './worker/carried-peer.js';
import type { Furnished } from './worker/carrier.js';
import { Host } from './worker/host.js';
import { borrowHost } from './worker/host-table.js';
import { knock } from './worker/knock.js';
import type { Order } from './worker/words.js';

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
  const mapping = await openMapped(options);
  return enterCarried(await obtainPeer(group, options), options, mapping);
}

export interface HostWorkersOptions {
  /** Ends hosting, as the returned function does. */
  readonly signal?: AbortSignal;
}

/**
 * Lets worker threads join: from now on the main thread carries the sockets of their peers. Called in the main thread, before a
 * worker joins or within two seconds after. Keeps neither the process nor a worker alive.
 *
 * @returns what ends it: with the last one who asked, instances in workers are closed, in order if they are quick.
 * Errors: SOCOMM_NOT_MAIN_THREAD.
 */
export function hostWorkers(options: HostWorkersOptions = {}): () => void {
  const signal = checkHostOptions(options);
  if (signal?.aborted === true) return () => undefined;
  const giveBack = borrowHost(() => new Host({ furnish, clock: systemClock }));
  const end = (): void => {
    signal?.removeEventListener('abort', end);
    giveBack();
  };
  signal?.addEventListener('abort', end, { once: true });
  return end;
}

async function obtainPeer(group: string, options: JoinOptions): Promise<BorrowedPeer> {
  const { store, discovery } = options;
  if (!isMainThread && (options.transport === undefined || store === undefined)) return obtainCarriedPeer(group, options);
  // First what may be refused without a trace, then what makes a directory.
  const transport = transportOf(options);
  if (store !== undefined && discovery !== undefined) return ownPeer(openPeer(group, options, { transport, store, discovery }));
  const directory = await prepareStoreDirectory(resolveStoreDirectory(group, options.directory), group);
  const open = async (): Promise<Peer> => openPeer(group, options, { transport, ...(await homeIn(directory, group, options)) });
  return isOnesOwn(options) ? ownPeer(open()) : borrowPeer(`${group} ${directory}`, options, open);
}

/** In a worker the addons would abort the whole process when it ends: none is loaded there, and the main thread carries its sockets. */
async function obtainCarriedPeer(group: string, options: JoinOptions): Promise<BorrowedPeer> {
  const { transport, store, directory, runtimeDirectory, signal, clock = systemClock, random = systemRandom, log } = options;
  if (transport !== undefined || store !== undefined)
    throw new TypeError("in a worker thread the options 'transport', 'store' and 'discovery' go together");
  const line = await knock({ order: { group, directory, runtimeDirectory }, clock, signal });
  let isUsed = false;
  const open = (): Promise<Peer> => {
    isUsed = true;
    return openPeer(group, { ...options, storage: 'never' }, { ...carriedParts(line, log), blobs: blobsIn(line.directory, random) });
  };
  try {
    return await (isOnesOwn(options) ? ownPeer(open()) : borrowPeer(`${group} ${line.directory}`, options, open));
  } finally {
    if (!isUsed) line.close();
  }
}

/** What the main thread has for a worker's peer. */
async function furnish({ group, directory, runtimeDirectory }: Order, log: Log): Promise<Furnished> {
  const transport = newTransport(runtimeDirectory);
  const storeDirectory = await prepareStoreDirectory(resolveStoreDirectory(group, directory), group);
  return { directory: storeDirectory, transport, discovery: new FileRoster({ storeDirectory, locks: await loadFileLocks(), log }) };
}

/** With parts of its own, a peer is nobody else's. */
function isOnesOwn({ replica, transport, clock, random }: JoinOptions): boolean {
  return replica === 'own' || [transport, clock, random].some((part) => part !== undefined);
}

/** Where peers meet and what they keep: both in the store's directory. */
type Home = Pick<PeerOptions, 'store' | 'discovery' | 'blobs' | 'rehearse'>;

async function homeIn(directory: string, group: string, options: JoinOptions): Promise<Home> {
  const { storage, runtimeDirectory, random = systemRandom, log } = options;
  const locks = await loadFileLocks();
  // Of many that come to a group most never write: whoever is next loads the addon when it rehearses.
  if (storage !== 'never' && !isOwnerLocked(directory, locks)) await loadLevel();
  const described = { group, packageVersion: PACKAGE_VERSION, locks, random };
  return {
    store: new LevelStore({ directory, ...described }),
    rehearse: (signal) => rehearseTakeover({ directory: () => openRuntimeDirectory(runtimeDirectory), ...described }, signal),
    blobs: blobsIn(directory, random),
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

function transportOf({ transport, runtimeDirectory, random, clock }: JoinOptions): Transport {
  return transport ?? newTransport(runtimeDirectory, random, clock);
}

async function openMapped({ mapped = false, runtimeDirectory, random = systemRandom }: JoinOptions): Promise<MappedParts> {
  if (mapped === false) return NOT_ASKED;
  const geometry = geometryFor(mapped);
  const [{ platform }, uid] = [process, process.getuid?.()];
  return openMapping(geometry, { directory: openRuntimeDirectory(runtimeDirectory), random, platform, uid, isMainThread });
}

function newTransport(runtimeDirectory: string | undefined, random = systemRandom, clock = systemClock): Transport {
  return new ZeromqTransport({ runtimeDirectory: openRuntimeDirectory(runtimeDirectory), random, clock });
}

function openRuntimeDirectory(path: string | undefined): string {
  const directory = path === undefined ? defaultRuntimeDirectory(systemRuntimeEnvironment()) : resolve(path);
  ensureRuntimeDirectory(directory);
  return directory;
}

function checkHostOptions(options: unknown): AbortSignal | undefined {
  if (typeof options !== 'object' || options === null) throw new TypeError('the options of hostWorkers() are an object');
  for (const name of Object.keys(options))
    if (name !== 'signal') throw new TypeError(`hostWorkers() has no option '${name}'; it has signal`);
  const signal = 'signal' in options ? options.signal : undefined;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("the option 'signal' is an AbortSignal");
  return signal;
}
