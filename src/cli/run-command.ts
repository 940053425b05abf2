/** One command from its words to its exit code, which it leaves in `process.exitCode`. Never rejects. */

import { CliError } from './exit.js';
import { buildProgram } from './program.js';
import { reportError } from './report-error.js';
import type { Session } from './session.js';

interface RunOptions extends Session {
  readonly isDebug: boolean;
}

export async function runCommand(argv: readonly string[], { terminal, signal, isDebug }: RunOptions): Promise<void> {
  try {
    await buildProgram({ terminal, signal }).parseAsync(argv);
    await terminal.flush();
    if (isUnwritable(signal)) signal.throwIfAborted();
  } catch (error) {
    // What an aborted command failed with matters less than why it was aborted, unless the command itself says more.
    const isTold = error instanceof CliError || !signal.aborted;
    process.exitCode = reportError(isTold ? error : signal.reason, terminal, isDebug);
  }
}

function isUnwritable({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof CliError && reason.ending === 'failed';
}
