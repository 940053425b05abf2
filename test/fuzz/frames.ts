/** Frames that the codec can say and nobody should: every kind, with the numbers, lists and bytes that hurt most. */

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { PROTOCOL, REFUSAL_NUMBERS } from '../../sync/wire/frame.js';
import type { DocumentReport, Frame, FrameKind, PeerStatus, RefusalReason, Tails, Vector } from '../../sync/wire/frame.js';
import type { Chance } from './chance.js';
import type { Updates } from './updates.js';

/** What the fuzzer knows of the peer that it sends to. */
export interface Surroundings {
  readonly chance: Chance;
  readonly updates: Updates;
  readonly isNovel: boolean;
  readonly sender: PeerId;
  /** Who may be named: the target, its friends, other senders. */
  readonly peers: readonly PeerId[];
  readonly documents: readonly string[];
  /** The number that the target expects of this sender. */
  readonly nextSeq: (document: string) => number;
  /** What the target has asked of this sender and was not answered. */
  readonly asked: { readonly document: string; readonly request: number } | undefined;
}

type FrameOf<Kind extends FrameKind> = Extract<Frame, { kind: Kind }>;

/** The compiler asks for each kind. */
const MAKERS: { readonly [Kind in FrameKind]: (around: Surroundings) => FrameOf<Kind> } = {
  updates: (around) => ({ kind: 'updates', document: name(around), seq: around.chance.number(), updates: updates(around) }),
  tail: (around) => ({ kind: 'tail', document: name(around), seq: around.chance.number(), clientId: around.chance.number() }),
  ready: (around) => ({ kind: 'ready', status: status(around), tails: tails(around) }),
  status: (around) => ({ kind: 'status', status: status(around) }),
  pulse: (around) => ({
    kind: 'pulse',
    beat: around.chance.number(),
    status: status(around),
    revisions: vector(around),
    documents: around.chance.list(huge(around, 4096), () => ({ ...report(around), stored: vector(around) })),
    watchers: around.chance.list(huge(around, 1024), () => around.chance.pick(around.peers)),
    restMs: around.chance.number(),
    missed: vector(around),
  }),
  silent: (around) => ({ kind: 'silent', peers: around.chance.list(huge(around, 1024), () => around.chance.pick(around.peers)) }),
  goodbye: (around) => ({ kind: 'goodbye', tails: tails(around) }),
  hello: (around) => hello(around, around.chance.isIn(0.3)),
  welcome: (around) => {
    const { chance } = around;
    return { kind: 'welcome', protocolMin: chance.number(), protocolMax: chance.number(), status: status(around), tails: tails(around) };
  },
  want: (around) => ({ kind: 'want', document: name(around), request: request(around), stateVector: around.updates.stateVector() }),
  more: (around) => ({ kind: 'more', document: name(around), request: request(around), index: around.chance.number() }),
  invite: (around) => ({ kind: 'invite', document: name(around), stateVector: around.updates.stateVector() }),
  echo: (around) => {
    const { chance } = around;
    return {
      kind: 'echo',
      beat: chance.number(),
      revision: chance.number(),
      heldRevision: chance.number(),
      documents: chance.list(huge(around, 4096), () => report(around)),
    };
  },
  report: (around) => ({ kind: 'report', ...report(around) }),
  holding: (around) => ({ kind: 'holding', revision: around.chance.number(), isAll: around.chance.isIn(0.3), documents: names(around) }),
  released: (around) => ({ kind: 'released', revision: around.chance.number(), documents: names(around) }),
  recount: () => ({ kind: 'recount' }),
  flush: (around) => ({ kind: 'flush', request: request(around), targets: tails(around) }),
  // No path of any use: whoever may speak here may also ask for this, and the writer carries it out.
  maintain: (around) => ({
    kind: 'maintain',
    request: request(around),
    task: {
      action: around.chance.pick(['backup', 'checkpoint', 'compact']),
      target: around.chance.pick(['', '\u0000', 'é'.repeat(2048), name(around)]),
    },
  }),
  have: (around) => have(around),
  flushed: (around) => ({ kind: 'flushed', request: request(around), term: around.chance.number() }),
  maintained: (around) => ({
    kind: 'maintained',
    request: request(around),
    outcome: around.chance.isIn(0.5)
      ? { ok: true, report: around.chance.pick(['', 'x'.repeat(64 * 1024)]) }
      : { ok: false, code: 'SOCOMM_IO', message: name(around) },
  }),
  refused: (around) => {
    // Who refuses us for its version ends the link: often enough to be tested, seldom enough for the others.
    const reason = around.chance.isIn(0.1) ? around.chance.pick(Object.keys(REFUSAL_NUMBERS) as RefusalReason[]) : 'expired';
    return { kind: 'refused', request: request(around), reason };
  },
};

const KINDS = Object.keys(MAKERS) as FrameKind[];

export function absurdFrame(around: Surroundings): Frame {
  const kind = around.chance.pick(KINDS);
  // Who leaves must say hello again.
  if (kind === 'goodbye' && around.chance.isIn(0.8)) return MAKERS.pulse(around);
  return MAKERS[kind](around);
}

