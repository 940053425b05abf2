/**
 * The command line in this very process, which takes as long as what it does: a process of its own takes half a second more to
 * start. What only a process shows (its end, signals, pipes, users) is tested with `Place`.
 */

import { Readable, Writable } from 'node:stream';

import { expect } from 'vitest';

import { Terminal } from '../../src/cli/output/terminal.js';
import { runCommand } from '../../src/cli/run-command.js';
import { Place } from './processes.js';
import type { Ended, RunOptions } from './processes.js';

/** A place whose commands run here, one at a time. What it starts or holds has a process of its own, as anywhere. */
export class PlaceHere extends Place {
  override run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return runIn(this, args, options);
  }
}

export function runHere(place: Place, ...args: readonly string[]): Promise<Ended> {
  return runIn(place, args);
}

async function runIn(place: Place, args: readonly string[], { input = '', variables, uid }: RunOptions = {}): Promise<Ended> {
  if (uid !== undefined) throw new Error('this process has the user that it has');
  const [out, err] = [new Heard(), new Heard()];
  const takeBack = lend({ ...place.variables, ...variables }, Readable.from([Buffer.from(input)]));
  try {
    const terminal = new Terminal(() => undefined, { out, err });
    await runCommand(['node', 'socomm', ...args], { terminal, signal: new AbortController().signal, isDebug: false });
    return { code: Number(process.exitCode ?? 0), out: out.text, err: err.text };
  } finally {
    takeBack();
    process.exitCode = undefined;
  }
}

/** Environment and standard input belong to the process: a command has them while it runs, and nobody else meanwhile. */
function lend(variables: Readonly<Record<string, string>>, stdin: Readable): () => void {
  const input = Object.getOwnPropertyDescriptor(process, 'stdin');
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    if (input !== undefined) Object.defineProperty(process, 'stdin', input);
  };
}

/** A place with a group `acme` that nobody runs, which holds `/presets/pad`. */
export async function storedHere(): Promise<Place> {
  const place = new Place();
  expect(await runHere(place, 'set', 'acme', '/presets/pad', '{"name":"Pad"}')).toMatchObject({ code: 0 });
  return place;
}

/** What `get` prints of its presets. */
export async function readHere(place: Place): Promise<unknown> {
  return JSON.parse((await runHere(place, 'get', 'acme', '/presets')).out);
}

class Heard extends Writable {
  text = '';

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
