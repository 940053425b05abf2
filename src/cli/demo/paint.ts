/** Colours as an argument: the renderers are pure and take a painter, which for pipes and tests paints nothing. */

import type { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** Two digests that differ look different: three blocks, of twelve colours each. */
export function digestBlocks(digest: string, paint: Paint): string {
  return [0, 2, 4]
    .map((at) => paint(BLOCK_COLOURS[Number.parseInt(digest.slice(at, at + 2), 16) % BLOCK_COLOURS.length] ?? 'gray', '█'))
    .join('');
}

const BLOCK_COLOURS: readonly Style[] = [
  'red',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'redBright',
  'greenBright',
  'yellowBright',
  'blueBright',
  'magentaBright',
  'cyanBright',
];
