/** Whether values can be mapped here, and with what. It never throws: where they cannot be, sockets carry all of them, and here is why. */

import { loadFileLocks } from '../../storage/file-lock.js';
import { MAPPED_VALUE_BYTES_MAX, MAPPED_VALUES_MAX } from '../../talk/limits.js';
import { geometryOf } from '../../talk/mapped/layout.js';
import type { Geometry } from '../../talk/mapped/layout.js';
import { describe } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { loadMapping } from './memory.js';
import type { Mapping } from './memory.js';
import { SegmentFiles } from './segment-files.js';

export interface MappedOptions {
  /** Values of this instance that are mapped at most; its other ones only travel. Default: 256, at most 4,096. */
  readonly valuesMax?: number;
  /** Bytes of a value, encoded; longer ones only travel. Default: 64, at most 16 KiB. */
  readonly valueBytesMax?: number;
}

/** `not-asked`: `join()` was not told to. `platform`: only Linux and macOS. `thread`: only the main thread. `koffi`: it cannot be loaded. `failed`: see the text. */
export type UnmappedReason = 'not-asked' | 'platform' | 'thread' | 'koffi' | 'failed';

export interface Unmapped {
  readonly isMapped: false;
  readonly reason: UnmappedReason;
  /** For people. */
  readonly text: string;
}

export interface Mapped {
  readonly isMapped: true;
  readonly files: SegmentFiles;
  readonly geometry: Geometry;
}

export type MappedParts = Mapped | Unmapped;

export const NOT_ASKED: Unmapped = { isMapped: false, reason: 'not-asked', text: 'join() was not asked for mapped values' };

const VALUES_DEFAULT = 256;
const VALUE_BYTES_DEFAULT = 64;
const PLATFORMS: readonly NodeJS.Platform[] = ['linux', 'darwin'];

export interface MappingEnvironment {
  readonly directory: string;
  readonly random: Random;
  readonly platform: NodeJS.Platform;
  readonly uid: number | undefined;
  readonly isMainThread: boolean;
  /** Default: koffi. */
  readonly load?: () => Promise<Mapping>;
}

/** Throws a TypeError for options that cannot be. */
export function geometryFor(wanted: true | MappedOptions): Geometry {
  const { valuesMax = VALUES_DEFAULT, valueBytesMax = VALUE_BYTES_DEFAULT } = wanted === true ? {} : wanted;
  checkCount('valuesMax', valuesMax, MAPPED_VALUES_MAX);
  checkCount('valueBytesMax', valueBytesMax, MAPPED_VALUE_BYTES_MAX);
  const geometry = geometryOf(valuesMax, valueBytesMax);
  if (geometry === undefined) throw new TypeError("the option 'mapped' asks for more than 16 MiB: fewer values, or shorter ones");
  return geometry;
}

export async function openMapping(geometry: Geometry, environment: MappingEnvironment): Promise<MappedParts> {
  const { directory, random, platform, uid, isMainThread, load = loadMapping } = environment;
  if (!PLATFORMS.includes(platform)) return unmapped('platform', `values are not mapped on ${platform}`);
  if (!isMainThread) return unmapped('thread', 'values are mapped in the main thread only');
  try {
    const [mapping, locks] = await Promise.all([load(), loadFileLocks()]);
    return { isMapped: true, geometry, files: new SegmentFiles({ directory, mapping, locks, random, uid }) };
  } catch (error) {
    return unmapped('koffi', `koffi cannot be loaded (npm install koffi): ${describe(error)}`);
  }
}

export function unmapped(reason: UnmappedReason, text: string): Unmapped {
  return { isMapped: false, reason, text };
}

function checkCount(name: string, value: unknown, most: number): void {
  if (!Number.isInteger(value) || !((value as number) > 0 && (value as number) <= most))
    throw new TypeError(`${name} of the option 'mapped' is a whole number from 1 to ${most}; got ${String(value)}`);
}
