/** Errors on their way to another thread: as plain data, for a class does not arrive as itself, and a cause may not arrive at all. */

import { SocommError, describe, isSocommError } from '../base/errors.js';
import type { SocommErrorCode } from '../base/errors.js';

export interface Failure {
  /** Undefined for what is no failure of ours: a mistake, or an unexpected error. */
  readonly code: SocommErrorCode | undefined;
  readonly isMistake: boolean;
  readonly message: string;
  readonly cause: string | undefined;
}

export function failureOf(error: unknown): Failure {
  const cause = error instanceof Error && error.cause !== undefined ? describe(error.cause) : undefined;
  return {
    code: isSocommError(error) ? error.code : undefined,
    isMistake: error instanceof TypeError,
    message: describe(error),
    cause,
  };
}

export function errorOf({ code, isMistake, message, cause }: Failure): Error {
  const options = cause === undefined ? undefined : { cause: new Error(cause) };
  if (code !== undefined) return new SocommError(code, message, options);
  return isMistake ? new TypeError(message, options) : new Error(message, options);
}
