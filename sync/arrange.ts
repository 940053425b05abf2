/** Whom we hear, and what of them: the effects that send nothing, handed on to the transport. */

import { unreachable } from '../src/base/errors.js';
import type { Effect } from './engine-io.js';
import type { Transport } from './transport.js';

type Arrangement = Extract<Effect, { readonly kind: 'connect' | 'disconnect' | 'subscribe' | 'unsubscribe' }>;

export function arrange(transport: Transport, effect: Arrangement): void {
  switch (effect.kind) {
    case 'connect':
      return transport.connect(effect.address);
    case 'disconnect':
      return transport.disconnect(effect.peer);
    case 'subscribe':
      return transport.subscribe(effect.key);
    case 'unsubscribe':
      return transport.unsubscribe(effect.key);
    default:
      unreachable(effect);
  }
}
