/** What `join()` takes, checked: a programmer's mistake is a `TypeError` at once, with the option's name. */

import type { Store } from '../storage/store.js';
import type { Discovery } from '../sync/discovery.js';
import type { Transport } from '../sync/transport.js';
import type { Clock } from './base/clock.js';
import type { Log } from './base/log.js';
import type { Random } from './base/random.js';
import { geometryFor } from './mapped/open-mapping.js';
import type { MappedOptions } from './mapped/open-mapping.js';

export interface JoinOptions {
  /** Where the store lies. Default: `$SOCOMM_DIRECTORY/<group>`, else the platform's data folder. */
  readonly directory?: string;
  /** Where the sockets lie. Default: `$SOCOMM_RUNTIME_DIRECTORY`, else the platform's runtime folder. */
  readonly runtimeDirectory?: string;
  /** `'auto'` (default): stands for election as writer. `'never'`: only ever follows. */
  readonly storage?: 'auto' | 'never';
  /** `'synced'` (default): resolves with the whole state. `'none'`: resolves at once; see `synced()`. */
  readonly wait?: 'synced' | 'none';
  /** `'shared'` (default): instances of this loaded copy use one peer. `'own'`: a peer and replicas of its own. */
  readonly replica?: 'shared' | 'own';
  /**
   * Ephemeral values also lie in memory that other instances and native code of this machine can map: see `Ephemeral.poll()` and docs/MAPPING.md.
   * Needs `koffi`; where they cannot be mapped they only travel, and `inspect()` says why. Default: false.
   */
  readonly mapped?: boolean | MappedOptions;
  /** Gives up joining. */
  readonly signal?: AbortSignal;
  /** Default: silent. */
  readonly log?: Log;
  /** For tests and embedding; an instance with any of these has a peer of its own. `store` and `discovery` go together. */
  readonly transport?: Transport;
  readonly discovery?: Discovery;
  readonly store?: Store;
  readonly clock?: Clock;
  readonly random?: Random;
}

const CHOICES = {
  storage: ['auto', 'never'],
  wait: ['synced', 'none'],
  replica: ['shared', 'own'],
} as const;
const TEXTS = ['directory', 'runtimeDirectory'] as const;
const OBJECTS = ['transport', 'discovery', 'store', 'clock', 'random'] as const;
const KNOWN = new Set<string>([...Object.keys(CHOICES), ...TEXTS, ...OBJECTS, 'mapped', 'signal', 'log']);

export function checkOptions(options: unknown): asserts options is JoinOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`the options of join() are an object; got ${show(options)}`);
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) {
    if (!KNOWN.has(name)) throw new TypeError(`join() has no option '${name}'; it has ${[...KNOWN].join(', ')}`);
  }
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = given[name];
    if (value !== undefined && !(choices as readonly unknown[]).includes(value)) {
      throw new TypeError(`the option '${name}' is ${choices.map((choice) => `'${choice}'`).join(' or ')}; got ${show(value)}`);
    }
  }
  for (const name of TEXTS) {
    const value = given[name];
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new TypeError(`the option '${name}' is a path; got ${show(value)}`);
  }
  for (const name of OBJECTS) {
    const value = given[name];
    if (value !== undefined && (typeof value !== 'object' || value === null))
      throw new TypeError(`the option '${name}' is an object; got ${show(value)}`);
  }
  if ((given['store'] === undefined) !== (given['discovery'] === undefined)) {
    throw new TypeError("the options 'store' and 'discovery' go together: peers meet where their store is");
  }
  checkMapped(given['mapped']);
  if (given['signal'] !== undefined && !(given['signal'] instanceof AbortSignal))
    throw new TypeError("the option 'signal' is an AbortSignal");
  if (given['log'] !== undefined && typeof given['log'] !== 'function')
    throw new TypeError(`the option 'log' is a function; got ${show(given['log'])}`);
}

function checkMapped(value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`the option 'mapped' is true, false or an object; got ${show(value)}`);
  for (const name of Object.keys(value))
    if (name !== 'valuesMax' && name !== 'valueBytesMax')
      throw new TypeError(`the option 'mapped' has no '${name}'; it has valuesMax, valueBytesMax`);
  geometryFor(value);
}

/** The options that instances of one peer must agree on. */
export function differingOption(a: JoinOptions, b: JoinOptions): 'storage' | 'runtimeDirectory' | undefined {
  if ((a.storage ?? 'auto') !== (b.storage ?? 'auto')) return 'storage';
  if (a.runtimeDirectory !== b.runtimeDirectory) return 'runtimeDirectory';
  return undefined;
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 80)}'` : typeof value;
}
