/** A process of broadcast-channel's leader election, in Node.js: no state and no disk, only who leads. */

import { BroadcastChannel, createLeaderElection } from 'broadcast-channel';

import { serve } from '../harness/serve.mjs';

let channel;
let elector;
let led;

serve({
  open({ name }) {
    channel = new BroadcastChannel(name);
    elector = createLeaderElection(channel);
    elector.onduplicate = () => undefined;
    led = elector.awaitLeadership();
  },
  isWriter: () => elector.isLeader,
  leads: () => led,
  close: () => channel.close(),
});
