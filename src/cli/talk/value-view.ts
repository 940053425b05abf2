/** Ephemeral values on standard output: those that there are as a table, changes as lines. */

import type { EphemeralChange, EphemeralEntry } from '../../index.js';
import { formatClock, visible } from '../output/format.js';
import { formatTable } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { cutToWidth, padToWidth, widthOf } from '../output/width.js';
import type { ValueForm } from './codecs.js';
import { shortId } from './ids.js';

const KEY_COLUMNS_MAX = 32;
const VALUE_COLUMNS_MIN = 16;
/** `1a2b3c4d….12`, and the spaces around it. */
const FROM_COLUMNS = 16;

export class ValueView {
  readonly #terminal: Terminal;
  readonly #form: ValueForm;
  readonly #isJson: boolean;
  #keyColumns = 0;

  constructor(terminal: Terminal, form: ValueForm, isJson: boolean) {
    this.#terminal = terminal;
    this.#form = form;
    this.#isJson = isJson;
  }

  list(entries: readonly EphemeralEntry<unknown>[], name: string): void {
    const terminal = this.#terminal;
    const sorted = entries.toSorted((a, b) => compare(a.key, b.key) || compare(a.from, b.from));
    if (this.#isJson) {
      const listed = sorted.map(({ key, from, value }) => ({ key, from, ...this.#form.fields(value) }));
      return terminal.print(JSON.stringify(listed, undefined, 2));
    }
    if (sorted.length === 0) return terminal.note(`nobody holds a value in ${name}`);
    const keyColumns = Math.max(...sorted.map(({ key }) => widthOf(visible(key))));
    const room = Math.max(VALUE_COLUMNS_MIN, terminal.columns - keyColumns - FROM_COLUMNS);
    const rows = sorted.map(({ key, from, value }) => [key, shortId(from), cutToWidth(this.#form.show(value), room)]);
    const columns = [{ heading: 'key' }, { heading: 'from' }, { heading: 'value' }];
    terminal.print(...formatTable(columns, rows, (heading) => terminal.style('dim', heading)));
  }

  change({ key, from, value }: EphemeralChange<unknown>): void {
    const terminal = this.#terminal;
    const time = new Date();
    if (this.#isJson) {
      const fields = value === undefined ? { isGone: true } : this.#form.fields(value);
      return terminal.print(JSON.stringify({ time: time.toISOString(), key, from, ...fields }));
    }
    const shownKey = cutToWidth(visible(key), KEY_COLUMNS_MAX);
    this.#keyColumns = Math.max(this.#keyColumns, widthOf(shownKey));
    const head = `${formatClock(time)}  ${padToWidth(shownKey, this.#keyColumns)}  `;
    const sender = `from ${shortId(from)}`;
    const room = Math.max(VALUE_COLUMNS_MIN, terminal.columns - widthOf(`${head}${sender}  `));
    const text =
      value === undefined ? terminal.style('red', 'gone') : cutToWidth(visible(this.#form.show(value)).replaceAll(/[\t\n]/g, ' '), room);
    terminal.print(
      `${terminal.style('dim', formatClock(time))}${head.slice(formatClock(time).length)}${terminal.style('dim', sender)}  ${text}`,
    );
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
