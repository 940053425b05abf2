/** Hosts with many copies of a plugin, each a process, on one store; and the real presets that they work on. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../process/members.js';
import type { Member, Place } from '../process/members.js';

const HOST = join(import.meta.dirname, 'plugin-host.mjs');

/** 3,482 real presets; they stay where they lie. */
export const PRESETS = join(ROOT, '../shared/data/amsynth/amsynth-presets.jsonl.gz');
export const PRESET_COUNT = 3482;
export const hasPresets = existsSync(PRESETS);

export interface HostOptions {
  /** How many copies of the plugin. */
  readonly count?: number;
  readonly storage?: 'auto' | 'never';
  /** Default: the place's own. */
  readonly directory?: string;
}

export interface OpenedHost {
  readonly host: Member;
  readonly sizes: readonly number[];
  readonly ms: number;
}

export async function openHost(
  place: Place,
  { count = 1, storage = 'auto', directory = place.store }: HostOptions = {},
): Promise<OpenedHost> {
  const host = place.fork({ script: HOST });
  const opened = await host.request<{ readonly sizes: readonly number[]; readonly ms: number }>('open', {
    ...{ count, storage, directory, runtimeDirectory: place.sockets },
  });
  return { host, ...opened };
}
