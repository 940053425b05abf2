/** The server of y-websocket 2, in memory: what its bin/server.cjs does, on a free port and with the present ws. */

import { createServer } from 'node:http';

import { WebSocketServer } from 'ws';
import { setupWSConnection } from 'y-websocket/bin/utils';

import { serve } from '../harness/serve.mjs';

const server = createServer();
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket, request) => setupWSConnection(socket, request));

serve({
  open: () => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port))),
  close: () => undefined,
});
