/**
 * What each kind of frame and of input does in each state of the link to the peer that it concerns. The document between them is
 * whole and quiet, the peer writes and is complete. Columns: unknown, connected, ready, muted, departed. The words are explained in words.ts, each row's
 * example stands in samples.ts. The compiler asks for each row and each column, the test executes each cell.
 */

import type { FrameSample, InputSample } from './samples.js';
import { LINK_STATES } from './scene.js';
import type { Row } from './words.js';

type LinkRow = Row<typeof LINK_STATES>;

const everywhere = (cell: string): LinkRow => LINK_STATES.map(() => cell) as unknown as LinkRow;
const LOST = 'disconnect + !peer-lost + !instances + !writer';

/** Frames, as heard from the peer. */
export const framesByLink = {
  updates: ['·', 'apply 1', 'apply 1', '·', '·'],
  'updates: again, after they were refused': ['·', 'apply 1', 'apply 1', '·', '·'],
  'updates: known': everywhere('·'),
  'updates: behind a hole': ['·', '·', 'ask', '·', '·'],
  tail: ['·', '·', 'ask', '·', '·'],
  'tail: known': everywhere('·'),
  'tail: of our client id': ['·', 'renew id', 'renew id', '·', '·'],
  ready: ['·', '!instances + !writer + unsubscribe › ready', '·', '·', '·'],
  'ready: with numbers': ['·', '!instances + !writer + unsubscribe + ask › ready', 'ask', '·', '·'],
  status: ['·', '!instances + !writer', '·', '·', '·'],
  'status: of a new writer': ['·', '!instances + !writer', '!writer', '·', '·'],
  'status: in trouble': ['·', '!instances', '!writer', '·', '·'],
  'status: in trouble, as we are': ['·', '!instances + !stalled', '!writer + !stalled', '·', '·'],
  pulse: ['·', '!instances + !writer + echo', 'echo', '·', '·'],
  'pulse: with numbers': ['·', '!instances + !writer + echo', 'echo', '·', '·'],
  'pulse: of another digest': ['·', '!instances + !writer + invite + ask + echo', 'invite + ask + echo', '·', '·'],
  goodbye: ['·', 'unsubscribe + disconnect + !peer-lost › departed', `${LOST} › departed`, '·', '·'],
  'goodbye: with numbers': ['·', 'unsubscribe + disconnect + !peer-lost › departed', `${LOST} › departed`, '·', '·'],
  hello: [
    'connect + subscribe + !instances + !writer + answer welcome › connected',
    '!instances + !writer + answer welcome',
    'answer welcome',
    '·',
    'connect + subscribe + !instances + !writer + answer welcome › connected',
  ],
  'hello: of another version': [
    'warn version-refused + !peer-refused + refuse',
    '!instances + !writer + answer welcome',
    'answer welcome',
    '·',
    'warn version-refused + !peer-refused + refuse',
  ],
  welcome: ['·', '!instances + !writer', '·', '·', '·'],
  'welcome: with numbers': ['·', '!instances + !writer', '·', '·', '·'],
  want: ['·', 'give', 'give', '·', '·'],
  'want: of who has more': ['·', 'give', 'give', '·', '·'],
  'want: unreadable': ['·', 'warn frame-rejected', 'warn frame-rejected', '·', '·'],
  more: ['·', 'refuse', 'refuse', '·', '·'],
  invite: everywhere('·'),
  'invite: blank': ['·', '·', 'ask', '·', '·'],
  'invite: with nothing new': everywhere('·'),
  'invite: unreadable': ['·', 'warn frame-rejected', 'warn frame-rejected', '·', '·'],
  echo: everywhere('·'),
  'echo: with numbers': everywhere('·'),
  'echo: of a later status': ['·', '·', 'hello', '·', '·'],
  flush: ['·', 'refuse', 'refuse', '·', '·'],
  maintain: ['·', 'refuse', 'refuse', '·', '·'],
  'maintain: of the writer': ['·', 'carry out', 'carry out', '·', '·'],
  'maintain: again': everywhere('·'),
  'maintain: again, when it is done': ['·', 'answer maintained', 'answer maintained', '·', '·'],
  have: everywhere('·'),
  'have: a part': everywhere('·'),
  'have: of another question': everywhere('·'),
  'have: unreadable': everywhere('·'),
  flushed: everywhere('·'),
  maintained: everywhere('·'),
  'maintained: what was asked': ['·', '·', '!done', '·', '·'],
  refused: everywhere('·'),
  'refused: what was asked': everywhere('·'),
  'refused: for our version': [
    '·',
    'warn version-refused + !peer-refused + unsubscribe + disconnect + !peer-lost › departed',
    `warn version-refused + !peer-refused + ${LOST} › departed`,
    '·',
    '·',
  ],
  'refused: for want of room': ['·', 'unsubscribe + disconnect + !peer-lost › departed', `${LOST} › departed`, '·', '·'],
} satisfies Readonly<Record<FrameSample, LinkRow>>;