/** Numbered as the target expects it, so that what it carries is really tried. */
export function nextUpdates(around: Surroundings): Frame {
  const document = around.chance.pick(around.documents);
  return { kind: 'updates', document, seq: around.nextSeq(document) + (around.chance.isIn(0.1) ? 1 : 0), updates: updates(around) };
}

/** An answer to a question that the target did ask. */
export function answer(around: Surroundings): Frame {
  return have(around);
}

export function hello(around: Surroundings, isAbsurd: boolean): FrameOf<'hello'> {
  const { sender: id, chance } = around;
  const endpoint = (): string =>
    isAbsurd ? chance.pick(['', 'x', 'ipc://', 'tcp://127.0.0.1:1', '\u0000', 'é'.repeat(100)]) : `memory:${id}`;
  const range = isAbsurd ? { protocolMin: chance.number(), protocolMax: chance.number() } : PROTOCOL;
  const address = { id, publisher: endpoint(), messenger: endpoint(), responder: endpoint() };
  const said = isAbsurd ? status(around) : { ...status(around), term: 0, revision: 0 };
  return { kind: 'hello', address, ...range, status: said, tails: isAbsurd ? tails(around) : new Map() };
}

/** So that the target asks: there is something that it has not. */
export function bait(around: Surroundings): Frame {
  const document = around.chance.pick(around.documents);
  return { kind: 'tail', document, seq: around.nextSeq(document) + around.chance.below(5), clientId: around.chance.number() };
}

function have(around: Surroundings): FrameOf<'have'> {
  const { chance, asked } = around;
  const count = chance.isIn(0.7) ? 1 : 1 + chance.below(chance.isIn(0.1) ? 4096 : 5);
  return {
    kind: 'have',
    document: asked?.document ?? name(around),
    request: asked?.request ?? request(around),
    index: chance.isIn(0.6) ? 0 : chance.below(count),
    count,
    bytes: chance.isIn(0.4) ? chance.pick(around.updates.honest) : around.updates.any(around.isNovel),
    vector: vector(around),
    stateVector: around.updates.stateVector(),
    isComplete: chance.isIn(0.5),
  };
}

function updates(around: Surroundings): Uint8Array[] {
  const { chance } = around;
  if (chance.isIn(0.2)) return [chance.pick(around.updates.honest)];
  if (chance.isIn(0.0005)) return Array.from({ length: 65_536 }, () => new Uint8Array());
  if (chance.isIn(0.001)) return Array.from({ length: 3000 }, () => around.updates.any(around.isNovel));
  return [around.updates.any(around.isNovel), ...chance.list(4, () => around.updates.any(around.isNovel))];
}

/** Lists at their limit are slow to make, and so seldom. */
function huge({ chance }: Surroundings, max: number): number {
  return chance.isIn(0.01) ? max : 6;
}

function name({ chance, documents }: Surroundings): string {
  return chance.isIn(0.8) ? chance.pick(documents) : chance.pick(['', '__proto__', 'toString', 'é'.repeat(64), '\u0000']);
}

function names(around: Surroundings): string[] {
  const { chance } = around;
  return chance.list(huge(around, 1024), () => (chance.isIn(0.5) ? name(around) : `d${chance.below(5000)}`));
}

/** One that may be under way. */
function request({ chance, asked }: Surroundings): number {
  return asked !== undefined && chance.isIn(0.5) ? asked.request : chance.number();
}

function tails(around: Surroundings): Tails {
  const { chance } = around;
  return new Map(chance.list(huge(around, 4096), () => [chance.isIn(0.5) ? name(around) : `d${chance.below(5000)}`, chance.number()]));
}

function vector(around: Surroundings): Vector {
  const { chance, peers } = around;
  const anyone = (): PeerId => (chance.isIn(0.7) ? chance.pick(peers) : (Buffer.from(chance.bytes(8)).toString('hex') as PeerId));
  return new Map(chance.list(huge(around, 4096), () => [anyone(), chance.number()]));
}

function report(around: Surroundings): DocumentReport {
  return { document: name(around), vector: vector(around), digest: around.chance.pick(['', 'x', '0123456789abcdef', '\u0000'.repeat(64)]) };
}

function status(around: Surroundings): PeerStatus {
  const { chance, sender } = around;
  return {
    revision: chance.number(),
    // A writer above all others would leave the group without one for as long as it lives: seldom.
    term: chance.isIn(0.02) ? chance.number() : 0,
    isComplete: chance.isIn(0.3),
    canWrite: chance.isIn(0.5),
    isTakingOver: chance.isIn(0.2),
    pid: chance.number(),
    packageVersion: chance.pick(['', '0.1.0', 'x'.repeat(64)]),
    trouble: chance.pick(['', '', 'SOCOMM_STORE_FAILED', 'SOCOMM_IO']),
    instances: chance.list(huge(around, 4096), () => `${sender}.${chance.number()}` as InstanceId),
  };
}
