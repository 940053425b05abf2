/**
 * What anybody may ask of the writer of the day, and what becomes of it: plain data, which travels as `maintain` and
 * `maintained`. Who carries a task out is the peer's business (SynchronizerHost); how it is asked for stands in maintaining.ts.
 */

import { describe, isSocommError } from '../src/base/errors.js';
import type { SocommErrorCode } from '../src/base/errors.js';

export type MaintenanceAction = 'backup' | 'checkpoint' | 'compact';

/** The numbers on the wire; never given twice, never changed. */
export const MAINTENANCE_NUMBERS: Readonly<Record<MaintenanceAction, number>> = { backup: 1, checkpoint: 2, compact: 3 };

export interface MaintenanceTask {
  readonly action: MaintenanceAction;
  /** Where to or under which name; the writer's process reads it, so a path is absolute. At most MAINTENANCE_TARGET_BYTES_MAX. */
  readonly target: string;
}

export type MaintenanceOutcome =
  /** `report`: what was done, for the asker to read. Cut off at MAINTENANCE_TEXT_BYTES_MAX. */
  | { readonly ok: true; readonly report: string }
  /** `code` may come from a newer copy, which knows more of them. */
  | { readonly ok: false; readonly code: SocommErrorCode; readonly message: string };

/** What to answer where something was thrown. */
export function maintenanceFailed(error: unknown): MaintenanceOutcome {
  return { ok: false, code: isSocommError(error) ? error.code : 'SOCOMM_IO', message: describe(error) };
}
