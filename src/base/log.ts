/** What the library has to say to whoever listens; silent by default. */

export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Stable and greppable: `peer-left`, `gap-found` … */
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
}

export type Log = (entry: LogEntry) => void;

/** A log that may be called anywhere: what the application's own function throws ends with it, for there is nobody left to tell. */
export function guarded(log: Log): Log {
  return (entry) => {
    try {
      log(entry);
    } catch {
      // Telling the log that the log threw would begin again.
    }
  };
}

export const silent: Log = () => undefined;
