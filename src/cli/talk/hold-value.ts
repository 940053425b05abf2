/** Holds an ephemeral value for others to see, until Ctrl-C, the end of standard input, or for a while. Then it vanishes. */

import { setTimeout } from 'node:timers/promises';

import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { visible } from '../output/format.js';
import type { Session, WaitOptions } from '../session.js';
import type { ValueForm } from './codecs.js';
import { readLines } from './input.js';
import { takePart } from './take-part.js';

export interface HeldValue {
  readonly group: string;
  readonly name: string;
  readonly key: string;
  /** `-`: each line of standard input, one after the other. */
  readonly text: string;
  readonly form: ValueForm;
}

export interface HoldOptions extends WaitOptions {
  /** Seconds. */
  readonly for?: number;
}

export async function holdValue(session: Session, held: HeldValue, options: HoldOptions): Promise<Ending> {
  const { terminal } = session;
  const { group, name, key, text, form } = held;
  const isInput = text === '-';
  const only = isInput ? undefined : { value: form.parse(Buffer.from(text), { name: 'the value', isTyped: true }) };
  return takePart<Ending>(group, { ...options, isOpenEnded: true }, session, async ({ instance, signal }) => {
    const values = instance.ephemeral(name, form.codec);
    if (only !== undefined) values.set(key, only.value);
    const end =
      options.for === undefined
        ? isInput
          ? 'as long as there is input'
          : 'until Ctrl-C'
        : `for ${options.for} s${isInput ? ' after the input' : ''}`;
    terminal.note(`${key} in ${name} is held ${end}; then it vanishes`);
    if (options.json) terminal.print(JSON.stringify({ group, name, key, from: instance.id, ...(only && form.fields(only.value)) }));
    const refused = isInput ? await takeLines(session, form, (value) => values.set(key, value)) : 0;
    if (!isInput || options.for !== undefined)
      await setTimeout(options.for === undefined ? FOR_EVER_MS : options.for * 1000, undefined, { signal });
    return refused === 0 ? 'good' : 'partial';
  });
}

/** As long as timers last, which is 24 days. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** Returns how many lines were no values. */
async function takeLines({ terminal, signal }: Session, form: ValueForm, set: (value: unknown) => void): Promise<number> {
  let refused = 0;
  for await (const { number, bytes } of readLines(terminal, signal)) {
    if (!form.isBytes && bytes?.length === 0) continue;
    try {
      if (bytes === undefined) throw new CliError('usage', `line ${number} is too long`);
      set(form.parse(bytes, { name: `line ${number}`, isTyped: false }));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      refused++;
      terminal.note(`${terminal.styleNote('red', 'left out')}  ${visible(error.message)}`);
    }
  }
  return refused;
}
