/**
 * The bundled preset library: 384 presets of 60 to 130 parameters, the same for the same seed on every machine.
 * It is code and vocabulary, not a data file, so that nobody else's sounds come along. A few names repeat, as they
 * do in real libraries; ids never do.
 */

import { seededRandom } from '../../base/random.js';
import { EFFECTS, ENGINES, REVERB } from './preset-engines.js';
import type { Parameter } from './preset-engines.js';
import { AUTHORS, CATEGORIES, COMMENT_ENDS, COMMENT_STARTS } from './preset-vocabulary.js';
import type { Category, Character, EngineName } from './preset-vocabulary.js';

export interface BundledPreset {
  /** Path-like and speaking, e.g. `pad-amber-veil`. */
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly author: string;
  readonly engine: EngineName;
  readonly tags: readonly string[];
  readonly comment: string;
  /** 0 (not rated) to 5. */
  readonly rating: number;
  readonly favourite: boolean;
  readonly params: Readonly<Record<string, number>>;
}

export const PRESET_COUNT = 384;
export const DEFAULT_SEED = 1969;

/** How many presets in a hundred carry a name that others carry too. */
const STANDARD_PERCENT = 8;

export function presetLibrary(seed: number = DEFAULT_SEED): BundledPreset[] {
  const draw = drawsFrom(seed);
  const names = new Set<string>();
  const ids = new Set<string>();
  return Array.from({ length: PRESET_COUNT }, (_, index) => {
    const category = CATEGORIES[index % CATEGORIES.length]!;
    const name = newName(category, names, draw);
    const engine = draw.from(category.engines);
    return {
      id: newId(category, name, ids),
      name,
      category: category.name,
      author: draw.from(AUTHORS),
      engine,
      tags: draw.some(category.tags, 2 + draw.whole(2)),
      comment: draw.chance(0.6) ? `${draw.from(COMMENT_STARTS)} ${draw.from(COMMENT_ENDS)}.` : '',
      rating: draw.chance(0.55) ? 2 + draw.whole(4) : 0,
      favourite: draw.chance(0.12),
      params: newParams(engine, around(category.character, draw), draw),
    };
  });
}

interface Draws {
  fraction(): number;
  whole(below: number): number;
  chance(probability: number): boolean;
  from<Item>(items: readonly Item[]): Item;
  /** `count` different ones. */
  some<Item>(items: readonly Item[], count: number): Item[];
}

function drawsFrom(seed: number): Draws {
  const random = seededRandom(seed);
  const fraction = (): number => random.fraction();
  const whole = (below: number): number => Math.floor(fraction() * below);
  const from = <Item>(items: readonly Item[]): Item => items[whole(items.length)]!;
  return {
    fraction,
    whole,
    from,
    chance: (probability) => fraction() < probability,
    some: (items, count) => {
      const left = [...items];
      return Array.from({ length: Math.min(count, left.length) }, () => left.splice(whole(left.length), 1)[0]!);
    },
  };
}

/** Names of two words are many enough (100 for 32 presets), so looking for a free one ends soon. */
function newName(category: Category, taken: Set<string>, draw: Draws): string {
  if (draw.chance(STANDARD_PERCENT / 100)) return draw.from(category.standards);
  for (;;) {
    const name = `${draw.from(category.adjectives)} ${draw.from(category.nouns)}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

function newId(category: Category, name: string, taken: Set<string>): string {
  const stem = `${category.name}-${name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  let id = stem;
  for (let copy = 2; taken.has(id); copy++) id = `${stem}-${copy}`;
  taken.add(id);
  return id;
}

/** One sound of a category: near its character, never on it. */
function around(character: Character, draw: Draws): Character {
  const entries = Object.entries<number>({ ...character }).map(([trait, at]) => [trait, inUnit(at + (draw.fraction() - 0.5) * 0.3)]);
  return Object.fromEntries(entries) as Character;
}

function newParams(engine: EngineName, character: Character, draw: Draws): Record<string, number> {
  const effects = EFFECTS.filter(() => draw.chance(0.6)).flat();
  const parameters = [...ENGINES[engine], ...effects, ...REVERB];
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, valueOf(parameter, character, draw)]));
}

/** Four digits: what a real plug-in's text format keeps, and what keeps the library at half its size. */
function valueOf({ min, max, scale, leansOn }: Parameter, character: Character, draw: Draws): number {
  if (scale === 'choice') return min + draw.whole(max - min + 1);
  const spread = (draw.fraction() + draw.fraction() - 1) * 0.2;
  const at = inUnit((leansOn === undefined ? 0.5 : character[leansOn]) + spread);
  const value = scale === 'time' ? min * (max / min) ** at : min + (max - min) * at;
  // Plus zero: minus zero would come back from JSON as another number.
  return (scale === 'count' ? Math.round(value) : Number(value.toPrecision(4))) + 0;
}

function inUnit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
