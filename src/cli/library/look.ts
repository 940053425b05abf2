/** `socomm library <group> list`, `find` and `show`. */

import type { Library, Preset } from '../../library/index.js';
import { toJson } from '../document-json.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { formatBytes, visible } from '../output/format.js';
import { formatPairs, formatTable } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import type { Session } from '../session.js';
import { queryOf } from './library-options.js';
import type { LibraryOptions } from './library-options.js';
import { lookAtLibrary, presetOf } from './use-library.js';

export function list(session: Session, group: string, words: readonly string[], options: LibraryOptions): Promise<Ending> {
  if (words.length > 0) throw new CliError('usage', `list takes no words; got ${words.join(' ')}`, { hint: '"find" looks for words' });
  return lookAtLibrary(group, options, session, async (library) => print(session.terminal, library.find(queryOf(options)), options));
}

export function find(session: Session, group: string, words: readonly string[], options: LibraryOptions): Promise<Ending> {
  if (words.length === 0) throw new CliError('usage', 'find needs a word to look for', { hint: '"list" shows all' });
  const query = { ...queryOf(options), text: words.join(' ') };
  return lookAtLibrary(group, options, session, async (library) => {
    const found = library.find(query);
    if (found.length === 0 && !options.json) throw new CliError('notFound', `no preset fits ${JSON.stringify(query.text)}`);
    return print(session.terminal, found, options);
  });
}

export function show(session: Session, group: string, words: readonly string[], options: LibraryOptions): Promise<Ending> {
  const [word, ...others] = words;
  if (word === undefined || others.length > 0) throw new CliError('usage', 'show takes one preset: its id, or its name');
  return lookAtLibrary<Ending>(group, options, session, async (library, signal) => {
    const preset = presetOf(library, word);
    const { terminal } = session;
    const losses = new Set<string>();
    const read = preset.body === undefined ? undefined : await library.body(preset.id, { signal });
    // Bytes among them, of which many plugins' states are made, and large integers.
    const parameters = read === undefined ? undefined : toJson(read, { onLoss: (what) => losses.add(what) });
    if (losses.size > 0) terminal.note(`its parameters hold what JSON has no form for: ${[...losses].join(', ')}`);
    if (options.json) terminal.print(JSON.stringify({ ...preset, ...(parameters !== undefined && { parameters }) }, undefined, 2));
    else
      terminal.print(
        ...pairsOf(terminal, preset),
        ...(parameters === undefined ? [] : ['', visible(JSON.stringify(parameters, undefined, 2))]),
      );
    return 'good';
  });
}

function print(terminal: Terminal, presets: readonly Preset[], { json }: LibraryOptions): Ending {
  if (json) {
    terminal.print(JSON.stringify(presets, undefined, 2));
    return 'good';
  }
  if (presets.length === 0) {
    terminal.note('no presets');
    return 'good';
  }
  const columns = [
    { heading: '' },
    { heading: 'name' },
    { heading: 'category' },
    { heading: 'author' },
    { heading: 'rating' },
    { heading: 'tags' },
    { heading: 'id' },
  ];
  const rows = presets.map(({ favourite, name, category, author, rating, tags, id }) => [
    favourite ? '♥' : '',
    name,
    category,
    author,
    '★'.repeat(rating),
    tags.join(', '),
    id,
  ]);
  terminal.print(...formatTable(columns, rows, (heading) => terminal.style('dim', heading)));
  return 'good';
}

function pairsOf(terminal: Terminal, preset: Preset): readonly string[] {
  const { id, name, category, author, tags, favourite, rating, comment, source, body, extra } = preset;
  const pairs: readonly (readonly [string, string])[] = [
    ['name', name],
    ['id', id],
    ['category', category],
    ['author', author],
    ['tags', tags.join(', ')],
    ['favourite', favourite ? 'yes' : 'no'],
    ['rating', rating === 0 ? '' : `${rating} of 5`],
    ['comment', comment.replaceAll('\n', ' ')],
    ['source', source],
    ['extra', Object.keys(extra).length === 0 ? '' : JSON.stringify(extra)],
    ['parameters', body === undefined ? 'none' : `${formatBytes(body.bytes)}, blob ${body.hash}`],
  ];
  return formatPairs(
    pairs.filter(([, value]) => value !== ''),
    (heading) => terminal.style('dim', heading),
  );
}

/** For `favourite`: what it was told, in the order of the words, each once. */
export function presetsOf(library: Library<unknown>, words: readonly string[]): readonly Preset[] {
  return [...new Set(words.map((word) => presetOf(library, word)))];
}
