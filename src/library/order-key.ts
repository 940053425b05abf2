/**
 * Places in the bank: texts between any two of which there is another one, so that a move writes the preset that moves and no other.
 *
 * The idea is fractional indexing as Figma describes it (Evan Wallace, "Realtime editing of ordered sequences", 2017), with the whole part of
 * variable length of David Greenspan ("Implementing fractional indexing", 2020), so that adding at an end does not make places longer:
 *
 *     a0 < a1 … az < b00 … zzz…      the first character says how many digits the whole part has; `Z` and below count down
 *     a0V                            a fraction behind it; never ends in `0`
 *
 * Two instances that move to one place at the same time would make the same text, and nothing would fit in between any more. So each move
 * adds four random digits; and all presets of one move share them (`places`), so that two blocks moved to one place do not mingle.
 */

import type { Random } from '../base/random.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FIRST = '0';
const LAST = 'z';
const SALT_DIGITS = 4;
const PLACE = /^[A-Za-z][0-9A-Za-z]*$/;

/** Anything else is as no place at all: it comes from another program. */
export function isOrderKey(value: unknown): value is string {
  if (typeof value !== 'string' || !PLACE.test(value)) return false;
  const isBare = value.length === wholeLength(value);
  // Nothing lies before the first of all.
  return isBare ? decrement(value) !== undefined : value.length > wholeLength(value) && !value.endsWith(FIRST);
}

/** `count` ascending places after `low` and before `high`, that nobody else makes. Undefined stands for the ends. */
export function orderKeys(
  low: string | undefined,
  high: string | undefined,
  options: { readonly count: number; readonly random: Random },
): string[] {
  const { count, random } = options;
  const block = apart(between(low, high), high) + salt(random);
  if (count === 1) return [block];
  const width = digitsFor(count);
  return Array.from({ length: count }, (_, at) => block + numbered(at, width));
}

/** A text between the two. `low < high`. */
function between(low: string | undefined, high: string | undefined): string {
  if (low === undefined && high === undefined) return 'a0';
  if (low === undefined) return before(String(high));
  const whole = low.slice(0, wholeLength(low));
  const fraction = low.slice(whole.length);
  if (high === undefined) return increment(whole) ?? whole + middle(fraction, undefined);
  const highWhole = high.slice(0, wholeLength(high));
  if (whole === highWhole) return whole + middle(fraction, high.slice(highWhole.length));
  const next = increment(whole);
  return next !== undefined && next < high ? next : whole + middle(fraction, undefined);
}

function before(high: string): string {
  const whole = high.slice(0, wholeLength(high));
  // One whole less also where a fraction would do: all places have one, and would become longer and longer.
  return decrement(whole) ?? whole;
}

/** The same place, so far down that whatever is put behind it stays below `high`. */
function apart(place: string, high: string | undefined): string {
  let found = place;
  while (high?.startsWith(found)) found += middle('', high.slice(found.length));
  return found;
}

/** A fraction between the two, as short as can be. */
function middle(low: string, high: string | undefined): string {
  let shared = 0;
  if (high !== undefined) while ((low[shared] ?? FIRST) === high[shared]) shared++;
  if (high !== undefined && shared > 0) return high.slice(0, shared) + middle(low.slice(shared), high.slice(shared));
  const lowDigit = low === '' ? 0 : DIGITS.indexOf(low.charAt(0));
  const highDigit = high === undefined ? DIGITS.length : DIGITS.indexOf(high.charAt(0));
  if (highDigit - lowDigit > 1) return DIGITS.charAt(Math.round((lowDigit + highDigit) / 2));
  if (high !== undefined && high.length > 1) return high.charAt(0);
  return DIGITS.charAt(lowDigit) + middle(low.slice(1), undefined);
}

function wholeLength(place: string): number {
  const head = place.charCodeAt(0);
  return head >= 0x61 ? head - 0x61 + 2 : 0x5a - head + 2;
}

/** Undefined beyond the last. */
function increment(whole: string): string | undefined {
  const digits = counted(whole.slice(1), 1);
  const head = whole.charAt(0);
  if (digits !== undefined) return head + digits;
  if (head === 'Z') return `a${FIRST}`;
  if (head === 'z') return undefined;
  const next = String.fromCharCode(head.charCodeAt(0) + 1);
  return next.padEnd(wholeLength(next), FIRST);
}

/** Undefined before the first. */
function decrement(whole: string): string | undefined {
  const digits = counted(whole.slice(1), -1);
  const head = whole.charAt(0);
  if (digits !== undefined) return head + digits;
  if (head === 'a') return `Z${LAST}`;
  if (head === 'A') return undefined;
  const next = String.fromCharCode(head.charCodeAt(0) - 1);
  return next.padEnd(wholeLength(next), LAST);
}

/** One up or down, in as many digits; undefined where those do not do. */
function counted(digits: string, step: 1 | -1): string | undefined {
  const end = step === 1 ? LAST : FIRST;
  let at = digits.length - 1;
  while (at >= 0 && digits[at] === end) at--;
  if (at < 0) return undefined;
  const digit = DIGITS.charAt(DIGITS.indexOf(digits.charAt(at)) + step);
  return digits.slice(0, at) + digit + (step === 1 ? FIRST : LAST).repeat(digits.length - at - 1);
}

/** The last digit is never `0`. */
function salt(random: Random): string {
  return Array.from({ length: SALT_DIGITS }, (_, at) => digitOf(random, at === SALT_DIGITS - 1 ? 1 : 0)).join('');
}

function digitOf(random: Random, least: number): string {
  return DIGITS.charAt(least + Math.floor(random.fraction() * (DIGITS.length - least)));
}

// Numbers within a block: the last digit is one of 61, for a fraction never ends in `0`.
const ENDINGS = DIGITS.length - 1;

function digitsFor(count: number): number {
  let width = 1;
  for (let most = ENDINGS; most < count; most *= DIGITS.length) width++;
  return width;
}

function numbered(at: number, width: number): string {
  let text = DIGITS.charAt(1 + (at % ENDINGS));
  for (let rest = Math.floor(at / ENDINGS); text.length < width; rest = Math.floor(rest / DIGITS.length))
    text = DIGITS.charAt(rest % DIGITS.length) + text;
  return text;
}
