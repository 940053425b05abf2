/** What one transaction made of presets, gathered for the event that tells it. */

import { differences } from './make-preset.js';
import type { Preset, PresetField, PresetId } from './preset.js';

export class GatheredChange {
  readonly added: PresetId[] = [];
  readonly updated = new Map<PresetId, ReadonlySet<PresetField>>();
  readonly removed: PresetId[] = [];

  add(id: PresetId, before: Preset | undefined, after: Preset | undefined, hasMoved: boolean): void {
    const wasListed = before !== undefined && !before.isRemoved;
    const isListed = after !== undefined && !after.isRemoved;
    if (wasListed && !isListed) this.removed.push(id);
    else if (!wasListed && isListed) this.added.push(id);
    else if (before !== undefined && after !== undefined && before !== after) {
      const fields = differences(before, after);
      if (hasMoved) fields.add('order');
      this.updated.set(id, fields);
    }
  }
}
