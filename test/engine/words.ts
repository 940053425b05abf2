/** How the tables of transitions say what one step did. */

import { unreachable } from '../../src/base/errors.js';
import type { Effect } from '../../sync/engine-io.js';

/** A cell for each state: none may be missing. */
export type Row<States extends readonly string[]> = { readonly [Index in keyof States]: string };

/** Effects in order, and where it changes the state that follows: `ask + say tail › asking`; `·` where nothing happens. */
export function cell(effects: readonly Effect[], before: string, after: string): string {
  const words = effects.map(wordFor).join(' + ');
  if (before === after) return words === '' ? '·' : words;
  return words === '' ? `› ${after}` : `${words} › ${after}`;
}

/**
 * The legend: `say x` publishes a frame of kind x, `answer x` responds with one, a bare kind is a request; `ask` is the request
 * `want`, `carry out` does what somebody asks of the writer, `give` the answer `have`, `refuse` the answer `refused`. `apply n` is frame n, `apply all` a whole answer. `!x` is news for the
 * application.
 */
function wordFor(effect: Effect): string {
  switch (effect.kind) {
    case 'publish':
      return `say ${effect.frame.kind}`;
    case 'request':
      return effect.frame.kind === 'want' ? 'ask' : effect.frame.kind;
    case 'respond':
      return effect.frame.kind === 'have' ? 'give' : effect.frame.kind === 'refused' ? 'refuse' : `answer ${effect.frame.kind}`;
    case 'apply':
      return effect.cause.kind === 'frame' ? `apply ${effect.cause.seq}` : 'apply all';
    case 'warn':
      return `warn ${effect.code}`;
    case 'writer-changed':
      return '!writer';
    case 'instances-changed':
      return '!instances';
    case 'maintain':
      return 'carry out';
    case 'maintenance-ended':
      return effect.outcome.ok ? '!done' : `!failed ${effect.outcome.code}`;
    case 'synced':
    case 'document-wanted':
    case 'document-unheld':
    case 'flushed':
    case 'flush-failed':
    case 'peer-lost':
    case 'peer-met':
    case 'peer-refused':
    case 'stalled':
    case 'recovered':
    case 'silent-changed':
      return `!${effect.kind}`;
    case 'connect':
    case 'disconnect':
    case 'subscribe':
    case 'unsubscribe':
    case 'set-aside':
    case 'drain-soon':
    case 'look':
    case 'probe':
    case 'flush-awaited':
      return effect.kind;
    case 'renew-client-id':
      return 'renew id';
    default:
      return unreachable(effect);
  }
}
