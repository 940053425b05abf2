/** What `socomm library` may be told besides the words of an action, and which action knows which of it. */

import { Option } from 'commander';
import type { Command } from 'commander';

import type { PresetQuery } from '../../library/index.js';
import { CliError } from '../exit.js';
import type { WaitOptions } from '../session.js';

export interface LibraryOptions extends WaitOptions {
  readonly document?: string;
  readonly tag?: readonly string[];
  readonly category?: readonly string[];
  readonly author?: readonly string[];
  readonly favourites?: boolean;
  readonly rating?: number;
  readonly source?: 'factory' | 'user';
  readonly sort?: 'order' | 'name' | 'category' | 'author' | 'rating';
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly off?: boolean;
  readonly dryRun?: boolean;
  readonly format?: 'jsonl' | 'json' | 'folder';
}

export type LibraryAction = 'list' | 'find' | 'show' | 'favourite' | 'import' | 'export';

const QUERY = ['tag', 'category', 'author', 'favourites', 'rating', 'source', 'sort', 'reverse', 'limit'] as const;

/** Beside those that every action knows. */
const KNOWN: Readonly<Record<LibraryAction, readonly (keyof LibraryOptions)[]>> = {
  list: QUERY,
  find: QUERY,
  show: [],
  favourite: ['off'],
  import: ['dryRun', 'source'],
  export: [...QUERY, 'format'],
};

export const ACTIONS = Object.keys(KNOWN) as readonly LibraryAction[];

export function addLibraryOptions(command: Command): Command {
  return command
    .option('--document <name>', 'the document that holds the library', 'library')
    .option('--tag <tag>', 'only with this tag; may be given again', gathered)
    .option('--category <category>', 'only of this category; may be given again: of any of them', gathered)
    .option('--author <author>', 'only by this author; may be given again: by any of them', gathered)
    .option('--favourites', 'only favourites')
    .addOption(new Option('--rating <stars>', 'only with at least so many stars').argParser((text) => wholeNumber('--rating', text, 5)))
    .addOption(new Option('--source <source>', 'only these; for import: where presets do not say').choices(['factory', 'user']))
    .addOption(new Option('--sort <field>', 'default: as the bank is sorted').choices(['order', 'name', 'category', 'author', 'rating']))
    .option('--reverse', 'the other way round')
    .addOption(new Option('--limit <count>', 'at most so many').argParser((text) => wholeNumber('--limit', text, Number.MAX_SAFE_INTEGER)))
    .option('--off', 'favourite: no favourites any more')
    .option('--dry-run', 'import: tell what would change, and change nothing')
    .addOption(new Option('--format <format>', 'export: default by the extension').choices(['jsonl', 'json', 'folder']));
}

/** An option that an action does not know would be passed over in silence. Errors: usage. */
export function checkOptionsOf(action: LibraryAction, options: LibraryOptions): void {
  checkDocument(options.document);
  const others = Object.values(KNOWN).flat();
  const stray = others.find((name) => options[name] !== undefined && !KNOWN[action].includes(name));
  if (stray === undefined) return;
  const option = `--${stray.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const knowing = ACTIONS.filter((each) => KNOWN[each].includes(stray));
  throw new CliError('usage', `${action} has no option ${option}`, { hint: `it is for ${knowing.join(', ')}` });
}

/** As `document()` wants it; a wrong one is a wrong word of the command line. */
function checkDocument(name: string | undefined): void {
  if (name === undefined || /^[A-Za-z0-9](?:[\w.\-/:@ ]{0,126}[\w.\-/:@])?$/.test(name)) return;
  throw new CliError('usage', `--document takes a document's name; got ${JSON.stringify(name)}`, {
    hint: '1 to 128 letters, digits, spaces or . _ - / : @, the first a letter or digit',
  });
}

export function queryOf({ tag, category, author, favourites, rating, source, sort, reverse, limit }: LibraryOptions): PresetQuery {
  return {
    ...(tag && { tags: tag }),
    ...(category && { category }),
    ...(author && { author }),
    ...(favourites && { favourite: true }),
    ...(rating !== undefined && { rating }),
    ...(source && { source }),
    ...(sort && { sort }),
    ...(reverse && { reverse }),
    ...(limit !== undefined && { limit }),
  };
}

function gathered(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  const upTo = max === Number.MAX_SAFE_INTEGER ? '' : ` of at most ${max}`;
  throw new CliError('usage', `${option} takes a whole number${upTo}; got ${JSON.stringify(text)}`);
}
