/** What applications hand in: mistakes are stopped at the call, before anything of it is kept or sent. */

/** Throws a TypeError for what is no AbortSignal. By its shape: another realm has other classes. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = (typeof signal === 'object' && signal !== null ? signal : {}) as Partial<AbortSignal>;
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function')
    throw new TypeError(`signal is an AbortSignal; got ${named(signal)}`);
}

/** Throws a TypeError for what is no function. */
export function checkListener(listener: unknown): void {
  if (typeof listener !== 'function') throw new TypeError(`the listener is a function; got ${named(listener)}`);
}

/** For messages: what kind of thing was given. */
export function named(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
