/** The commands of `socomm`, put together. */

import { Command } from 'commander';

import { PACKAGE_VERSION } from '../version.js';
import { registerBackup } from './commands/backup.js';
import { registerCheckpoints } from './commands/checkpoints.js';
import { registerCompact } from './commands/compact.js';
import { registerDelete } from './commands/delete.js';
import { registerDoctor } from './commands/doctor.js';
import { registerEphemeral } from './commands/ephemeral.js';
import { registerExport } from './commands/export.js';
import { registerGet } from './commands/get.js';
import { registerImport } from './commands/import.js';
import { registerLs } from './commands/ls.js';
import { registerMerge } from './commands/merge.js';
import { registerPeers } from './commands/peers.js';
import { registerPub } from './commands/pub.js';
import { registerRemove } from './commands/remove.js';
import { registerRequest } from './commands/request.js';
import { registerRestore } from './commands/restore.js';
import { registerSet } from './commands/set.js';
import { registerStatus } from './commands/status.js';
import { registerSub } from './commands/sub.js';
import { registerWatch } from './commands/watch.js';
import { registerWhere } from './commands/where.js';
import { registerDemo } from './demo/command.js';
import { registerLibrary } from './library/command.js';
import type { Session } from './session.js';

const COMMANDS = [
  registerLs,
  registerStatus,
  registerWatch,
  registerGet,
  registerSet,
  registerDelete,
  registerImport,
  registerExport,
  registerWhere,
  registerPeers,
  registerSub,
  registerPub,
  registerRequest,
  registerEphemeral,
  registerDoctor,
  registerBackup,
  registerRestore,
  registerMerge,
  registerCheckpoints,
  registerCompact,
  registerRemove,
  registerLibrary,
  registerDemo,
] as const;

const EXIT_CODES = `
Exit codes:
  0 good   1 failed   2 usage   3 not found (group or path)
  4 partial (the rest was done)   5 timed out   130 interrupted`;

export function buildProgram(session: Session): Command {
  const program = new Command('socomm')
    .description('Looks into, changes and watches the shared state of groups, and talks with who is there.')
    .version(PACKAGE_VERSION, '--version')
    .helpOption('--help', 'explain a command, with examples')
    .option('--debug', 'show stack traces (also: SOCOMM_DEBUG=1)')
    .addHelpText('after', EXIT_CODES)
    // Thrown, not exited: main ends the process.
    .exitOverride()
    // Through the terminal, as everything: one place knows readers that go away, and tests that look.
    .configureOutput({
      writeOut: (text) => session.terminal.print(text.trimEnd()),
      writeErr: (text) => session.terminal.note(text.trimEnd()),
    })
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true });
  for (const register of COMMANDS) register(program, session);
  return program;
}
