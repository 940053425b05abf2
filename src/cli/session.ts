/** What every command gets besides its arguments: the terminal, and the signal that says when to end in order. */

import type { Terminal } from './output/terminal.js';

export interface Session {
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C, SIGTERM and by a reader of standard output that has gone; with a `CliError` as its reason. */
  readonly signal: AbortSignal;
}

/** Options that every command knows. */
export interface CommonOptions {
  readonly directory?: string;
  readonly runtimeDirectory?: string;
  readonly json?: boolean;
}

/** Options of commands that wait for others. */
export interface WaitOptions extends CommonOptions {
  readonly timeout?: number;
}
