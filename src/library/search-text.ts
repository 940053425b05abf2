/** Texts as they are searched and sorted: without case and accents, in words. */

const PLAIN = /^[\u0020-\u007e]*$/;
const MARKS = /\p{M}+/gu;
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/gu;
const BETWEEN_PLAIN_WORDS = /[^a-z0-9]+/g;

/** `Éclat d'Été` → `eclat d'ete`. */
export function foldText(text: string): string {
  // Most names are plain, and then this is ten times as fast.
  return PLAIN.test(text) ? text.toLowerCase() : text.normalize('NFD').replaceAll(MARKS, '').toLowerCase();
}

/** All words of the texts, each behind a blank: a word begins with what is looked for where the blank and it are found together. */
export function wordsOf(texts: readonly string[]): string {
  const folded = foldText(texts.join(' '));
  return ` ${folded.replaceAll(PLAIN.test(folded) ? BETWEEN_PLAIN_WORDS : BETWEEN_WORDS, ' ')}`;
}

/**
 * Which letters and pairs of letters words begin with, as two sets of 30 bits in which several share one. Where a bit is missing no word begins so; where
 * all are there, one may. It spares searches most of the texts, which lie all over the memory.
 */
export interface Initials {
  readonly letters: number;
  readonly pairs: number;
}

/** A word that is looked for: what must be found in `wordsOf`, and which bits must be among those of its initials. */
export interface Beginning extends Initials {
  readonly text: string;
}

/** Of what `wordsOf` has made. */
export function initialsOf(words: string): Initials {
  let [letters, pairs] = [0, 0];
  for (let at = words.indexOf(' '); at !== -1; at = words.indexOf(' ', at + 1)) {
    letters |= letterBit(words, at + 1);
    pairs |= pairBit(words, at + 1);
  }
  return { letters, pairs };
}

/** For every word that is looked for. */
export function beginnings(text: string): readonly Beginning[] {
  const words = foldText(text).replaceAll(BETWEEN_WORDS, ' ').trim();
  return words === '' ? [] : words.split(' ').map((word) => ({ text: ` ${word}`, ...initialsOf(` ${word}`) }));
}

function letterBit(words: string, at: number): number {
  return at < words.length ? 1 << (words.charCodeAt(at) % BITS) : 0;
}

/** None for a word of one letter: it may go on in what is searched. */
function pairBit(words: string, at: number): number {
  const isPair = at + 1 < words.length && words[at + 1] !== ' ';
  return isPair ? 1 << ((words.charCodeAt(at) * 7 + words.charCodeAt(at + 1)) % BITS) : 0;
}

const BITS = 30;
