import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';

import { documentJson, toJson } from '../../src/cli/document-json.js';
import { deletePath, openMap, readPath, writePath } from '../../src/cli/document-path.js';
import { openRoot } from '../../src/cli/document-roots.js';
import { CliError } from '../../src/cli/exit.js';
import type { JsonValue } from '../../src/library/exchange/json-text.js';
import { parsePointer } from '../../src/cli/pointer.js';

/** As it comes from a store or a peer: no root has been asked for yet. */
function reloaded(fill: (doc: Y.Doc) => void): Y.Doc {
  const from = new Y.Doc();
  fill(from);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(from));
  return doc;
}

function get(doc: Y.Doc, path: string): unknown {
  return toJson(readPath(doc, at(path)));
}

function set(doc: Y.Doc, path: string, value: JsonValue): { readonly hasMadeRoot: boolean } {
  return writePath(doc, at(path), value);
}

function at(path: string): readonly string[] {
  const pointer = parsePointer(path);
  if (pointer === undefined) throw new Error(`${path} is no pointer`);
  return pointer;
}

function failure(run: () => unknown): CliError {
  try {
    run();
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

function library(): Y.Doc {
  return reloaded((doc) => {
    const presets = doc.getMap('presets');
    presets.set('warm-pad', { name: 'Warm Pad', params: { cutoff: 0.5, env: [1, 2, 3] } });
    const shared = new Y.Map<unknown>();
    presets.set('shared', shared);
    shared.set('name', new Y.Text('Shared'));
    shared.set('tags', Y.Array.from(['a', 'b']));
    doc.getArray('recent').push(['x', { y: 1 }]);
    doc.getText('notes').insert(0, 'hello');
    doc.getXmlFragment('page').insert(0, [new Y.XmlElement('p')]);
  });
}

describe('the kind of a root', () => {
  test('is inferred from what lies in it', () => {
    const doc = library();
    expect(openRoot(doc, 'presets')).toBeInstanceOf(Y.Map);
    expect(openRoot(doc, 'recent')).toBeInstanceOf(Y.Array);
    expect(openRoot(doc, 'notes')).toBeInstanceOf(Y.Text);
    expect(openRoot(doc, 'page')).toBeInstanceOf(Y.XmlFragment);
    expect(openRoot(doc, 'other')).toBeUndefined();
  });

  test('is that of what is left, where something was deleted', () => {
    const doc = reloaded((from) => {
      from.getMap('both').set('key', 1);
      from.getMap('both').delete('key');
      from.getMap('gone').set('key', 1);
      from.getMap('gone').delete('key');
      from.getText('cleared').insert(0, 'x');
      from.getText('cleared').delete(0, 1);
    });
    Y.applyUpdate(doc, listUpdate('both'));
    expect(openRoot(doc, 'both')).toBeInstanceOf(Y.Array);
    expect(openRoot(doc, 'gone')).toBeInstanceOf(Y.Map);
    expect(openRoot(doc, 'cleared', { rootKind: 'text' })).toBeInstanceOf(Y.Text);
  });

  test('is asked for where it holds both entries and a list', () => {
    const doc = reloaded((from) => void from.getMap('both').set('key', 1));
    Y.applyUpdate(doc, listUpdate('both'));
    const told = failure(() => openRoot(doc, 'both'));
    expect(told.ending).toBe('usage');
    expect(told.hint).toContain('--root-type');
    expect(toJson(openRoot(doc, 'both', { rootKind: 'array' }))).toEqual(['listed']);
  });

  test('is what the application declared, where it did', () => {
    const doc = new Y.Doc();
    doc.getText('empty');
    expect(openRoot(doc, 'empty', { rootKind: 'map' })).toBeInstanceOf(Y.Text);
  });
});

describe('reading a path', () => {
  test('goes through shared types and the plain values inside them', () => {
    const doc = library();
    expect(get(doc, '/presets/warm-pad/name')).toBe('Warm Pad');
    expect(get(doc, '/presets/warm-pad/params/env/2')).toBe(3);
    expect(get(doc, '/presets/shared/tags/1')).toBe('b');
    expect(get(doc, '/presets/shared')).toEqual({ name: 'Shared', tags: ['a', 'b'] });
    expect(get(doc, '/recent/1/y')).toBe(1);
    expect(get(doc, '/notes')).toBe('hello');
    expect(get(doc, '/page/0')).toBe('<p></p>');
  });

  test('gives every root of a document that nobody has asked for roots', () => {
    expect(Object.keys(documentJson(library(), {}) as object)).toEqual(['notes', 'page', 'presets', 'recent']);
  });

  test('gives a formatted text as its delta when asked', () => {
    const doc = reloaded((from) => from.getText('notes').insert(0, 'bold', { bold: true }));
    expect(toJson(readPath(doc, ['notes']), { isDelta: true })).toEqual([{ insert: 'bold', attributes: { bold: true } }]);
  });

  test.each([
    ['/nothing', 'nothing at /nothing', 'the document has /notes  /page  /presets  /recent'],
    ['/presets/warm', 'nothing at /presets/warm', '/presets, which is a map of 2 entries, has /presets/warm-pad  /presets/shared'],
    [
      '/presets/warm-pad/nme/x',
      'nothing at /presets/warm-pad/nme',
      '/presets/warm-pad, which is an object, has /presets/warm-pad/name  /presets/warm-pad/params',
    ],
    ['/recent/2', 'nothing at /recent/2', '/recent, which is an array of 2, has /recent/0  /recent/1'],
    ['/recent/-', 'nothing at /recent/-', '/recent, which is an array of 2, has /recent/0  /recent/1'],
    ['/notes/0', 'nothing at /notes/0', '/notes, which is a text, has nothing below it'],
    ['/presets/warm-pad/name/0', 'nothing at /presets/warm-pad/name/0', '/presets/warm-pad/name, which is a string, has nothing below it'],
    [
      '/presets/warm-pad/constructor',
      'nothing at /presets/warm-pad/constructor',
      '/presets/warm-pad, which is an object, has /presets/warm-pad/name  /presets/warm-pad/params',
    ],
  ])('%s is not found, and what is there is told', (path, message, hint) => {
    const told = failure(() => get(library(), path));
    expect({ ending: told.ending, message: told.message, hint: told.hint }).toEqual({ ending: 'notFound', message, hint });
  });

  test('tells a value that JSON cannot carry', () => {
    const doc = reloaded((from) => void from.getMap('it').set('wave', { bytes: new Uint8Array([1, 2]), none: undefined, nan: NaN }));
    const losses: string[] = [];
    expect(toJson(readPath(doc, ['it', 'wave']), { onLoss: (what) => losses.push(what) })).toEqual({
      bytes: 'AQI=',
      none: null,
      nan: null,
    });
    expect(losses).toEqual(['bytes', 'undefined', 'NaN']);
  });
});

describe('changing a path', () => {
  test('sets entries of shared maps and arrays', () => {
    const doc = library();
    set(doc, '/presets/new', { name: 'New' });
    set(doc, '/recent/0', 'changed');
    set(doc, '/recent/-', 'last');
    set(doc, '/presets/shared/tags/2', 'c');
    expect(get(doc, '/presets/new')).toEqual({ name: 'New' });
    expect(get(doc, '/recent')).toEqual(['changed', { y: 1 }, 'last']);
    expect(get(doc, '/presets/shared/tags')).toEqual(['a', 'b', 'c']);
  });

  test('replaces a plain value as a whole, in one set, and leaves the old one as it was', () => {
    const doc = library();
    const before = readPath(doc, ['presets', 'warm-pad']);
    let events = 0;
    doc.getMap('presets').observe(({ keys }) => (events += keys.size));
    set(doc, '/presets/warm-pad/params/env/-', 4);
    set(doc, '/presets/warm-pad/params/cutoff', -0);
    expect(events).toBe(2);
    expect(get(doc, '/presets/warm-pad')).toEqual({ name: 'Warm Pad', params: { cutoff: -0, env: [1, 2, 3, 4] } });
    expect(before).toEqual({ name: 'Warm Pad', params: { cutoff: 0.5, env: [1, 2, 3] } });
  });

  test('keeps shared types where they can hold the new value', () => {
    const doc = library();
    const shared = readPath(doc, ['presets', 'shared']);
    const text = readPath(doc, ['presets', 'shared', 'name']);
    set(doc, '/presets/shared', { name: 'Other', tags: ['z'], more: 1 });
    expect(get(doc, '/presets/shared')).toEqual({ name: 'Other', tags: ['z'], more: 1 });
    expect(readPath(doc, ['presets', 'shared'])).toBe(shared);
    expect(readPath(doc, ['presets', 'shared', 'name'])).toBe(text);
    set(doc, '/presets/shared', 5);
    expect(get(doc, '/presets/shared')).toBe(5);
  });

  test('makes a missing root a map, or what it is told', () => {
    const doc = library();
    expect(set(doc, '/settings/theme', 'dark').hasMadeRoot).toBe(true);
    expect(set(doc, '/settings/size', 2).hasMadeRoot).toBe(false);
    expect(writePath(doc, ['queue', '-'], 1, { rootKind: 'array' })).toEqual({ hasMadeRoot: true });
    expect(get(doc, '/settings')).toEqual({ theme: 'dark', size: 2 });
    expect(get(doc, '/queue')).toEqual([1]);
  });

  test('deletes from shared types and from plain values', () => {
    const doc = library();
    for (const path of ['/presets/warm-pad/params/env/1', '/presets/warm-pad/name', '/presets/shared', '/recent/0'])
      deletePath(doc, at(path));
    expect(documentJson(doc, {})).toEqual({
      notes: 'hello',
      page: '<p></p>',
      presets: { 'warm-pad': { params: { cutoff: 0.5, env: [1, 3] } } },
      recent: [{ y: 1 }],
    });
  });

  test.each([
    ['set', '', 'usage'],
    ['set', '/presets', 'usage'],
    ['set', '/presets/none/name', 'notFound'],
    ['set', '/recent/3', 'notFound'],
    ['set', '/recent/x', 'notFound'],
    ['set', '/notes/0', 'failed'],
    ['set', '/presets/warm-pad/name/x', 'failed'],
    ['set', '/presets/warm-pad/__proto__', 'failed'],
    ['set', '/presets/warm-pad/constructor', 'failed'],
    ['delete', '', 'usage'],
    ['delete', '/presets', 'usage'],
    ['delete', '/presets/none', 'notFound'],
    ['delete', '/recent/2', 'notFound'],
    ['delete', '/notes/0', 'notFound'],
  ] as const)('refuses to %s %j, and changes nothing', (verb, path, ending) => {
    const doc = library();
    const before = Y.encodeStateAsUpdate(doc);
    expect(failure(() => (verb === 'set' ? set(doc, path, 1) : deletePath(doc, at(path)))).ending).toBe(ending);
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before);
  });

  test('refuses at the top of a value the key that Yjs mistakes for its class', () => {
    const doc = library();
    expect(failure(() => set(doc, '/presets/new', { constructor: 1 })).message).toContain('constructor');
    set(doc, '/presets/new', { deeper: { constructor: 1 } });
    expect(get(doc, '/presets/new/deeper/constructor')).toBe(1);
  });
});

describe('a map at a path', () => {
  test('is made where it is missing, only when asked', () => {
    const doc = library();
    expect(openMap(doc, ['banks', 'one'], false)).toBeUndefined();
    openMap(doc, ['banks', 'one'], true)?.set('x', 1);
    expect(get(doc, '/banks')).toEqual({ one: { x: 1 } });
  });

  test('is refused where something else is', () => {
    expect(failure(() => openMap(library(), ['recent'], true)).ending).toBe('failed');
    expect(failure(() => openMap(library(), ['presets', 'warm-pad'], true)).message).toContain('an object');
  });
});

function listUpdate(name: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getArray(name).push(['listed']);
  return Y.encodeStateAsUpdate(doc);
}
