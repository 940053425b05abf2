#!/usr/bin/env node
/**
 * `socomm`: reads the command line, runs one command, ends in order. The first Ctrl-C asks the command to end (it closes
 * its instance, and so drains and unlocks), the second ends the process at once.
 */

import { CliError, exitCodes, interrupted, readerGone } from './exit.js';
import { systemCodeOf } from './failure.js';
import { Terminal } from './output/terminal.js';
import { runCommand } from './run-command.js';

void main(process.argv);

async function main(argv: readonly string[]): Promise<void> {
  const ending = new AbortController();
  const terminal = new Terminal((error) => ending.abort(unwritable(error)));
  const stopListening = listenForSignals(ending);
  const isDebug = argv.includes('--debug') || process.env['SOCOMM_DEBUG'] === '1';
  try {
    await runCommand(argv, { terminal, signal: ending.signal, isDebug });
  } finally {
    stopListening();
    terminal.settle();
    // A pending read would keep the process alive.
    process.stdin.destroy();
  }
}

/** A reader that has seen enough is no failure. */
function unwritable(error: Error): CliError {
  const code = systemCodeOf(error) ?? error.message;
  const isReaderGone = code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
  return isReaderGone ? readerGone(error) : new CliError('failed', `standard output cannot be written: ${code}`, { cause: error });
}

function listenForSignals(ending: AbortController): () => void {
  const interrupt = (): void => {
    if (ending.signal.aborted) process.exit(exitCodes.interrupted);
    ending.abort(interrupted());
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return () => {
    for (const signal of signals) process.off(signal, interrupt);
  };
}
