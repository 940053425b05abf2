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

/** What must be found in `wordsOf`, for every word that is looked for. */
export function beginnings(text: string): readonly string[] {
  const words = foldText(text).replaceAll(BETWEEN_WORDS, ' ').trim();
  return words === '' ? [] : words.split(' ').map((word) => ` ${word}`);
}
