/** Why a request has no answer, and what to do about it. */

import { isSocommError } from '../../index.js';
import type { SocommErrorCode } from '../../index.js';
import { toJson } from '../document-json.js';
import { CliError } from '../exit.js';

const HINTS: Partial<Record<SocommErrorCode, string>> = {
  SOCOMM_NO_WRITER: '--to any asks whoever handles it, whether it writes or not',
  SOCOMM_ANSWER_STREAMED: '--stream prints each of the answers',
  SOCOMM_CODEC_MISMATCH: 'say with --codec what both ends have agreed on',
};

export function refusalOf(error: unknown, group: string): unknown {
  if (isSocommError(error, 'SOCOMM_NO_HANDLER') || isSocommError(error, 'SOCOMM_PEER_UNKNOWN'))
    return told('notFound', error, `"socomm peers ${group}" shows who is there`);
  if (isSocommError(error)) {
    const hint = HINTS[error.code];
    return hint === undefined ? error : told('failed', error, hint);
  }
  return isHandlerError(error) ? told('failed', error, handlerHint(error)) : error;
}

/** What a handler threw, on its way: code, message and data. */
interface HandlerError extends Error {
  readonly code: string;
  readonly data?: unknown;
}

function isHandlerError(error: unknown): error is HandlerError {
  return error instanceof Error && error.name === 'RequestError' && typeof (error as { code?: unknown }).code === 'string';
}

function handlerHint({ data }: HandlerError): string {
  return data === undefined ? 'so said who handles it' : `so said who handles it, and: ${JSON.stringify(toJson(data))}`;
}

function told(ending: 'failed' | 'notFound', error: Error & { readonly code: string }, hint: string): CliError {
  return new CliError(ending, `${error.message} [${error.code}]`, { hint, cause: error });
}
