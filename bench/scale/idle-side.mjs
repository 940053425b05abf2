/** A process that does nothing but watch its loop: what the machine itself costs at that moment. */

import { watchLoop } from './loop.mjs';
import { serve } from './serve.mjs';

let loop;
serve({
  begin: () => {
    loop = watchLoop();
  },
  end: () => loop(),
});
