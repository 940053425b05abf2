/** One run of the built demo, as a user starts it: a process of its own, told by its JSON lines. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { DemoEvent } from '../../src/cli/demo/events.js';

export const main = fileURLToPath(new URL('../../dist/esm/src/cli/main.js', import.meta.url));

type Told<Kind extends DemoEvent['kind']> = Extract<DemoEvent, { kind: Kind }>;

export interface DemoRunOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Called at each event; `interrupt` is Ctrl-C. What it throws or rejects with fails the run. */
  readonly onEvent?: (event: DemoEvent, run: DemoRun, interrupt: () => void) => Promise<void> | void;
}

export class DemoRun {
  readonly events: DemoEvent[] = [];
  exitCode: number | null = null;
  /** The reader goes away, as `head` does. */
  readonly leave: () => void;
  /** SIGKILL for the presenter. */
  readonly kill: () => void;

  constructor(child: ChildProcess, lines: Interface) {
    this.leave = () => {
      child.stdout?.destroy();
      lines.close();
    };
    this.kill = () => child.kill('SIGKILL');
  }

  of<Kind extends DemoEvent['kind']>(kind: Kind): Told<Kind>[] {
    return this.events.filter((event): event is Told<Kind> => event.kind === kind);
  }

  first<Kind extends DemoEvent['kind']>(kind: Kind): Told<Kind> {
    const [found] = this.of(kind);
    if (found === undefined) throw new Error(`the demo told no "${kind}"; its failures: ${JSON.stringify(this.of('failed'))}`);
    return found;
  }

  /** Of all players that it ever started. */
  get pids(): number[] {
    return this.of('player-started').map(({ pid }) => pid);
  }

  get running(): number[] {
    return this.pids.filter(isRunning);
  }
}

export async function runDemo(options: readonly string[], { env, onEvent }: DemoRunOptions): Promise<DemoRun> {
  const child = spawn(process.execPath, [main, 'demo', '--json', ...options], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const run = new DemoRun(child, lines);
  try {
    for await (const line of lines) {
      const event = JSON.parse(line) as DemoEvent;
      run.events.push(event);
      await onEvent?.(event, run, () => child.kill('SIGINT'));
    }
    await ended;
    run.exitCode = child.exitCode;
    return run;
  } finally {
    child.kill('SIGKILL');
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
