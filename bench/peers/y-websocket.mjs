/** A document that y-websocket 2 shares, as its README does it in Node.js. Without BroadcastChannel, which only tabs of one browser have use for. */

import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

export async function openDocument({ room, port }) {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}`, room, doc, { WebSocketPolyfill: WebSocket, disableBc: true });
  if (!provider.synced) await new Promise((resolve) => provider.once('sync', resolve));
  return { doc, peersKnown: () => undefined, close: () => provider.destroy() };
}
