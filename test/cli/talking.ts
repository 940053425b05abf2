/**
 * Commands that talk, in this very process, beside applications that are joined in it too. They may go on until they are interrupted:
 * `begin` gives them as they run.
 */

import { Writable } from 'node:stream';

import { onTestFinished } from 'vitest';

import { interrupted } from '../../src/cli/exit.js';
import { Terminal } from '../../src/cli/output/terminal.js';
import { runCommand } from '../../src/cli/run-command.js';
import { join } from '../../src/index.js';
import type { Instance, JoinOptions } from '../../src/index.js';
import { Place } from './processes.js';
import type { Ended } from './processes.js';

/** A place with a stored group `acme`, in which commands and applications of this process find it. */
export class TalkingPlace {
  readonly place = new Place();

  constructor() {
    const { variables } = this.place;
    const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, variables);
    onTestFinished(() => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      process.exitCode = undefined;
    });
  }

  /** An application, with a peer of its own. */
  async join(options: JoinOptions = {}): Promise<Instance> {
    const instance = await join('acme', { replica: 'own', ...options });
    onTestFinished(() => instance.close());
    return instance;
  }

  begin(...args: readonly string[]): Begun {
    const begun = new Begun(args);
    onTestFinished(async () => {
      begun.out.release();
      begun.interrupt();
      await begun.ended;
    });
    return begun;
  }

  run(...args: readonly string[]): Promise<Ended> {
    return new Begun(args).ended;
  }
}

export class Begun {
  readonly out = new Heard();
  readonly err = new Heard();
  readonly ended: Promise<Ended>;
  readonly #ending = new AbortController();

  constructor(args: readonly string[]) {
    const terminal = new Terminal(() => undefined, { out: this.out, err: this.err });
    this.ended = runCommand(['node', 'socomm', ...args], { terminal, signal: this.#ending.signal, isDebug: false }).then(() => ({
      code: Number(process.exitCode ?? 0),
      out: this.out.text,
      err: this.err.text,
    }));
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#ending.abort(interrupted());
  }

  /** Resolves with the next line of standard output. */
  line(): Promise<string> {
    return this.#orEnd(this.out.line(''));
  }

  /** Resolves when this has been said on standard error. */
  note(text: string): Promise<string> {
    return this.#orEnd(this.err.line(text));
  }

  #orEnd(line: Promise<string>): Promise<string> {
    const failed = this.ended.then(({ code, out, err }) => {
      throw new Error(`ended with ${code} before:\n${out}\n${err}`);
    });
    failed.catch(() => undefined);
    return Promise.race([line, failed]);
  }
}

export class Heard extends Writable {
  readonly #chunks: Buffer[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #lines: string[] = [];
  #rest = '';
  #isHeld = false;
  #held: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1024 });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }

  /** From now on nobody reads. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#held?.();
    this.#held = undefined;
  }

  /** The next line that contains `text`; those before it are skipped. */
  async line(text: string): Promise<string> {
    for (;;) {
      const at = this.#lines.findIndex((line) => line.includes(text));
      if (at >= 0) return this.#lines.splice(0, at + 1).at(-1) ?? '';
      this.#lines.length = 0;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    const lines = (this.#rest + chunk.toString()).split('\n');
    this.#rest = lines.pop() ?? '';
    this.#lines.push(...lines);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    if (this.#isHeld) this.#held = done;
    else done();
  }
}
