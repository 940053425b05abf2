/** Whatever several people do, cut off and together again: all see the same, and lists, searches and events are what a fresh look would give. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Library, Preset, PresetQuery } from '../../src/library/index.js';
import { boxOfBlobs, exchange, Replica } from './replicas.js';

type Open = Library<unknown>;

const WORDS = ['Bass', 'Élan', 'warm', 'WARM', 'Pad 2', "l'été", 'ø', 'x'];
const TAGS = ['dark', 'Élan', 'warm pad'];

const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('add' as const), word: fc.nat(7), other: fc.nat(7), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('update' as const), at: fc.nat(), word: fc.nat(7), field: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('tag' as const), at: fc.nat(), word: fc.nat(2), on: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('move' as const), at: fc.nat(), to: fc.nat(), many: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('restore' as const, 'purge' as const, 'duplicate' as const), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('undo' as const, 'redo' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('meet' as const) }) },
);
type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

const pick = <Value>(list: readonly Value[], at: number): Value | undefined => list[at % Math.max(1, list.length)];

async function perform(library: Open, act: Exclude<Act, { kind: 'meet' }>): Promise<void> {
  const list = library.list();
  switch (act.kind) {
    case 'add':
      await library.addMany(
        Array.from({ length: act.count }, () => ({
          name: String(WORDS[act.word]),
          author: String(WORDS[act.other]),
          category: String(act.word % 2),
        })),
      );
      return;
    case 'undo':
      return void library.undo();
    case 'redo':
      return void library.redo();
    case 'restore':
      library.restore(library.removed().map(({ id }) => id));
      return;
    case 'purge':
      library.purge();
      return;
    default:
  }
  const preset = pick(list, act.at);
  if (preset === undefined) return;
  const { id } = preset;
  switch (act.kind) {
    case 'update': {
      const word = String(WORDS[act.word]);
      const changes = [{ name: word }, { comment: word }, { rating: act.word % 6 }, { favourite: act.word % 2 === 0 }, { category: word }];
      library.update(id, changes[act.field] ?? {});
      return;
    }
    case 'tag':
      if (act.on) library.tag(id, String(TAGS[act.word]));
      else library.untag(id, String(TAGS[act.word]));
      return;
    case 'move': {
      const ids = list.slice(act.at % list.length, (act.at % list.length) + 1 + act.many).map((each) => each.id);
      library.move(ids, { before: String(pick(list, act.to)?.id) });
      return;
    }
    case 'remove':
      library.remove(id);
      return;
    case 'duplicate':
      return void library.duplicate(id);
    default:
  }
}

const QUERIES: readonly PresetQuery[] = [
  { text: 'el' },
  { text: 'WARM pa' },
  { text: 'l ete' },
  { favourite: true, sort: 'rating' },
  { tags: ['dark'], sort: 'name', reverse: true },
  { category: ['0', 'x'], rating: 1, sort: 'author', limit: 3 },
  { author: 'Bass', sort: 'category' },
];

/** As the documentation says it, the slow way, of a library that is opened anew. */
function bruteForce(
  list: readonly Preset[],
  { text = '', tags = [], category, author, favourite, rating = 0, sort = 'order', reverse = false, limit = Infinity }: PresetQuery,
): Preset[] {
  const fold = (value: string): string => value.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const wordsOf = (value: string): string[] =>
    fold(value)
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word !== '');
  const has = (wanted: string | readonly string[] | undefined, value: string): boolean =>
    wanted === undefined || [wanted].flat().includes(value);
  const found = list.filter((preset) => {
    const words = wordsOf([preset.name, preset.author, ...preset.tags, preset.comment].join(' '));
    return (
      wordsOf(text).every((word) => words.some((each) => each.startsWith(word))) &&
      tags.every((tag) => preset.tags.includes(tag)) &&
      has(category, preset.category) &&
      has(author, preset.author) &&
      (favourite === undefined || preset.favourite === favourite) &&
      preset.rating >= rating
    );
  });
  if (sort === 'rating') found.sort((a, b) => b.rating - a.rating);
  else if (sort !== 'order') found.sort((a, b) => (fold(a[sort]) < fold(b[sort]) ? -1 : Number(fold(a[sort]) > fold(b[sort]))));
  if (reverse) found.reverse();
  return found.slice(0, limit);
}

/** What the events say, played on what was there before. */
function follow(library: Open): { readonly ids: Set<string> } {
  const ids = new Set(library.list().map(({ id }) => id));
  library.on('changed', ({ added, updated, removed }) => {
    for (const id of added) {
      expect(ids.has(id)).toBe(false);
      ids.add(id);
    }
    for (const id of removed) expect(ids.delete(id)).toBe(true);
    for (const id of updated.keys()) expect(library.get(id)).toBeDefined();
    // Here, where a listener that threw would only be told to a log.
    expect(added.length + updated.size + removed.length).toBeGreaterThan(0);
  });
  return { ids };
}

it('is the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(3), act), { maxLength: 60 }), async (acts) => {
      const blobs = boxOfBlobs();
      const peers = [1, 2, 3].map((seed) => new Replica(blobs, seed));
      const problems: unknown[] = [];
      const log = (entry: unknown): void => void problems.push(entry);
      // Four instances, two of which share a process.
      const libraries = await Promise.all([...peers, ...peers.slice(0, 1)].map((peer) => peer.open({ log })));
      const followers = libraries.map(follow);
      for (const [at, act] of acts) {
        if (act.kind === 'meet') exchange(peers);
        else await perform(libraries[at] as Open, act);
      }
      exchange(peers);
      const first = libraries[0] as Open;
      for (const [at, library] of libraries.entries()) {
        expect(library.list()).toEqual(first.list());
        expect(library.removed()).toEqual(first.removed());
        expect([...(followers[at]?.ids ?? [])].sort()).toEqual(
          library
            .list()
            .map(({ id }) => id)
            .sort(),
        );
        expect(library.size).toBe(library.list().length);
      }
      const newcomer = new Replica(blobs, 9);
      newcomer.receive(peers.slice(0, 1).map((peer) => peer.whole()));
      const fresh = await newcomer.open();
      expect(fresh.list()).toEqual(first.list());
      for (const query of QUERIES) expect(first.find(query)).toEqual(bruteForce(fresh.list(), query));
      expect(first.facets()).toEqual(fresh.facets());
      expect(problems).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
