/** What a handler threw, at the end of whoever asked: code, message and `data`, as far as they can travel. */

import type { Failure } from '../../talk/channel/failure.js';
import { CANCELLED } from '../../talk/channel/failure.js';
import { CODE_BYTES_MAX, DETAIL_BYTES_MAX } from '../../talk/limits.js';
import { SocommError, describe } from '../base/errors.js';
import type { SocommErrorCode } from '../base/errors.js';
import type { InstanceId } from '../base/ids.js';
import { lib0 } from './codecs/lib0.js';

/** A handler's failure. Recognise it with `isRequestError()`: another loaded copy of the package has another class. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** The `code` of what the handler threw; SOCOMM_HANDLER_FAILED where it had none. */
  readonly code: string;
  /** The `data` of what the handler threw, where lib0 can carry it. */
  readonly data: unknown;
  /** The instance whose handler it was. */
  readonly from: InstanceId | undefined;

  constructor(
    message: string,
    { code, data, from }: { readonly code: string; readonly data?: unknown; readonly from?: InstanceId | undefined },
  ) {
    super(message);
    this.code = code;
    this.data = data;
    this.from = from;
  }
}

/** True for a `RequestError` of this or any other loaded copy of the package, optionally of one code only. */
export function isRequestError(value: unknown, code?: string): value is RequestError {
  if (!(value instanceof Error) || value.name !== 'RequestError') return false;
  const found = (value as { code?: unknown }).code;
  return typeof found === 'string' && (code === undefined || found === code);
}

const data = lib0();
const OURS = /^SOCOMM_[A-Z_]{1,57}$/;

/** The error for why a channel ended. */
export function errorOf({ code, message, from, isHandlers, detail }: Failure): Error {
  if (isHandlers === true) return new RequestError(message, { code, data: decoded(detail), from });
  if (code === CANCELLED) return new DOMException(message, CANCELLED);
  return new SocommError(OURS.test(code) ? (code as SocommErrorCode) : 'SOCOMM_STREAM_ABORTED', message);
}

/** What of a thrown thing can travel. Anything can be thrown: this never throws. */
export function failureOf(thrown: unknown): Failure {
  const message = messageOf(thrown);
  try {
    const { code, data: added } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { code?: unknown; data?: unknown };
    const isSane = typeof code === 'string' && code !== '' && Buffer.byteLength(code) <= CODE_BYTES_MAX;
    return { code: isSane ? code : 'SOCOMM_HANDLER_FAILED', message, isHandlers: true, detail: encoded(added) };
  } catch {
    return { code: 'SOCOMM_HANDLER_FAILED', message, isHandlers: true }; // its code or data throws when it is looked at
  }
}

/** A text, whatever was thrown: what an application throws need not be an error, nor anything that can be shown. */
export function messageOf(thrown: unknown): string {
  try {
    const message: unknown = describe(thrown);
    return typeof message === 'string' ? message : 'something was thrown whose message is no text';
  } catch {
    return 'something was thrown that cannot be shown';
  }
}

function encoded(added: unknown): Uint8Array | undefined {
  if (added === undefined) return undefined;
  try {
    const bytes = data.encode(added);
    return bytes.length <= DETAIL_BYTES_MAX ? bytes : undefined;
  } catch {
    return undefined; // code and message go all the same
  }
}

function decoded(detail: Uint8Array | undefined): unknown {
  if (detail === undefined) return undefined;
  try {
    return data.decode(detail);
  } catch {
    return undefined; // code and message have come all the same
  }
}