/** Everything else that the engine is told. */
export const inputsByLink = {
  roster: ['connect + subscribe + hello › connected', '·', '·', '·', 'connect + subscribe + hello › connected'],
  'roster: of another version': ['warn version-refused + !peer-refused', '·', '·', '·', 'warn version-refused + !peer-refused'],
  'roster: of nobody': ['·', 'probe', 'probe', 'probe', '·'],
  received: everywhere('·'),
  'received: of ourselves': everywhere('·'),
  undecodable: everywhere('·'),
  subscribed: everywhere('say ready'),
  'subscribed: a question to another': everywhere('·'),
  lost: ['·', 'unsubscribe + disconnect + !peer-lost › departed', `${LOST} › departed`, `${LOST} › departed`, '·'],
  'lost: with maintenance of ours under way': [
    '·',
    '› departed',
    '!failed SOCOMM_NO_WRITER › departed',
    '!failed SOCOMM_NO_WRITER › departed',
    '·',
  ],
  'document-opened': ['subscribe', 'subscribe', 'subscribe + ask', 'subscribe', 'subscribe'],
  'document-loaded': everywhere('·'),
  local: everywhere('drain-soon'),
  drain: everywhere('·'),
  'drain: of something': ['·', 'say updates', 'say updates', 'say updates', '·'],
  applied: everywhere('·'),
  'applied: and pending': everywhere('·'),
  'applied: all of it': everywhere('·'),
  rejected: everywhere('warn update-rejected'),
  'rejected: all of it': everywhere('warn update-rejected'),
  role: ['!writer', 'say status + !writer', 'say status + !writer', 'say status + !writer', '!writer'],
  'role: none': ['·', 'say status', 'say status', 'say status', '·'],
  trouble: ['·', 'say status', 'say status', 'say status', '·'],
  'trouble: none': everywhere('·'),
  'trouble: of all, and something waits': ['!flush-failed', '·', '·', '·', '!flush-failed'],
  stored: everywhere('·'),
  instances: ['!instances', 'say status + !instances', 'say status + !instances', 'say status + !instances', '!instances'],
  flush: ['·', '·', 'flush', 'flush', '·'],
  'flush: of something': ['·', 'say updates', 'say updates + flush', 'say updates + flush', '·'],
  'flush-cancelled': everywhere('·'),
  maintain: ['·', '·', 'maintain', 'maintain', '·'],
  'maintain: as the writer': everywhere('carry out'),
  'maintain-cancelled': everywhere('·'),
  maintained: everywhere('·'),
  'maintained: for ourselves': everywhere('!done'),
  tick: ['·', 'probe + unsubscribe + subscribe + hello', '·', '·', '·'],
  'tick: after a stall': ['·', 'say pulse + !stalled', '!stalled', '!stalled', '·'],
  'tick: when muting ends': ['·', 'say pulse', '·', 'ask › ready', '·'],
  leave: everywhere('say goodbye'),
} satisfies Readonly<Record<InputSample, LinkRow>>;
