/** How a command ends: the exit codes, and the one kind of failure that a command raises by itself. */

export const exitCodes = {
  good: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  partial: 4,
  timedOut: 5,
  interrupted: 130,
} as const;

export type Ending = keyof typeof exitCodes;

/** Told as `error: <message>`, and below it the hint: what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly ending: Ending;
  readonly hint: string | undefined;
  /** Not told: who caused it knows. */
  readonly isQuiet: boolean;

  constructor(ending: Ending, message: string, options: CliErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.ending = ending;
    this.hint = options.hint;
    this.isQuiet = options.isQuiet ?? false;
  }
}

interface CliErrorOptions {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  readonly isQuiet?: boolean;
}

/** By Ctrl-C and its kin. */
export function interrupted(): CliError {
  return new CliError('interrupted', 'interrupted', { isQuiet: true });
}

export function readerGone(cause: unknown): CliError {
  return new CliError('good', 'nobody reads any more', { cause, isQuiet: true });
}
