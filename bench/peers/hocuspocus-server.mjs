/** The server of Hocuspocus, in memory, without extensions. */

import { Server } from '@hocuspocus/server';

import { serve } from '../harness/serve.mjs';

const server = new Server({ port: 0, address: '127.0.0.1', quiet: true });

serve({
  async open() {
    await server.listen();
    return server.httpServer.address().port;
  },
  close: () => undefined,
});
