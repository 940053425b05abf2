import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';

import { watchDocument } from '../../src/cli/document-changes.js';
import { formatPointer } from '../../src/cli/pointer.js';

/** Two replicas: changes made in one are watched in the other, whose roots nobody has asked for. */
function watched(
  filter: readonly string[] = [],
  before: (doc: Y.Doc) => void = () => undefined,
): { readonly doc: Y.Doc; readonly lines: string[]; readonly stop: () => void } {
  const doc = new Y.Doc();
  before(doc);
  const replica = new Y.Doc();
  Y.applyUpdate(replica, Y.encodeStateAsUpdate(doc));
  doc.on('update', (update: Uint8Array) => Y.applyUpdate(replica, update, 'peer'));
  const lines: string[] = [];
  const stop = watchDocument(replica, filter, ({ path, action, value, origin }) =>
    lines.push(`${action} ${formatPointer(path)} ${JSON.stringify(value)} by ${origin}`),
  );
  return { doc, lines, stop };
}

describe('watching a document', () => {
  test('tells what was added, updated and deleted, where, and by whom', () => {
    const { doc, lines, stop } = watched();
    const presets = doc.getMap('presets');
    presets.set('pad', { name: 'Pad' });
    presets.set('pad', { name: 'Pad 2' });
    presets.delete('pad');
    stop();
    presets.set('unseen', 1);
    expect(lines).toEqual([
      'add /presets/pad {"name":"Pad"} by peer',
      'update /presets/pad {"name":"Pad 2"} by peer',
      'delete /presets/pad undefined by peer',
    ]);
  });

  test('tells what is new as a whole, and later changes inside it by their own place', () => {
    const { doc, lines } = watched();
    const inner = new Y.Map<unknown>();
    doc.transact(() => {
      doc.getMap('presets').set('pad', inner);
      inner.set('tags', Y.Array.from(['a']));
    });
    (inner.get('tags') as Y.Array<string>).push(['b']);
    inner.set('name', 'x');
    expect(lines).toEqual([
      'add /presets/pad {"tags":["a"]} by peer',
      'add /presets/pad/tags/1 "b" by peer',
      'add /presets/pad/name "x" by peer',
    ]);
  });

  test('tells inserts, deletes and edits of lists and texts', () => {
    const { doc, lines } = watched();
    doc.getArray('recent').push(['a', 'b', { c: 1 }]);
    doc.getArray('recent').delete(0, 1);
    doc.getText('notes').insert(0, 'hello');
    doc.getText('notes').insert(5, ' you');
    expect(lines).toEqual([
      'add /recent/0 "a" by peer',
      'add /recent/1 "b" by peer',
      'add /recent/2 {"c":1} by peer',
      'delete /recent/0 undefined by peer',
      'edit /notes "hello" by peer',
      'edit /notes "hello you" by peer',
    ]);
  });

  test('tells only what concerns the watched path, also inside plain values', () => {
    const { doc, lines } = watched(['presets', 'pad', 'name'], (it) => void it.getMap('presets').set('pad', { name: 'Pad', v: 1 }));
    const presets = doc.getMap('presets');
    presets.set('other', { name: 'Other' });
    presets.set('pad', { name: 'Pad', v: 2 });
    presets.set('pad', { name: 'New', v: 2 });
    presets.set('pad', { v: 2 });
    presets.set('pad', { name: 'Again' });
    presets.delete('pad');
    doc.getMap('settings').set('presets', 1);
    expect(lines).toEqual([
      'update /presets/pad/name "New" by peer',
      'delete /presets/pad/name undefined by peer',
      'add /presets/pad/name "Again" by peer',
      'delete /presets/pad/name undefined by peer',
    ]);
  });

  test('tells everything below the watched path', () => {
    const { doc, lines } = watched(['presets']);
    doc.getMap('presets').set('a', 1);
    doc.getMap('presets2').set('b', 1);
    expect(lines).toEqual(['add /presets/a 1 by peer']);
  });
});
