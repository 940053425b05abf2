/**
 * The command line in this very process, which takes as long as what it does. What only a process shows (its end, signals,
 * pipes, Commander's own words) is tested with `Place.socomm`.
 */

import { Writable } from 'node:stream';

import { expect } from 'vitest';

import { Terminal } from '../../src/cli/output/terminal.js';
import { runCommand } from '../../src/cli/run-command.js';
import { Place } from './processes.js';
import type { Ended } from './processes.js';

export async function runHere(place: Place, ...args: readonly string[]): Promise<Ended> {
  const [out, err] = [new Heard(), new Heard()];
  const before = Object.keys(place.variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, place.variables);
  try {
    const terminal = new Terminal(() => undefined, { out, err });
    await runCommand(['node', 'socomm', ...args], { terminal, signal: new AbortController().signal, isDebug: false });
    return { code: Number(process.exitCode ?? 0), out: out.text, err: err.text };
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    process.exitCode = undefined;
  }
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
