/**
 * When a log has become too long. A snapshot costs the writer's loop a pass over the whole document, so while batches keep coming a log may become
 * longer than it may at rest; but not without end, for a start reads all of it. Why: docs/decisions/0026-snapshots-wait-for-a-rest.md.
 *
 *   bytes   0 ─────── short ─────── bound ───── due, at a rest ───── 8 × bound, at most 16 MiB ───── overdue, at once
 */

import type { StoredDocument } from '../../storage/store.js';

/** A log is replaced by a snapshot when it outgrows both this and the snapshot before it: its bound. */
export const LOG_BYTES_BEFORE_SNAPSHOT = 512 * 1024;
/** So many times its bound a log may become while batches keep coming ... */
export const LOG_GROWTH_MAX = 8;
/** ... but not longer than this, if its bound is not: */
export const LOG_BYTES_WITHOUT_REST_MAX = 16 * 1024 * 1024;
/** ... and with no more records than this, once it is above its bound: each takes its time to read. */
export const LOG_RECORDS_WITHOUT_REST_MAX = 50_000;

export type LogLength = 'short' | 'due' | 'overdue';

export function lengthOfLog({ logBytes, logRecords }: Pick<StoredDocument, 'logBytes' | 'logRecords'>, boundBytes: number): LogLength {
  if (logBytes <= boundBytes) return 'short';
  const isOverdue =
    logBytes > Math.min(LOG_GROWTH_MAX * boundBytes, LOG_BYTES_WITHOUT_REST_MAX) || logRecords > LOG_RECORDS_WITHOUT_REST_MAX;
  return isOverdue ? 'overdue' : 'due';
}
