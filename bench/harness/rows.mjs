/**
 * What a question answers with. A row says one thing that was measured: `ways` has a figure for each who was measured, ours under `socomm`. A row may
 * have bars: `{ text, ratio, isMet }`, where `ratio` is `{ median, low, high }`.
 */

import { ratio, summary } from './figures.mjs';

export const OURS = 'socomm';

/** `figures`: rounds by way, as `alternate()` gives them; `key` picks one number of each round. */
export function row(what, unit, figures, { key, key99, bars = [] } = {}) {
  const ways = Object.fromEntries(
    Object.entries(figures).map(([way, rounds]) => [
      way,
      { ...summary(rounds, key), ...(key99 !== undefined && { p99: summary(rounds, key99).median }) },
    ]),
  );
  return { what, unit, ways, bars: bars.filter((bar) => bar !== undefined) };
}

/** Ours over another's is at most so many times as much. `undefined` where the other was not measured. */
export function atMost(figures, other, times, key, text = `at most ${times} × ${other}`) {
  if (figures[other] === undefined) return undefined;
  const measured = ratioOf(figures, other, key);
  return { text, ratio: measured, isMet: measured.median <= times };
}

/** For what is better where there is more of it. */
export function atLeast(figures, other, times, key, text = `at least ${times} × ${other}`) {
  if (figures[other] === undefined) return undefined;
  const measured = ratioOf(figures, other, key);
  return { text, ratio: measured, isMet: measured.median >= times };
}

/** For times: the other takes so many times as long as we do. */
export function fasterThan(figures, other, times, key, text = `at least ${times} × faster than ${other}`) {
  if (figures[other] === undefined) return undefined;
  const [ours, others] = [figures[OURS], figures[other]].map((rounds) => numbers(rounds, key));
  const measured = ratio(others, ours);
  return { text, ratio: measured, isMet: measured.median >= times };
}

/** At most so many times the other's median, and so much more. The ratio is told without the addition. */
export function atMostPlus(figures, other, times, moreMs, key) {
  if (figures[other] === undefined) return undefined;
  const [ours, others] = [figures[OURS], figures[other]].map((rounds) => summary(numbers(rounds, key)));
  const bar = times * others.median + moreMs;
  const text = `at most ${times} × ${other} + ${moreMs} ms = ${bar.toFixed(1)} ms`;
  return { text, ratio: ratioOf(figures, other, key), isMet: ours.median <= bar };
}

/** A number by itself that must stay under another. */
export function under(value, limit, text) {
  return { text, value, isMet: value < limit };
}

function ratioOf(figures, other, key) {
  return ratio(numbers(figures[OURS], key), numbers(figures[other], key));
}

function numbers(rounds, key) {
  return key === undefined ? rounds : rounds.map((round) => round[key]);
}
