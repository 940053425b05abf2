/** What the writer says of a task that it carried out: numbers by name, as JSON, for it comes from another process and perhaps another version. */

import { SocommError } from '../base/errors.js';

export function encodeReport(report: object): string {
  return JSON.stringify(report);
}

/** Errors: SOCOMM_VERSION_REFUSED, where one of the numbers is missing. */
export function decodeReport<Name extends string>(text: string, names: readonly Name[]): Readonly<Record<Name, number>> {
  const found = parse(text);
  for (const name of names) if (typeof found[name] !== 'number') throw notUnderstood();
  return found as Readonly<Record<Name, number>>;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === 'object' && found !== null) return found as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw notUnderstood(cause);
  }
  throw notUnderstood();
}

function notUnderstood(cause?: unknown): SocommError {
  return new SocommError(
    'SOCOMM_VERSION_REFUSED',
    'the writer did what it was asked, but tells of it in words that this version does not know',
    { cause },
  );
}
