/** `socomm watch`: changes of a document as they come, one line each. */

import { setTimeout } from 'node:timers/promises';

import type { Command } from 'commander';

import { inspectGroup, join } from '../../index.js';
import type { Instance } from '../../index.js';
import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument, pathArgument } from '../command-options.js';
import { withDeadline } from '../deadline.js';
import { watchDocument } from '../document-changes.js';
import type { Change } from '../document-changes.js';
import type { Ending } from '../exit.js';
import { isRun, placeOf } from '../open-group.js';
import { abbreviate, formatClock, visible } from '../output/format.js';
import type { Terminal } from '../output/terminal.js';
import { cutToWidth, padToWidth } from '../output/width.js';
import { formatPointer } from '../pointer.js';
import type { Pointer } from '../pointer.js';
import type { Session, WaitOptions } from '../session.js';

export function registerWatch(program: Command, session: Session): void {
  const command = program
    .command('watch')
    .description('print changes as they come, until Ctrl-C')
    .addArgument(groupArgument())
    .addArgument(pathArgument(false));
  addTimeout(addCommonOptions(command));
  command.addHelpText(
    'after',
    '\nOnly what changes from now on is shown. --json prints one object per line; --timeout limits the wait for somebody to run the group.',
  );
  addExamples(command, 'watch com.acme.synth', 'watch com.acme.synth /presets/warm-pad', 'watch com.acme.synth --json | jq .path');
  command.action(endWith(session, watch));
}

async function watch(session: Session, group: string, path: Pointer = [], options: WaitOptions): Promise<Ending> {
  const instance = await withDeadline(options.timeout, session.signal, (signal) => joinWhenRun(session, group, options, signal));
  try {
    const stop = watchDocument(instance.doc, path, (change) => print(session.terminal, change, options.json === true));
    session.terminal.note(`watching ${group} ${formatPointer(path)}`.trimEnd());
    instance.on('writer-changed', ({ writer }) =>
      session.terminal.note(writer === undefined ? 'no writer now' : `${writer.id} is the writer now (term ${writer.term})`),
    );
    await Promise.race([aborted(session.signal), new Promise((resolve) => instance.on('closed', () => resolve(undefined)))]);
    stop();
  } finally {
    await instance.close();
  }
  return 'good';
}

/** How often it is looked whether somebody runs the group by now. */
const LOOK_INTERVAL_MS = 500;

/** Joined and caught up. Not before somebody is there: alone, the empty replica would take all that comes for a change. */
async function joinWhenRun({ terminal }: Session, group: string, options: WaitOptions, signal: AbortSignal): Promise<Instance> {
  for (let hasTold = false; !isRun(await inspectGroup(group, { ...placeOf(options), signal })); hasTold = true) {
    if (!hasTold) terminal.note(`nobody runs ${group} now; waiting`);
    await setTimeout(LOOK_INTERVAL_MS, undefined, { signal });
  }
  const instance = await join(group, { ...placeOf(options), storage: 'never', wait: 'none', signal });
  try {
    await instance.synced({ signal });
    return instance;
  } catch (error) {
    await instance.close();
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const PATH_COLUMNS = 32;
const ACTIONS = { add: '+ add', update: '~ update', delete: '- delete', edit: '~ edit' } as const;
const STYLES = { add: 'green', update: 'yellow', delete: 'red', edit: 'yellow' } as const;

function print(terminal: Terminal, change: Change, isJson: boolean): void {
  const time = new Date();
  const path = formatPointer(change.path);
  if (isJson) {
    const { action, value, origin } = change;
    terminal.print(JSON.stringify({ time: time.toISOString(), path, action, value, origin }));
    return;
  }
  const head = formatClock(time);
  const place = padToWidth(cutToWidth(visible(path), terminal.columns - 30), PATH_COLUMNS);
  const room = Math.max(16, terminal.columns - head.length - Math.max(PATH_COLUMNS, place.length) - 14);
  const value = change.value === undefined ? '' : abbreviate(change.value, room);
  const origin = change.origin === undefined ? '' : `  by ${change.origin}`;
  const action = terminal.style(STYLES[change.action], padToWidth(ACTIONS[change.action], 8));
  terminal.print(`${terminal.style('dim', head)}  ${place}  ${action}  ${value}${origin}`.trimEnd());
}
