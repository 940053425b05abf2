/** Standard input of the commands that talk: as a whole, or line by line as it comes. */

import { addAbortSignal } from 'node:stream';

import { CliError } from '../exit.js';
import { MESSAGE_INPUT_BYTES_MAX } from '../limits.js';
import type { Terminal } from '../output/terminal.js';
import { splitLines } from '../../library/exchange/lines.js';

export async function readWhole(terminal: Terminal, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(terminal, signal)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MESSAGE_INPUT_BYTES_MAX)
      throw new CliError('failed', `standard input is longer than ${MESSAGE_INPUT_BYTES_MAX} bytes`, {
        hint: 'cut it into lines, and use --lines',
      });
  }
  return Buffer.concat(chunks);
}

export interface InputLine {
  /** Counts from 1. */
  readonly number: number;
  /** Without the line feed; undefined where the line is too long. */
  readonly bytes: Uint8Array | undefined;
}

export function readLines(terminal: Terminal, signal: AbortSignal): AsyncIterable<InputLine> {
  return splitLines(chunksOf(terminal, signal), MESSAGE_INPUT_BYTES_MAX);
}

function chunksOf(terminal: Terminal, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (process.stdin.isTTY) terminal.note('reading from the terminal; Ctrl-D ends the input');
  return addAbortSignal(signal, process.stdin) as AsyncIterable<Uint8Array>;
}
