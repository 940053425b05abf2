/** What the library has to say to whoever listens; silent by default. */

export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Stable and greppable: `peer-left`, `gap-found` … */
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
}

export type Log = (entry: LogEntry) => void;

export const silent: Log = () => undefined;
