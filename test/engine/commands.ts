/** What happens to a small world, as values that fast-check can make, shrink and print: honest life, and what nobody should ever send. */

import fc from 'fast-check';

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import type { Input } from '../../sync/engine-io.js';
import type { MaintenanceOutcome, MaintenanceTask } from '../../sync/maintenance.js';
import type { Frame, FrameKind, PeerStatus, RefusalReason } from '../../sync/wire/frame.js';
import { REFUSAL_NUMBERS } from '../../sync/wire/frame.js';
import { NOTHING, itemsOf, vectorWith } from './fake-replica.js';
import { MAIN, addressOf, entryOf } from './scene.js';
import { IDS, MEMORY, OTHER } from './small-world.js';
import type { SmallWorld } from './small-world.js';

export type Command =
  | { readonly do: 'write' | 'open' | 'close'; readonly who: number; readonly document: string }
  | { readonly do: 'meet' | 'store' | 'load'; readonly who: number }
  | { readonly do: 'deliver' | 'double' | 'lose'; readonly place: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'part'; readonly who: number; readonly from: number }
  | { readonly do: 'rise'; readonly who: number; readonly term: number }
  | { readonly do: 'flush' | 'cancel' | 'maintain'; readonly who: number; readonly flush: number }
  | { readonly do: 'fail'; readonly who: number; readonly trouble: PeerStatus['trouble'] }
  | { readonly do: 'feed'; readonly who: number; readonly input: Input };

export function carryOut(world: SmallWorld, command: Command): void {
  const { ids } = world;
  const idOf = (place: number): PeerId => ids[place % ids.length] as PeerId;
  switch (command.do) {
    case 'write':
      return world.write(idOf(command.who), command.document);
    case 'open':
      return world.open(idOf(command.who), command.document);
    case 'close':
      return world.close(idOf(command.who), command.document);
    case 'meet':
      return world.meet(idOf(command.who));
    case 'store':
      return world.store(idOf(command.who));
    case 'load':
      return world.feed(idOf(command.who), { kind: 'document-loaded', document: MAIN });
    case 'deliver':
      return world.deliver(command.place);
    case 'double':
      return world.deliver(command.place, { keep: true });
    case 'lose':
      return world.lose(command.place);
    case 'wait':
      return world.wait(command.ms);
    case 'part':
      return world.feed(idOf(command.who), { kind: 'lost', peer: idOf(command.from) });
    case 'rise':
      return world.rise(idOf(command.who), command.term);
    case 'flush':
      return world.feed(idOf(command.who), { kind: 'flush', flush: command.flush });
    case 'maintain':
      return world.feed(idOf(command.who), { kind: 'maintain', maintenance: command.flush, task: { action: 'compact', target: '' } });
    case 'fail':
      return world.feed(idOf(command.who), { kind: 'trouble', trouble: command.trouble });
    case 'cancel':
      return world.feed(idOf(command.who), { kind: 'flush-cancelled', flush: command.flush });
    case 'feed':
      return world.feed(idOf(command.who), command.input);
  }
}

const who = fc.nat({ max: 2 });
const place = fc.nat({ max: 40 });
const documents = fc.constantFrom(MAIN, MAIN, OTHER, OTHER, MEMORY);
const further = fc.constantFrom(OTHER, OTHER, MEMORY);
const make = (what: Command['do'], weight: number, rest: object): fc.WeightedArbitrary<Command> => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(what), ...rest }) as unknown as fc.Arbitrary<Command>,
});

const HONEST = [
  make('write', 10, { who, document: documents }),
  make('deliver', 24, { place: fc.oneof(fc.constant(0), place) }),
  make('double', 2, { place }),
  make('lose', 4, { place }),
  make('wait', 6, { ms: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 2000 }), fc.nat({ max: 70_000 })) }),
  make('meet', 4, { who }),
  make('part', 1, { who, from: who }),
  make('open', 2, { who, document: further }),
  make('close', 1, { who, document: further }),
  make('store', 2, { who }),
  make('flush', 2, { who, flush: fc.nat({ max: 5 }) }),
  make('maintain', 1, { who, flush: fc.nat({ max: 5 }) }),
  make('fail', 1, { who, trouble: fc.constantFrom('', 'SOCOMM_STORE_FAILED') }),
  make('cancel', 1, { who, flush: fc.nat({ max: 5 }) }),
  make('rise', 1, { who, term: fc.nat({ max: 5 }) }),
  make('load', 1, { who }),
];

export const honestLife: fc.Arbitrary<Command[]> = fc.array(fc.oneof(...HONEST), { maxLength: 120, size: 'max' });

const STRANGER = '4444444444444444' as PeerId;
const peers = fc.constantFrom(...IDS, STRANGER);
const counts = fc.oneof(
  fc.nat({ max: 8 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, 2 ** 31, 2 ** 32),
  fc.maxSafeNat(),
);
const names = fc.oneof(fc.constantFrom(MAIN, MAIN, OTHER, MEMORY, '__proto__'), fc.string({ maxLength: 6 }));
const tails = fc.array(fc.tuple(names, counts), { maxLength: 3 }).map((pairs) => new Map(pairs));
const vectors = fc.array(fc.tuple(peers, counts), { maxLength: 4 }).map((pairs) => new Map(pairs));
const blobs = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.tuple(peers, fc.nat({ max: 6 })).map(([peer, number]) => itemsOf(peer, number)),
  fc.tuple(peers, counts).map(([peer, last]) => vectorWith(peer, last)),
  fc.constant(NOTHING),
);
const statuses: fc.Arbitrary<PeerStatus> = fc.record({
  revision: counts,
  term: counts,
  isComplete: fc.boolean(),
  canWrite: fc.boolean(),
  isTakingOver: fc.boolean(),
  pid: counts,
  packageVersion: fc.constant('0'),
  trouble: fc.constantFrom('', '', 'SOCOMM_STORE_FAILED', 'SOCOMM_STORE_GONE'),
  instances: fc.array(
    counts.map((count) => `${STRANGER}.${count}` as InstanceId),
    { maxLength: 2 },
  ),
});
const reports = fc.record({ document: names, vector: vectors, digest: fc.constantFrom('', 'x', '[]') });
const introduction = {
  protocolMin: fc.constantFrom(0, 1, 9),
  protocolMax: fc.constantFrom(0, 1, 9, Number.MAX_SAFE_INTEGER),
  status: statuses,
  tails,
};
/** Answers may hit the question that is under way. */
const requests = fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 12 }) }, { weight: 1, arbitrary: counts });

