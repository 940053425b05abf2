/** The events of an instance: a closed set. */

import type { StallReason, WriterRef } from '../sync/engine-io.js';
import type { InstanceId } from './base/ids.js';

export interface InstanceEvents {
  'instance-joined': { readonly instance: InstanceId };
  'instance-left': { readonly instance: InstanceId };
  /** `undefined` while nobody writes. */
  'writer-changed': { readonly writer: WriterRef | undefined };
  /**
   * Nothing becomes durable, and all else goes on. `writer-silent`: the writer holds its lock but has not been heard for 3 s.
   * A code: nobody writes, and whoever may write cannot, for this reason.
   */
  stalled: { readonly writer: WriterRef | undefined; readonly reason: StallReason };
  /** Ends `stalled`: a writer is there. */
  recovered: { readonly writer: WriterRef };
  warning: Warning;
  closed: Record<string, never>;
}

/** Something that was handled, and that somebody should know of. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}
