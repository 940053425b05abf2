/** Why a channel ended, as it travels and as it is told: plain data. src/ makes errors of it. */

import type { InstanceId } from '../../src/base/ids.js';
import { CODE_BYTES_MAX, DETAIL_BYTES_MAX, REASON_BYTES_MAX } from '../limits.js';

export interface Failure {
  /** Of ours `SOCOMM_…`; of a handler whatever it said. */
  readonly code: string;
  readonly message: string;
  /** Whose handler or instance failed, where it said so. */
  readonly from?: InstanceId | undefined;
  /** What a handler threw, and no word of ours. */
  readonly isHandlers?: boolean | undefined;
  /** What the handler added. */
  readonly detail?: Uint8Array | undefined;
}

/** The code of one who no longer wants what was asked for; told to the handler as the reason of its signal. */
export const CANCELLED = 'AbortError';

export function failure(code: string, message: string, from?: InstanceId): Failure {
  return { code, message, from };
}

/** As much of it as may travel. */
export function trimmed({ code, message, detail, isHandlers = false }: Failure): {
  readonly code: string;
  readonly message: string;
  readonly detail: Uint8Array | undefined;
  readonly isHandlers: boolean;
} {
  return {
    code: cut(code, CODE_BYTES_MAX),
    message: cut(message, REASON_BYTES_MAX),
    detail: detail !== undefined && detail.length <= DETAIL_BYTES_MAX ? detail : undefined,
    isHandlers,
  };
}

function cut(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax;
  // Not in the middle of a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
