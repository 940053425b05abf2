#!/usr/bin/env node
/**
 * `socomm`: reads the command line, runs one command, ends in order. The first Ctrl-C asks the command to end (it closes
 * its instance, and so drains and unlocks), the second ends the process at once.
 */

import { CliError, exitCodes } from './exit.js';
import { Terminal } from './output/terminal.js';
import { buildProgram } from './program.js';
import { reportError } from './report-error.js';

void main(process.argv);

async function main(argv: readonly string[]): Promise<void> {
  const ending = new AbortController();
  // A reader that has seen enough is no failure.
  const terminal = new Terminal(() => ending.abort(new CliError('good', 'nobody reads any more')));
  const stopListening = listenForSignals(ending);
  const isDebug = argv.includes('--debug') || process.env['SOCOMM_DEBUG'] === '1';
  try {
    await buildProgram({ terminal, signal: ending.signal }).parseAsync(argv);
  } catch (error) {
    // What an aborted command failed with matters less than why it was aborted.
    process.exitCode = reportError(ending.signal.aborted ? ending.signal.reason : error, terminal, isDebug);
  } finally {
    stopListening();
    terminal.settle();
    // A pending read would keep the process alive.
    process.stdin.destroy();
  }
}

function listenForSignals(ending: AbortController): () => void {
  const interrupt = (): void => {
    if (ending.signal.aborted) process.exit(exitCodes.interrupted);
    ending.abort(new CliError('interrupted', 'interrupted'));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return () => {
    for (const signal of signals) process.off(signal, interrupt);
  };
}
