/**
 * Where a command writes: data to standard output, so that it pipes; everything else to standard error. Colours and moving
 * lines only where a person sees them. A reader that goes away (`| head`) ends the command quietly.
 */

import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

import { createLogUpdate } from 'log-update';

export type Style = Parameters<typeof styleText>[0];

type Output = Writable & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>>;

/** The process's own, but in tests. */
export interface Outputs {
  readonly out: Output;
  readonly err: Output;
}

export class Terminal {
  readonly #out: Output;
  readonly #err: Output;
  readonly #moving: ReturnType<typeof createLogUpdate>;
  #isMoving = false;

  /** `onUnwritable` is called with the reason when standard output cannot be written any more. */
  constructor(onUnwritable: (error: Error) => void, { out, err }: Outputs = { out: process.stdout, err: process.stderr }) {
    this.#out = out;
    this.#err = err;
    this.#moving = createLogUpdate(err);
    // EPIPE, ENOSPC and their kin arrive as events, long after the write.
    this.#out.on('error', onUnwritable);
    this.#err.on('error', () => undefined);
  }

  get hasReader(): boolean {
    return this.#out.writable;
  }

  get isInteractive(): boolean {
    return process.stdin.isTTY && this.isErrTty;
  }

  get isOutTty(): boolean {
    return this.#out.isTTY ?? false;
  }

  get isErrTty(): boolean {
    return this.#err.isTTY ?? false;
  }

  get columns(): number {
    return (this.isOutTty ? this.#out.columns : undefined) ?? 160;
  }

  /** Lines of data. */
  print(...lines: readonly string[]): void {
    if (lines.length > 0) this.#out.write(`${lines.join('\n')}\n`);
  }

  /** Resolves when more may be written: for output of any length. Bytes go out as they are. */
  async write(data: string | Uint8Array, signal: AbortSignal): Promise<void> {
    if (!this.#out.write(data)) await once(this.#out, 'drain', { signal });
  }

  /** Resolves when all that was written has arrived, or cannot. */
  flush(): Promise<void> {
    // Whether it arrived was told by the event, which comes after this callback.
    return new Promise((resolve) => this.#out.write('', () => setImmediate(resolve)));
  }

  /** Lines about the data, kept above what moves. */
  note(...lines: readonly string[]): void {
    this.settle();
    this.#err.write(`${lines.join('\n')}\n`);
  }

  /** Lines that replace those of the last call; nothing where nobody sees them. */
  move(text: string): void {
    if (!this.isErrTty) return;
    this.#isMoving = true;
    this.#moving(text);
  }

  /** Takes the moving lines away. */
  settle(): void {
    if (!this.#isMoving) return;
    this.#isMoving = false;
    this.#moving.clear();
    this.#moving.done();
  }

  /** Leaves the moving lines as they are, above what comes next. */
  keep(): void {
    if (!this.#isMoving) return;
    this.#isMoving = false;
    this.#moving.done();
  }

  /** Coloured for standard output, where that is a terminal and NO_COLOR is not set. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out });
  }

  /** Coloured for standard error. */
  styleNote(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#err });
  }
}
