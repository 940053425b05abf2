/** Tells a failure to people: one line, a hint where there is one, a stack only on demand. Returns the exit code. */

import { CommanderError } from 'commander';

import { isSocommError } from '../index.js';
import { CliError, exitCodes } from './exit.js';
import { systemCodeOf } from './failure.js';
import { messageOf } from '../library/exchange/reading-error.js';
import type { Terminal } from './output/terminal.js';

const TIMED_OUT: ReadonlySet<string> = new Set(['SOCOMM_FLUSH_TIMEOUT', 'SOCOMM_WRITER_STALLED']);
const CAUSES_TOLD_MAX = 4;

export function reportError(error: unknown, terminal: Terminal, isDebug: boolean): number {
  // Commander has told it already, help and version included.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.good : exitCodes.usage;
  terminal.settle();
  if (error instanceof CliError && error.isQuiet) return exitCodes[error.ending];
  terminal.note(`${terminal.styleNote('red', 'error:')} ${headline(error)}`);
  if (error instanceof CliError && error.hint !== undefined) terminal.note(`       ${error.hint}`);
  if (isDebug) terminal.note(...stacksOf(error));
  return codeOf(error);
}

function headline(error: unknown): string {
  const code = error instanceof CliError ? undefined : systemCodeOf(error);
  return code === undefined ? messageOf(error) : `${messageOf(error)} [${code}]`;
}

function codeOf(error: unknown): number {
  if (error instanceof CliError) return exitCodes[error.ending];
  if (!isSocommError(error)) return exitCodes.failed;
  if (error.code === 'SOCOMM_CHECKPOINT_UNKNOWN') return exitCodes.notFound;
  return TIMED_OUT.has(error.code) ? exitCodes.timedOut : exitCodes.failed;
}

function stacksOf(error: unknown): readonly string[] {
  const stacks: string[] = [];
  for (let at = error; at instanceof Error && stacks.length < CAUSES_TOLD_MAX; at = at.cause) stacks.push(at.stack ?? String(at));
  return stacks;
}
