/** What an application does to a document, made up: over maps, lists, text with formats, XML, nested types, subdocuments, deletions, undo. */

import fc from 'fast-check';
import * as Y from 'yjs';

export interface Session {
  readonly doc: Y.Doc;
  /** One for each transaction. */
  readonly updates: readonly Uint8Array[];
}

type Edit = (doc: Y.Doc, undo: Y.UndoManager) => void;

const text = fc.string({
  unit: fc.constantFrom('a', 'ö', '漢', '😀', '\u0000', 'lang genug, damit es zählt '),
  minLength: 1,
  maxLength: 6,
});
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, '', 'x', -5, 1.5, -0, 2 ** 40, Number.NaN),
    text,
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(fc.constantFrom('a', 'ö', 'long key'), tie('value'), { noNullPrototype: true }),
})).value;
/** What a list takes; a map takes more. */
const listed = fc.oneof(json, fc.uint8Array({ maxLength: 20 }));
const value = fc.oneof(listed, fc.constantFrom(undefined, 2n ** 60n));
const spot = fc.nat({ max: 1000 });
const at = (index: number, length: number): number => (length === 0 ? 0 : index % length);

const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(text, value).map(
    ([key, to]): Edit =>
      (doc) =>
        doc.getMap<unknown>('map').set(key, to as never),
  ),
  text.map(
    (key): Edit =>
      (doc) =>
        doc.getMap('map').delete(key),
  ),
  fc.tuple(text, text, fc.nat({ max: 6 })).map(
    ([key, name, depth]): Edit =>
      (doc) =>
        nest(doc.getMap('nested'), key, name, depth),
  ),
  fc.tuple(spot, fc.array(listed, { minLength: 1, maxLength: 5 })).map(([index, list]): Edit => (doc) => {
    const array = doc.getArray<unknown>('list');
    array.insert(at(index, array.length + 1), list);
  }),
  fc.tuple(spot, spot).map(([index, count]): Edit => (doc) => {
    const array = doc.getArray('list');
    const from = at(index, array.length);
    if (array.length > 0) array.delete(from, 1 + at(count, Math.min(3, array.length - from)));
  }),
  fc.tuple(spot, text).map(([index, added]): Edit => (doc) => {
    const ytext = doc.getText('text');
    ytext.insert(at(index, ytext.length + 1), added);
  }),
  fc.tuple(spot, spot, fc.boolean()).map(([index, count, isBold]): Edit => (doc) => {
    const ytext = doc.getText('text');
    if (ytext.length > 0) ytext.format(at(index, ytext.length), 1 + at(count, 5), { bold: isBold ? true : null });
  }),
  fc.tuple(spot, spot).map(([index, count]): Edit => (doc) => {
    const ytext = doc.getText('text');
    const from = at(index, ytext.length);
    if (ytext.length > 0) ytext.delete(from, 1 + at(count, Math.min(4, ytext.length - from)));
  }),
  fc.constant<Edit>((doc) => doc.getText('text').insertEmbed(0, { image: 'x' })),
  fc.tuple(spot, text).map(([index, added]): Edit => (doc) => {
    const fragment = doc.getXmlFragment('xml');
    const element = new Y.XmlElement('p');
    element.setAttribute('a', added);
    element.insert(0, [new Y.XmlText(added)]);
    fragment.insert(at(index, fragment.length + 1), [element]);
  }),
  fc.constant<Edit>((doc) => doc.getMap('subdocuments').set('one', new Y.Doc())),
  fc.constant<Edit>((_, undo) => void undo.undo()),
  fc.constant<Edit>((_, undo) => void undo.redo()),
);

function nest(map: Y.Map<unknown>, key: string, name: string, depth: number): void {
  let at = map;
  for (let level = 0; level < depth; level++) {
    const inner = new Y.Map<unknown>();
    at.set(key, inner);
    at = inner;
  }
  at.set('name', name);
}

/** One to three writers; what one of them does, the others see only now and then. */
export function session({ maxLength = 80 } = {}): fc.Arbitrary<Session> {
  const step = fc.tuple(fc.nat({ max: 2 }), fc.array(edits, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 9 }));
  return fc.array(step, { minLength: 1, maxLength }).map((steps) => play(steps));
}

function play(steps: readonly (readonly [writer: number, edits: readonly Edit[], luck: number])[]): Session {
  const updates: Uint8Array[] = [];
  const doc = new Y.Doc();
  doc.clientID = 2 ** 50;
  doc.on('update', (update: Uint8Array) => void updates.push(update));
  const writers = [0, 1, 2].map((index) => {
    const writer = new Y.Doc();
    writer.clientID = 2 ** 52 + index;
    const undo = new Y.UndoManager([writer.getMap('map'), writer.getText('text'), writer.getArray('list')], { captureTimeout: 0 });
    return { writer, undo };
  });
  for (const [index, changes, luck] of steps) {
    const each = writers[index];
    if (each === undefined) continue;
    const { writer, undo } = each;
    if (luck < 3) Y.applyUpdate(writer, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(writer)));
    writer.transact(() => {
      for (const change of changes) change(writer, undo);
    });
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(writer, Y.encodeStateVector(doc)));
  }
  return { doc, updates };
}
