/**
 * Which places presets get that are moved or added. Where nothing fits in between (two presets with one place, or places that have become
 * too long) neighbours get new places too, as few as will do.
 */

import type { Random } from '../base/random.js';
import { ORDER_KEY_CHARACTERS_MAX } from './limits.js';
import { orderKeys } from './order-key.js';
import type { PresetId } from './preset.js';
import type { Shown } from './shown.js';
import { byOrder } from './sorted-presets.js';

/** Behind the last. */
export function placesAtEnd(sorted: readonly Shown[], ids: readonly PresetId[], random: Random): ReadonlyMap<PresetId, string> {
  return placesBetween({ rest: sorted, position: sorted.length, ids, random });
}

/** Before the first. */
export function placesAtStart(sorted: readonly Shown[], ids: readonly PresetId[], random: Random): ReadonlyMap<PresetId, string> {
  return placesBetween({ rest: sorted.filter(others(ids)), position: 0, ids, random });
}

export interface Beside {
  readonly anchor: Shown;
  readonly isBehind: boolean;
}

/** Beside one that need not be among them, nor listed: then beside where it would be. */
export function placesBeside(
  sorted: readonly Shown[],
  ids: readonly PresetId[],
  at: Beside & { readonly random: Random },
): ReadonlyMap<PresetId, string> {
  const { anchor, isBehind, random } = at;
  const rest = sorted.filter(others(ids));
  const found = rest.findIndex((shown) => (isBehind ? byOrder(shown, anchor) > 0 : byOrder(shown, anchor) >= 0));
  return placesBetween({ rest, position: found < 0 ? rest.length : found, ids, random });
}

function others(ids: readonly PresetId[]): (shown: Shown) => boolean {
  const moving = new Set(ids);
  return ({ preset }) => !moving.has(preset.id);
}

interface Gap {
  /** All in bank order, but for those that move. */
  readonly rest: readonly Shown[];
  /** Before which of them. */
  readonly position: number;
  readonly ids: readonly PresetId[];
  readonly random: Random;
}

function placesBetween({ rest, position, ids, random }: Gap): ReadonlyMap<PresetId, string> {
  for (let wide = 0; ; wide = wide * 2 + 1) {
    const from = Math.max(0, position - wide);
    const to = Math.min(rest.length, position + wide);
    const low = rest[from - 1]?.order;
    const high = rest[to]?.order;
    if (low !== undefined && high !== undefined && low >= high) continue;
    const run = [...rest.slice(from, position).map(idOf), ...ids, ...rest.slice(position, to).map(idOf)];
    const keys = orderKeys(low, high, { count: run.length, random });
    const isAll = low === undefined && high === undefined;
    if (isAll || keys.every((key) => key.length <= ORDER_KEY_CHARACTERS_MAX)) return new Map(run.map((id, at) => [id, String(keys[at])]));
  }
}

function idOf({ preset }: Shown): PresetId {
  return preset.id;
}
