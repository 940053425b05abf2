/** A document that Hocuspocus shares, as its documentation does it in Node.js: one provider with a socket of its own, updates sent at once. */

import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { WebSocket } from 'ws';
import * as Y from 'yjs';

export async function openDocument({ room, port }) {
  const document = new Y.Doc();
  const websocketProvider = new HocuspocusProviderWebsocket({ url: `ws://127.0.0.1:${port}`, WebSocketPolyfill: WebSocket });
  let provider;
  await new Promise((resolve) => {
    provider = new HocuspocusProvider({ websocketProvider, name: room, document, onSynced: resolve });
    // A provider that is given its socket is attached by hand.
    provider.attach();
  });
  return {
    doc: document,
    peersKnown: () => undefined,
    close() {
      provider.destroy();
      websocketProvider.destroy();
    },
  };
}
