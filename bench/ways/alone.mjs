/** A document that nobody shares: bare Yjs with a listener on its updates, as anything that shares it would have. */

import * as Y from 'yjs';

export function openDocument() {
  const doc = new Y.Doc();
  let bytes = 0;
  doc.on('update', (update) => (bytes += update.length));
  return { doc, peersKnown: () => 0, bytes: () => bytes, close: () => doc.destroy() };
}
