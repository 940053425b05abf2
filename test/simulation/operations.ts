/**
 * What applications do to documents: every kind of shared type, nested ones, deletions, formats, undo, values too big for
 * one frame, several changes in one transaction. Few keys and short texts, so that members meet in the same places.
 */

import * as Y from 'yjs';
import type { Random } from '../../src/base/random.js';
import type { Member } from './member.js';

export const DOCUMENTS = ['main', 'notes', 'late'] as const;
/** Replicated and never written. */
export const IN_MEMORY = '~memory/session';

type Change = (doc: Y.Doc) => void;

export class Operations {
  readonly #chance: Random;
  readonly #bigBytes: number;
  readonly #undo = new WeakMap<object, Map<string, Y.UndoManager>>();
  #count = 0;

  constructor(chance: Random, bigBytes: number) {
    this.#chance = chance;
    this.#bigBytes = bigBytes;
  }

  /** One transaction by one instance, or one step of its undo. What an observer or listener of the application throws is its own. */
  perform(member: Member, document: string): void {
    const instance = this.#of(member.instances);
    const doc = member.doc(document);
    const undo = this.#undoOf(instance, document, doc);
    const lot = this.#chance.fraction();
    if (lot < 0.05) undo.undo();
    else if (lot < 0.08) undo.redo();
    else doc.transact(() => this.#some(doc), lot < 0.6 ? instance : null);
  }

  newMap(): Y.Map<unknown> {
    return new Y.Map([['made', 1]]);
  }

  #some(doc: Y.Doc): void {
    const times = this.#chance.fraction() < 0.8 ? 1 : this.#upTo(4);
    for (let time = 0; time < times; time++) this.#of(this.#changes)(doc);
  }

  /** One manager for each instance and document: it undoes what that instance did, and nothing else. */
  #undoOf(instance: object, document: string, doc: Y.Doc): Y.UndoManager {
    const managers = this.#undo.get(instance) ?? new Map<string, Y.UndoManager>();
    this.#undo.set(instance, managers);
    let manager = managers.get(document);
    // Closed and opened again, the document is another one.
    if (manager?.doc !== doc) {
      const scope = [doc.getMap('map'), doc.getArray('array'), doc.getText('text'), doc.getXmlFragment('xml')];
      // Yjs gathers by the time of day: with 0 each transaction is a step of its own, in every run.
      manager = new Y.UndoManager(scope, { trackedOrigins: new Set([instance]), captureTimeout: 0 });
      managers.set(document, manager);
    }
    return manager;
  }

  readonly #changes: readonly Change[] = [
    (doc) => doc.getMap('map').set(this.#key(), ++this.#count),
    (doc) => doc.getMap('map').set(this.#key(), ++this.#count),
    (doc) => doc.getMap('map').delete(this.#key()),
    (doc) => doc.getMap('map').set(this.#key(), new Y.Map([['made', ++this.#count]])),
    (doc) => this.#nested(doc, (map) => map.set(this.#key(), ++this.#count)),
    (doc) => this.#nested(doc, (map) => map.delete(this.#key())),
    (doc) => doc.getMap('map').set(this.#key(), 'big '.repeat(this.#bigBytes >> 2)),
    (doc) => this.#insert(doc.getArray('array'), [++this.#count, 'value']),
    (doc) => this.#insert(doc.getArray('array'), [new Y.Array()]),
    (doc) => this.#insertNested(doc.getArray('array')),
    (doc) => this.#cut(doc.getArray('array'), 30),
    (doc) => this.#write(doc.getText('text')),
    (doc) => this.#write(doc.getText('text')),
    (doc) => this.#format(doc.getText('text')),
    (doc) => this.#cut(doc.getText('text'), 200),
    (doc) => this.#insert(doc.getXmlFragment('xml'), [this.#element()]),
    (doc) => this.#change(doc.getXmlFragment('xml')),
    (doc) => this.#cut(doc.getXmlFragment('xml'), 12),
  ];

  #nested(doc: Y.Doc, change: (map: Y.Map<unknown>) => void): void {
    const maps = [...doc.getMap('map').values()].filter((value) => value instanceof Y.Map);
    if (maps.length > 0) change(this.#of(maps));
  }

  #insert(list: Y.Array<unknown> | Y.XmlFragment, content: unknown[]): void {
    (list as Y.Array<unknown>).insert(this.#below(list.length + 1), content);
  }

  #insertNested(array: Y.Array<unknown>): void {
    const inner = array.toArray().filter((value) => value instanceof Y.Array);
    if (inner.length > 0) this.#insert(this.#of(inner), [++this.#count]);
  }

  /** More where there is much, so that documents stay small. */
  #cut(list: { readonly length: number; delete(index: number, length: number): void }, soft: number): void {
    if (list.length === 0) return;
    const index = this.#below(list.length);
    const most = list.length > soft ? list.length >> 1 : 3;
    list.delete(index, Math.min(list.length - index, this.#upTo(most)));
  }

  #write(text: Y.Text): void {
    const attributes = this.#chance.fraction() < 0.3 ? { bold: this.#chance.fraction() < 0.5 } : undefined;
    text.insert(this.#below(text.length + 1), `w${++this.#count} `, attributes);
  }

  #format(text: Y.Text): void {
    if (text.length === 0) return;
    const index = this.#below(text.length);
    const length = this.#upTo(Math.min(10, text.length - index));
    text.format(index, length, this.#of([{ bold: true }, { bold: null }, { size: this.#upTo(3) }, { bold: null, size: null }]));
  }

  #element(): Y.XmlElement {
    const element = new Y.XmlElement(this.#of(['p', 'b']));
    element.setAttribute('n', String(++this.#count));
    element.insert(0, [new Y.XmlText(`t${this.#count}`)]);
    return element;
  }

  /** Changes an element: an attribute, a child, its text. */
  #change(xml: Y.XmlFragment): void {
    const elements = xml.toArray().filter((child) => child instanceof Y.XmlElement);
    if (elements.length === 0) return;
    const element = this.#of(elements);
    const lot = this.#chance.fraction();
    const text = element.toArray().find((child) => child instanceof Y.XmlText);
    if (lot < 0.3) element.setAttribute(this.#of(['n', 'm']), String(++this.#count));
    else if (lot < 0.4) element.removeAttribute('n');
    else if (lot < 0.7 && text !== undefined) text.insert(this.#below(text.length + 1), `x${++this.#count}`);
    else element.insert(element.length, [this.#element()]);
  }

  #key(): string {
    return `k${this.#below(12)}`;
  }

  #of<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)] as Item;
  }

  #below(limit: number): number {
    return Math.floor(this.#chance.fraction() * limit);
  }

  #upTo(most: number): number {
    return 1 + this.#below(most);
  }
}