const tasks: fc.Arbitrary<MaintenanceTask> = fc.record({ action: fc.constantFrom('backup', 'checkpoint', 'compact'), target: names });
const outcomes: fc.Arbitrary<MaintenanceOutcome> = fc.constantFrom<MaintenanceOutcome>(
  { ok: true, report: 'done' },
  { ok: false, code: 'SOCOMM_IO', message: 'not done' },
);

type FrameArbitraries = { readonly [Kind in FrameKind]: fc.Arbitrary<Extract<Frame, { kind: Kind }>> };
const kind = <Kind extends FrameKind>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name);

const ABSURD: FrameArbitraries = {
  updates: fc.record({ kind: kind('updates'), document: names, seq: counts, updates: fc.array(blobs, { maxLength: 3 }) }),
  tail: fc.record({ kind: kind('tail'), document: names, seq: counts, clientId: fc.oneof(counts, fc.constant(0x11111111)) }),
  ready: fc.record({ kind: kind('ready'), status: statuses, tails }),
  status: fc.record({ kind: kind('status'), status: statuses }),
  pulse: fc.record({
    kind: kind('pulse'),
    beat: counts,
    status: statuses,
    revisions: vectors,
    documents: fc.array(
      fc.tuple(reports, vectors).map(([report, stored]) => ({ ...report, stored })),
      { maxLength: 2 },
    ),
    watchers: fc.array(peers, { maxLength: 3 }),
    restMs: counts,
    missed: vectors,
  }),
  goodbye: fc.record({ kind: kind('goodbye'), tails }),
  silent: fc.record({ kind: kind('silent'), peers: fc.array(peers, { maxLength: 4 }) }),
  hello: fc.record({ kind: kind('hello'), address: peers.map(addressOf), ...introduction }),
  welcome: fc.record({ kind: kind('welcome'), ...introduction }),
  want: fc.record({ kind: kind('want'), document: names, request: requests, stateVector: blobs }),
  more: fc.record({ kind: kind('more'), document: names, request: requests, index: fc.oneof(fc.nat({ max: 6 }), counts) }),
  invite: fc.record({ kind: kind('invite'), document: names, stateVector: blobs }),
  echo: fc.record({
    kind: kind('echo'),
    beat: counts,
    revision: counts,
    heldRevision: requests,
    documents: fc.array(reports, { maxLength: 2 }),
  }),
  report: reports.map((report) => ({ kind: 'report', ...report })),
  holding: fc.record({ kind: kind('holding'), revision: requests, isAll: fc.boolean(), documents: fc.array(names, { maxLength: 3 }) }),
  released: fc.record({ kind: kind('released'), revision: requests, documents: fc.array(names, { maxLength: 3 }) }),
  recount: fc.record({ kind: kind('recount') }),
  flush: fc.record({ kind: kind('flush'), request: requests, targets: tails }),
  maintain: fc.record({ kind: kind('maintain'), request: requests, task: tasks }),
  maintained: fc.record({ kind: kind('maintained'), request: requests, outcome: outcomes }),
  have: fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.nat(), requests, names, blobs, vectors, blobs, fc.boolean())
    .map(([count, index, request, document, bytes, vector, stateVector, isComplete]) => {
      return { kind: 'have', document, request, index: index % count, count, bytes, vector, stateVector, isComplete } as const;
    }),
  flushed: fc.record({ kind: kind('flushed'), request: requests, term: counts }),
  refused: fc.record({
    kind: kind('refused'),
    request: requests,
    reason: fc.constantFrom(...(Object.keys(REFUSAL_NUMBERS) as RefusalReason[])),
  }),
};

const received: fc.Arbitrary<Input> = fc
  .tuple(peers, fc.oneof(...Object.values(ABSURD)) as fc.Arbitrary<Frame>)
  // The codec sees to it that a hello is of its sender.
  .map(([sender, frame]) => ({
    kind: 'received',
    sender,
    frame: frame.kind === 'hello' ? { ...frame, address: addressOf(sender) } : frame,
  }));

const absurdInputs: fc.Arbitrary<Input> = fc.oneof(
  { weight: 12, arbitrary: received },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('undecodable' as const), sender: peers, detail: fc.constant('malformed') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('subscribed' as const), key: fc.string({ maxLength: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lost' as const), peer: peers }) },
  { weight: 1, arbitrary: peers.map((peer) => ({ kind: 'roster', entries: [entryOf(peer)] }) as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('local' as const), document: names, update: blobs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stored' as const), document: names, vector: vectors }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const), flush: counts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('maintained' as const), peer: peers, request: requests, outcome: outcomes }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'tick' } as const, { kind: 'drain' } as const, { kind: 'leave' } as const) },
);

export const absurdLife: fc.Arbitrary<Command[]> = fc.array(fc.oneof(...HONEST, make('feed', 40, { who, input: absurdInputs })), {
  maxLength: 150,
  size: 'max',
});
