/**
 * Messages on standard output, no faster than its reader takes them; what is missed or unreadable to standard error, with
 * `--json` as lines among the others. There `missed` counts each loss once: in a line of its own as soon as it is known, else
 * in that of the message that came behind it.
 */

import type { Message, Missed, TalkFailure } from '../../index.js';
import { formatClock, plural, visible } from '../output/format.js';
import type { Terminal } from '../output/terminal.js';
import { cutToWidth, padToWidth, widthOf } from '../output/width.js';
import type { ValueForm } from './codecs.js';
import { shortId } from './ids.js';

export interface PrintOptions {
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly lines?: boolean;
  /** What is subscribed to: the column of topics is wide enough for these from the beginning. */
  readonly topics: readonly string[];
  readonly signal: AbortSignal;
}

const TOPIC_COLUMNS_MAX = 32;
const VALUE_COLUMNS_MIN = 16;
const PEER_DIGITS = 16;

export class MessagePrinter {
  readonly #terminal: Terminal;
  readonly #form: ValueForm;
  readonly #options: PrintOptions;
  /** Of each peer and topic, what was told as missed and not yet by a message. */
  readonly #told = new Map<string, number>();
  /** What failed in which way: a topic of another codec may have sixty failures a second. */
  readonly #failures = new Set<string>();
  #count = 0;
  #topicColumns: number;

  constructor(terminal: Terminal, form: ValueForm, options: PrintOptions) {
    this.#terminal = terminal;
    this.#form = form;
    this.#options = options;
    this.#topicColumns = Math.min(TOPIC_COLUMNS_MAX, Math.max(...options.topics.map(widthOf)));
  }

  get count(): number {
    return this.#count;
  }

  get hasFailures(): boolean {
    return this.#failures.size > 0;
  }

  async print(message: Message<unknown>): Promise<void> {
    this.#count++;
    const missed = this.#untold(message);
    const { raw, json, signal } = this.#options;
    if (raw) return this.#terminal.write(this.#framed(this.#form.plain(message.value)), signal);
    const { topic, from, value } = message;
    if (!json) return this.#terminal.write(`${this.#line(message)}\n`, signal);
    const line = { time: new Date().toISOString(), topic, from, missed, ...this.#form.fields(value) };
    return this.#terminal.write(`${JSON.stringify(line)}\n`, signal);
  }

  missed({ from, topic, count }: Missed): void {
    const key = lossKey(from, topic);
    this.#told.set(key, (this.#told.get(key) ?? 0) + count);
    if (this.#options.json) return this.#terminal.print(JSON.stringify({ time: new Date().toISOString(), topic, from, missed: count }));
    const what = `${plural(count, 'message')} of ${topic} from ${shortId(from)} ${count === 1 ? 'was' : 'were'} missed`;
    this.#terminal.note(this.#terminal.styleNote('yellow', what));
  }

  failed({ error, from, topic }: TalkFailure): void {
    const { code, message } = error;
    const isKnown = this.#failures.has(`${code} ${from} ${topic}`);
    this.#failures.add(`${code} ${from} ${topic}`);
    if (this.#options.json)
      return this.#terminal.print(JSON.stringify({ time: new Date().toISOString(), topic, from, error: { code, message } }));
    if (isKnown) return;
    const told = `a message of ${topic} from ${shortId(from)} cannot be read, nor may those after it: ${visible(message)} [${code}]`;
    this.#terminal.note(`${this.#terminal.styleNote('yellow', 'warning:')} ${told}`);
    if (code === 'SOCOMM_CODEC_MISMATCH')
      this.#terminal.note('         say which one with --codec; --codec raw takes the bytes of raw() only');
  }

  /** What the message lost before it, and nobody has told yet. */
  #untold({ from, topic, missed }: Message<unknown>): number {
    if (missed === 0) return 0;
    const key = lossKey(from, topic);
    const told = Math.min(missed, this.#told.get(key) ?? 0);
    this.#told.set(key, (this.#told.get(key) ?? 0) - told);
    return missed - told;
  }

  #framed(bytes: Uint8Array): Uint8Array {
    const hasLineFeed = !this.#form.isBytes || this.#options.lines === true;
    return hasLineFeed ? Buffer.concat([bytes, LINE_FEED]) : bytes;
  }

  #line({ topic, from, value }: Message<unknown>): string {
    const terminal = this.#terminal;
    const shown = cutToWidth(topic, TOPIC_COLUMNS_MAX);
    this.#topicColumns = Math.max(this.#topicColumns, widthOf(shown));
    const clock = formatClock(new Date());
    const place = padToWidth(shown, this.#topicColumns);
    const sender = `from ${shortId(from)}`;
    const room = Math.max(VALUE_COLUMNS_MIN, terminal.columns - widthOf(`${clock}  ${place}  ${sender}  `));
    const text = cutToWidth(visible(this.#form.show(value)).replaceAll(/[\t\n]/g, ' '), room);
    return `${terminal.style('dim', clock)}  ${place}  ${terminal.style('dim', sender)}  ${text}`.trimEnd();
  }
}

const LINE_FEED = Buffer.from('\n');

function lossKey(from: string, topic: string): string {
  return `${from.slice(0, PEER_DIGITS)} ${topic}`;
}
