/** The document that applications hold tells its events as every document of Yjs does. */

import * as Y from 'yjs';
import { expect, it } from 'vitest';
import { QuickDoc } from '../../src/replica/quick-doc.js';

const EVENTS = [
  'beforeAllTransactions',
  'beforeTransaction',
  'beforeObserverCalls',
  'afterTransaction',
  'afterTransactionCleanup',
  'update',
  'afterAllTransactions',
] as const;

/** What is told, in order, of listeners that come and go while it is told. */
function story(doc: Y.Doc, listenersEach: number): readonly string[] {
  const told: string[] = [];
  for (const event of EVENTS) {
    for (let each = 0; each < listenersEach; each++) {
      const later = (): void => void told.push(`${event} ${each} later`);
      const listener = (...args: unknown[]): void => {
        told.push(`${event} ${each} ${args.length} ${args.includes(doc)}`);
        doc.on(event, later);
        doc.off(event, listener);
      };
      doc.on(event, listener);
    }
  }
  const map = doc.getMap<number>('map');
  for (let each = 0; each < 3; each++) map.set('key', each);
  doc.transact(() => map.delete('key'), 'origin');
  return told;
}

it.each([0, 1, 2, 3])(
  'is a document of Yjs, and with %i listeners of each event they hear what they would hear from it',
  (listenersEach) => {
    const doc = new QuickDoc();
    expect(doc).toBeInstanceOf(Y.Doc);
    expect(story(doc, listenersEach)).toEqual(story(new Y.Doc(), listenersEach));
  },
);

it('what a listener throws reaches who has written, and those behind it hear nothing', () => {
  const [quick, plain] = [new QuickDoc(), new Y.Doc()].map((doc) => {
    const told: string[] = [];
    doc.on('afterTransaction', () => told.push('first'));
    doc.on('afterTransaction', () => {
      throw new Error('at fault');
    });
    doc.on('afterTransaction', () => told.push('last'));
    expect(() => doc.getMap('map').set('key', 1)).toThrow('at fault');
    return told;
  });
  expect(quick).toEqual(plain);
});
