/**
 * What can go wrong, as data: every operational failure is a `SocommError` with a stable code.
 * Codes are part of the public face and are listed in the README; messages may change at any time.
 * A programmer's mistake is a `TypeError`, thrown at once, and has no code.
 */

export type SocommErrorCode =
  | 'SOCOMM_ANSWER_STREAMED'
  | 'SOCOMM_BACKUP_DAMAGED'
  | 'SOCOMM_BLOB_DAMAGED'
  | 'SOCOMM_BLOB_MISSING'
  | 'SOCOMM_BODY_MISSING'
  | 'SOCOMM_BUSY'
  | 'SOCOMM_CHECKPOINT_UNKNOWN'
  | 'SOCOMM_CLOSED'
  | 'SOCOMM_CODEC_MISMATCH'
  | 'SOCOMM_DIRECTORY_INVALID'
  | 'SOCOMM_DOCUMENT_DELETED'
  | 'SOCOMM_DOCUMENT_NEWER'
  | 'SOCOMM_FLUSH_TIMEOUT'
  | 'SOCOMM_HANDLER_FAILED'
  | 'SOCOMM_IO'
  | 'SOCOMM_LOCK_UNAVAILABLE'
  | 'SOCOMM_NATIVE_MISSING'
  | 'SOCOMM_NOT_MAIN_THREAD'
  | 'SOCOMM_NO_HANDLER'
  | 'SOCOMM_NO_IPC'
  | 'SOCOMM_NO_WRITER'
  | 'SOCOMM_OVERFLOW'
  | 'SOCOMM_PEER_LOST'
  | 'SOCOMM_PEER_UNKNOWN'
  | 'SOCOMM_PRESET_UNKNOWN'
  | 'SOCOMM_QUEUE_FULL'
  | 'SOCOMM_REQUEST_TIMEOUT'
  | 'SOCOMM_RUNTIME_DIRECTORY_UNSAFE'
  | 'SOCOMM_STORE_DAMAGED'
  | 'SOCOMM_STORE_FAILED'
  | 'SOCOMM_STORE_FOREIGN'
  | 'SOCOMM_STORE_GONE'
  | 'SOCOMM_STORE_IN_USE'
  | 'SOCOMM_STORE_MISMATCH'
  | 'SOCOMM_STORE_NEWER'
  | 'SOCOMM_STREAM_ABORTED'
  | 'SOCOMM_TARGET_EXISTS'
  | 'SOCOMM_TARGET_INVALID'
  | 'SOCOMM_TOO_LARGE'
  | 'SOCOMM_VALUE_INVALID'
  | 'SOCOMM_VERSION_REFUSED'
  | 'SOCOMM_WRITER_STALLED'
  | 'SOCOMM_WRITER_UNREACHABLE';

/** An operational failure. Recognise it by `code`: another loaded copy of the package has another class. */
export class SocommError extends Error {
  override readonly name = 'SocommError';
  readonly code: SocommErrorCode;

  constructor(code: SocommErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** True for a `SocommError` of this or any other loaded copy of the package, optionally of one code only. */
export function isSocommError(value: unknown, code?: SocommErrorCode): value is SocommError {
  if (!(value instanceof Error) || value.name !== 'SocommError') return false;
  const found = (value as { code?: unknown }).code;
  return typeof found === 'string' && found.startsWith('SOCOMM_') && (code === undefined || found === code);
}

/** The `code` of a system or library error (`ENOENT`, `LEVEL_LOCKED` …), looked for along its causes. */
export function systemCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === 'string' && !code.startsWith('LEVEL_DATABASE_')) return code;
  }
  return undefined;
}

/** A message for people, whatever was thrown. */
export function describe(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'something that cannot be told in words';
  }
}

/** Stops at a state that the code before it makes impossible. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new Error(`socomm: broken invariant: ${invariant}`);
}

/** Makes the compiler prove that a `switch` is complete. */
export function unreachable(value: never): never {
  throw new Error(`socomm: broken invariant: no case for ${JSON.stringify(value)}`);
}
