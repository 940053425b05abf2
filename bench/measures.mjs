/** What is measured: on which side, ours and the bare thing, and what has to be so before and after each. Tasks are in side.mjs. */

export const measures = [
  {
    name: 'set → observer → set back',
    beside: 'PUB/SUB round trip, zeromq.js',
    side: 'follower',
    ours: 'round trip',
    bare: 'bare round trip',
  },
  { name: 'set and flush, a follower', beside: 'one synced put, level', side: 'follower', ours: 'flush', bare: 'bare put' },
  { name: 'set and flush, the writer', beside: 'one synced put, level', side: 'writer', ours: 'flush', bare: 'bare put' },
  { name: 'join, 2,000 presets from disk', beside: 'the same state into a Y.Doc', side: 'follower', ours: 'join', bare: 'bare load' },
  {
    name: 'join, 2,000 presets from a peer',
    beside: 'the same state into a Y.Doc',
    side: 'follower',
    ours: 'join',
    bare: 'bare load',
    before: [['writer', 'hold library']],
    after: [['writer', 'leave library']],
  },
];
