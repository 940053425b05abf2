/** `socomm peers`: who is there, and what each instance says of itself. */

import { setTimeout } from 'node:timers/promises';

import type { Command } from 'commander';

import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument } from '../command-options.js';
import type { Ending } from '../exit.js';
import type { Terminal } from '../output/terminal.js';
import { within } from '../talk/patience.js';
import { peerLines } from '../talk/peer-lines.js';
import { peersThere } from '../talk/peers-there.js';
import type { PeerThere } from '../talk/peers-there.js';
import { takePart } from '../talk/take-part.js';
import type { Session, WaitOptions } from '../session.js';

interface PeersOptions extends WaitOptions {
  readonly watch?: boolean;
}

export function registerPeers(program: Command, session: Session): void {
  const command = program
    .command('peers')
    .description('show who is there, with the presence of each instance')
    .addArgument(groupArgument());
  addTimeout(addCommonOptions(command)).option('--watch', 'show it anew whenever it changes, until Ctrl-C');
  command.addHelpText(
    'after',
    '\nThis command is a peer itself while it looks, and leaves itself out. --timeout limits the wait, not the watching.',
  );
  addExamples(
    command,
    'peers com.acme.synth',
    'peers com.acme.synth --watch',
    'peers com.acme.synth --json | jq ".[].instances[].presence"',
  );
  command.action(endWith(session, peers));
}

async function peers(session: Session, group: string, options: PeersOptions): Promise<Ending> {
  const isWatching = options.watch === true;
  return takePart<Ending>(group, { ...options, isPatient: isWatching, isOpenEnded: isWatching }, session, async ({ instance, signal }) => {
    const { terminal } = session;
    const { presence } = instance;
    // To hear of it one has to listen.
    const stop = presence.subscribe(() => undefined);
    if (!(await within(presence.ready, signal))) terminal.note('not everybody has answered: there may be more presence');
    // Whoever ends it wants to keep what was last seen.
    signal.addEventListener('abort', () => terminal.keep(), { once: true });
    let shown: string | undefined;
    while (!signal.aborted) {
      const there = await peersThere(instance, options, signal);
      const text = textOf(terminal, there, options);
      if (there.length === 0 && text !== shown) terminal.note(`nobody is in ${group} now`);
      if (text !== shown) show(terminal, text, options);
      shown = text;
      if (!isWatching) break;
      await setTimeout(LOOK_INTERVAL_MS, undefined, { signal });
    }
    stop();
    return 'good';
  });
}

/** Who comes, goes and says something new is shown within this. */
const LOOK_INTERVAL_MS = 200;

function textOf(terminal: Terminal, there: readonly PeerThere[], { json, watch }: PeersOptions): string {
  if (json) return JSON.stringify(there, undefined, watch ? undefined : 2);
  return peerLines(there, terminal).join('\n');
}

function show(terminal: Terminal, text: string, { json, watch }: PeersOptions): void {
  if (watch && !json && terminal.isOutTty && terminal.isErrTty) terminal.move(text);
  else if (text !== '') terminal.print(text, ...(watch && !json ? [''] : []));
}
