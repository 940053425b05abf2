/**
 * Presets in any number: those of the real libraries beside this checkout, multiplied by a seeded generator that lends them tags, ratings and
 * variations of their names, as skewed as real ones; or made-up words where they are missing.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { seededRandom } from '../../src/base/random.js';
import type { PresetEntry } from '../../src/library/index.js';

const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** Where the real libraries are missing tests say so in their names. */
export const hasRealPresets = existsSync(DATA);

interface Seed {
  readonly name: string;
  readonly category: string;
  readonly author: string;
}

interface Line {
  readonly name?: string;
  readonly bank?: string;
  readonly folder?: string;
  readonly author?: string;
  readonly meta?: { readonly programName?: string; readonly category?: string; readonly author?: string };
}

const TAGS = [
  'bass',
  'lead',
  'pad',
  'keys',
  'pluck',
  'warm',
  'dark',
  'bright',
  'fx',
  'arp',
  'soft',
  'dirty',
  'wide',
  'mono',
  'vintage',
  'long',
];

export function corpus(count: number, seed = 1): PresetEntry<unknown>[] {
  const random = seededRandom(seed);
  const seeds = hasRealPresets ? realSeeds() : madeUpSeeds();
  // A square of chance: few of everything are in most.
  const skewed = (length: number): number => Math.floor(random.fraction() ** 2 * length);
  return Array.from({ length: count }, (_, at) => {
    const { name, category, author } = seeds[at % seeds.length] as Seed;
    const round = Math.floor(at / seeds.length);
    const tags = Array.from({ length: skewed(5) }, () => String(TAGS[skewed(TAGS.length)]));
    return {
      id: `p${at.toString(36).padStart(15, '0')}`,
      ...{ name: round === 0 ? name : `${name} ${'abc'[skewed(3)]}${round}`, category, author, tags: [...new Set(tags)] },
      ...(random.fraction() < 0.05 && { favourite: true }),
      ...(random.fraction() < 0.1 && { rating: 1 + skewed(5) }),
      ...(random.fraction() < 0.05 && { comment: `As ${name} should have been, with more ${TAGS[skewed(TAGS.length)]}` }),
    };
  });
}

/** So many bodies as different as those of a synthesizer with 140 parameters. */
export function bodyOf(at: number): Record<string, number> {
  const random = seededRandom(at);
  return Object.fromEntries(Array.from({ length: 140 }, (_, parameter) => [`parameter_${parameter}`, random.fraction()]));
}

function realSeeds(): Seed[] {
  return ['amsynth', 'helm', 'obxf'].flatMap((library) =>
    gunzipSync(readFileSync(`${DATA}/${library}/${library}-presets.jsonl.gz`))
      .toString('utf8')
      .trim()
      .split('\n')
      .map((line) => {
        const { name, bank, folder, author, meta } = JSON.parse(line) as Line;
        return {
          name: (name ?? meta?.programName ?? '').trim().replaceAll(/\p{Cc}/gu, '') || 'Init',
          category: folder ?? meta?.category ?? bank ?? '',
          author: author ?? meta?.author ?? '',
        };
      }),
  );
}

function madeUpSeeds(): Seed[] {
  const words = ['Deep', 'Warm', 'Élan', 'Glass', 'Tape', 'Solar', 'Rusty', 'Slow', 'Night', 'Grand', 'Phase', 'Wood'];
  return words.flatMap((first) => words.map((second) => ({ name: `${first} ${second}`, category: second, author: `${first} Audio` })));
}
