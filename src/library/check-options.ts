/** The options of the library's calls, checked at the edge: one that nobody knows, or of the wrong kind, would be passed over in silence. */

import { named } from './check-fields.js';

/** Throws a TypeError for what is no object, an option that is none of `known`, and a signal that is none. */
export function checkOptions(call: string, options: unknown, known: readonly string[]): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`the options of ${call}() are an object; got ${named(options)}`);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`${call}() has no option '${unknown}'; it has ${known.join(', ')}`);
  if (known.includes('signal')) checkSignal((options as { readonly signal?: unknown }).signal);
}

export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw new TypeError(`${option} is a function; got ${named(value)}`);
}

/** By its shape: another realm has other classes. */
function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = (typeof signal === 'object' && signal !== null ? signal : {}) as Partial<AbortSignal>;
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function')
    throw new TypeError(`signal is an AbortSignal; got ${named(signal)}`);
}
