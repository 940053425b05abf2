// @ts-check
/**
 * A process under torture: an instance of each loaded copy sets, overwrites and deletes keys, and flushes, until it is told to
 * close or is killed. Lines on standard output, written synchronously, so that what stands there has happened:
 *
 *   did <instance> <version> <key> <set|delete>   about to happen
 *   ack <instance> <version> <term>               all of this instance through this version is durable
 *   rejoined <instance>                           came back, and found all of its own that is acknowledged …
 *   stale <instance> <what>                       … or not
 *   refused <code>                                a join or a flush was
 *   closed                                        all copies
 *
 * What the writers do goes into the journal, one file for all processes, a line each in the order of the kernel: `opened` after
 * an office has its database, `wrote` with the term after each synced batch, `closing` before it gives the database up. While these
 * lines are written the lock is held; so two offices that overlap there were writers at once.
 *
 * Started with { builds, directory, runtimeDirectory, journal, seed, name, hasLock } as JSON.
 */

import { openSync, realpathSync, writeSync } from 'node:fs';
import { dirname, join as joinPath } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { seededFraction } from './chance.mjs';
import { lackOf } from './checks.mjs';

/** @typedef {{ builds: string[], directory: string, runtimeDirectory: string, journal: string, seed: number, name: string, hasLock: boolean }} Order */

const OWN_KEYS = 12;
const SHARED_KEYS = 5;
const FLUSH_MS_MAX = 10_000;
const JOIN_PAUSE_MS = 200;
/** Of a round of changes: that the instance closes and joins again. */
const REJOIN_CHANCE = 0.1;

/** @type {Order} */
const order = JSON.parse(String(process.argv[2]));
const journal = openSync(order.journal, 'a');
const ending = { hasBegun: false };
let offices = 0;

/** @param {string} line */
const say = (line) => void writeSync(1, `${line}\n`);
/** @param {object} line */
const note = (line) => void writeSync(journal, `${JSON.stringify({ ...line, pid: process.pid })}\n`);

/**
 * A copy whose store keeps the journal. Without the lock, whoever asks for it has it: the negative control.
 * @param {string} build
 */
async function load(build) {
  const from = (/** @type {string} */ path) => import(pathToFileURL(joinPath(dirname(build), path)).href);
  const { LevelStore } = await from('../storage/level-store.js');
  const { open, append, replace, close } = LevelStore.prototype;
  /** @type {WeakMap<object, string>} */
  const officeOf = new WeakMap();
  /** @type {(this: { readonly location: string }) => Promise<unknown>} */
  LevelStore.prototype.open = async function opened() {
    const result = await open.call(this);
    // A rehearsal writes a store of its own, for nobody.
    if (this.location !== realpathSync(order.directory)) return result;
    const office = `${order.name}-${offices++}`;
    officeOf.set(this, office);
    note({ kind: 'opened', office });
    return result;
  };
  for (const [method, write] of Object.entries({ append, replace })) {
    /** @type {(this: object, term: number, what: unknown) => Promise<void>} */
    LevelStore.prototype[method] = async function written(term, what) {
      await write.call(this, term, what);
      const office = officeOf.get(this);
      if (office !== undefined) note({ kind: 'wrote', office, term });
    };
  }
  /** @type {(this: object, options: object) => Promise<void>} */
  LevelStore.prototype.close = async function closing(options) {
    const office = officeOf.get(this);
    if (office !== undefined) note({ kind: 'closing', office });
    officeOf.delete(this);
    await close.call(this, options);
  };
  if (!order.hasLock) {
    const { FileOwnerLock } = await from('../storage/owner-lock.js');
    Object.assign(FileOwnerLock.prototype, { tryAcquire: () => true, isOwned: () => true, release: () => undefined });
  }
  return import(pathToFileURL(build).href);
}

/** @param {(group: string, options: object) => Promise<any>} join */
async function enter(join) {
  const { directory, runtimeDirectory } = order;
  while (!ending.hasBegun) {
    try {
      return await join('com.acme.synth', { directory, runtimeDirectory });
    } catch (error) {
      refused(error);
      await pause(JOIN_PAUSE_MS);
    }
  }
  return undefined;
}

/** @param {any} error */
function refused(error) {
  if (error?.name !== 'SocommError') throw error;
  say(`refused ${error.code}`);
}

/**
 * @param {string} build
 * @param {number} at
 */
async function live(build, at) {
  const { join } = await load(build);
  const name = `${order.name}.${at}`;
  const random = seededFraction(order.seed + at * 7919);
  const below = (/** @type {number} */ count) => Math.floor(random() * count);
  let version = 0;
  /** @type {import('./checks.mjs').Account} */
  const account = { changes: [], acknowledged: 0 };
  let instance = await enter(join);
  while (!ending.hasBegun) {
    const presets = instance.doc.getMap('presets');
    for (let left = 1 + below(8); left > 0; left--) {
      const isShared = random() < 0.2;
      const key = isShared ? `shared-${below(SHARED_KEYS)}` : `${name}-${below(OWN_KEYS)}`;
      const isDeletion = !isShared && random() < 0.25;
      version++;
      say(`did ${name} ${version} ${key} ${isDeletion ? 'delete' : 'set'}`);
      account.changes.push({ version, key, isDeletion });
      instance.transact(() => (isDeletion ? presets.delete(key) : presets.set(key, `${name}:${version}`)));
      if (random() < 0.5) await pause(below(4));
    }
    const flushed = version;
    try {
      const { term } = await instance.flush({ timeoutMs: FLUSH_MS_MAX });
      say(`ack ${name} ${flushed} ${term}`);
      account.acknowledged = flushed;
    } catch (error) {
      refused(error);
    }
    if (random() < REJOIN_CHANCE) {
      await instance.close();
      instance = await enter(join);
      if (instance === undefined) break;
      // Before anything else can come: what `join()` resolved with is what an application goes by.
      const lack = lackOf(name, account, instance.doc.getMap('presets').toJSON());
      say(lack.length === 0 ? `rejoined ${name}` : `stale ${name} ${lack.join('; ')}`);
    }
  }
  await instance?.close();
}

process.stdin.on('data', () => (ending.hasBegun = true));
process.stdin.unref?.();
await Promise.all(order.builds.map(live));
say('closed');
// Standard input is a pipe that the parent keeps open.
process.stdin.destroy();
