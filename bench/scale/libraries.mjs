/**
 * Preset libraries of any size from one seed: the presets of real synthesizers, again and again with other values, under names, tags, comments and
 * sizes as unevenly spread as real ones. Where the real ones are missing, made-up ones stand in for them, of the same shape.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const CATEGORIES = ['Bass', 'Lead', 'Pad', 'Keys', 'Arp', 'Pluck', 'FX', 'Drums', 'Strings', 'Brass', 'Sequence', 'Vocal', 'Experimental'];
const TAGS = `warm dark bright analog digital soft hard mono poly evolving noisy clean distorted wide vintage modern aggressive mellow
metallic airy deep short long plucky organic glassy hollow resonant detuned sync fm percussive slow rising sidechain retro lofi`.split(
  /\s+/,
);
const WORDS =
  `Solar Velvet Iron Night Crystal Hollow Silver Broken Ocean Neon Dust Ghost Paper Thunder Moss Copper Winter Signal Amber Echo`.split(
    ' ',
  );
const BASES = ['amsynth', 'helm', 'obxf'];

/** The real presets as they stand in the files, as far as they are there. */
export function realPresets(folder, names = BASES) {
  return names.flatMap((name) => {
    const file = join(folder, name, `${name}-presets.jsonl.gz`);
    if (!existsSync(file)) return [];
    return gunzipSync(readFileSync(file))
      .toString('utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  });
}

/** JSONL in the own form of `importPresets()`, one preset a line. The same seed gives the same text. */
export function libraryText({ presets, seed, folder, prefix = 'p' }) {
  const chance = chanceOf(seed);
  const real = realPresets(folder);
  const bases = real.length > 0 ? real : madeUp(500, chance);
  const lines = Array.from({ length: presets }, (_, at) => JSON.stringify(preset(`${prefix}${at}`, bases[at % bases.length], chance)));
  return `${lines.join('\n')}\n`;
}

function preset(id, base, chance) {
  const tags = new Set(
    Array.from({ length: Math.min(12, Math.floor(-Math.log(1 - chance()) * 2)) }, () => TAGS[skewed(TAGS.length, chance)]),
  );
  return {
    id,
    name: nameOf(base, chance),
    category: filled(base.folder, base.meta?.category) ?? CATEGORIES[skewed(CATEGORIES.length, chance)],
    author: filled(base.author, base.meta?.author) ?? WORDS[skewed(WORDS.length, chance)],
    ...(tags.size > 0 && { tags: [...tags].toSorted((a, b) => (a < b ? -1 : 1)) }),
    ...(chance() < 0.05 && { favourite: true }),
    ...(chance() < 0.1 && { rating: 1 + skewed(5, chance) }),
    ...(chance() < 0.15 && { comment: sentence(Math.ceil(Math.exp(1 + chance() * 3)), chance) }),
    source: chance() < 0.7 ? 'factory' : 'user',
    body: Object.fromEntries(
      Object.entries(base.params).map(([key, value]) => [key, chance() < 0.2 ? Math.fround(value + chance()) : value]),
    ),
  };
}

/** Many have a name that others have too. */
function nameOf(base, chance) {
  const name = (filled(base.name, base.meta?.programName) ?? 'Init').slice(0, 200);
  const kind = chance();
  if (kind < 0.5) return name;
  if (kind < 0.8) return `${WORDS[skewed(WORDS.length, chance)]} ${name}`;
  return `${name} ${1 + skewed(99, chance)}`;
}

/** The first that says something. */
function filled(...texts) {
  return texts.find((text) => typeof text === 'string' && text !== '');
}

function madeUp(count, chance) {
  return Array.from({ length: count }, () => ({
    name: `${WORDS[skewed(WORDS.length, chance)]} ${CATEGORIES[skewed(CATEGORIES.length, chance)]}`,
    params: Object.fromEntries(Array.from({ length: 36 + skewed(100, chance) }, (_, at) => [`parameter_${at}`, Math.fround(chance())])),
  }));
}

function sentence(words, chance) {
  return Array.from({ length: words }, () => TAGS[skewed(TAGS.length, chance)]).join(' ');
}

/** The first of a list far oftener than the last. */
function skewed(length, chance) {
  return Math.floor(length ** chance()) - 1;
}

/** mulberry32. */
function chanceOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
