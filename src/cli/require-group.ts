/** Before a command joins: a mistyped name must not make a group. */

import { inspectGroup } from '../index.js';
import type { GroupReport } from '../index.js';
import { groupMissing, placeOf } from './open-group.js';
import type { CommonOptions, Session } from './session.js';

/** Errors: notFound. */
export async function requireGroup(group: string, options: CommonOptions, { signal }: Session): Promise<GroupReport> {
  const report = await inspectGroup(group, { ...placeOf(options), signal });
  if (report.store === undefined && !report.isAlive) throw groupMissing(report);
  return report;
}
