/** Frames of every kind for property tests, as large as their limits allow where that costs nothing. */

import fc from 'fast-check';
import type { SocommErrorCode } from '../../src/base/errors.js';
import { newInstanceId } from '../../src/base/ids.js';
import type { PeerId } from '../../src/base/ids.js';
import {
  CHUNK_BYTES,
  CHUNKS_MAX,
  DOCUMENT_NAME_BYTES_MAX,
  ENDPOINT_BYTES_MAX,
  MAINTENANCE_TARGET_BYTES_MAX,
  MAINTENANCE_TEXT_BYTES_MAX,
} from '../../sync/limits.js';
import type { MaintenanceOutcome } from '../../sync/maintenance.js';
import { REFUSAL_NUMBERS } from '../../sync/wire/frame.js';
import type { DocumentReport, Frame, FrameKind, PeerStatus, ReceivedFrame, RefusalReason, Vector } from '../../sync/wire/frame.js';

type FrameOf<Kind extends FrameKind> = Extract<Frame, { kind: Kind }>;
/** The compiler asks for each kind. */
type FrameArbitraries = { readonly [Kind in FrameKind]: fc.Arbitrary<FrameOf<Kind>> };

export const peerIds: fc.Arbitrary<PeerId> = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as PeerId);

const counts = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat());
const bytes = fc.uint8Array({ maxLength: 200 });

/** Whole characters only, as many as the bytes allow. */
export const texts = (bytesMax: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: Math.min(bytesMax, 64) }).filter((text) => Buffer.byteLength(text) <= bytesMax);

const documents = fc.oneof(fc.constant('main'), texts(DOCUMENT_NAME_BYTES_MAX));
const tails = fc.array(fc.tuple(documents, counts), { maxLength: 6 }).map((pairs) => new Map(pairs));
const names = fc.array(documents, { maxLength: 6 });
const vectors: fc.Arbitrary<Vector> = fc.array(fc.tuple(peerIds, counts), { maxLength: 6 }).map((pairs) => new Map(pairs));
const reports: fc.Arbitrary<DocumentReport> = fc.record({ document: documents, vector: vectors, digest: texts(64) });

/** Of this version, and of one to come. */
const codes = fc.constantFrom('SOCOMM_IO', 'SOCOMM_STORE_FAILED', `SOCOMM_${'Z'.repeat(40)}` as SocommErrorCode);
const outcomes: fc.Arbitrary<MaintenanceOutcome> = fc.oneof(
  fc.record({ ok: fc.constant(true as const), report: texts(MAINTENANCE_TEXT_BYTES_MAX) }),
  fc.record({ ok: fc.constant(false as const), code: codes, message: texts(MAINTENANCE_TEXT_BYTES_MAX) }),
);

function statuses(sender: PeerId): fc.Arbitrary<PeerStatus> {
  return fc.record({
    revision: counts,
    term: counts,
    isComplete: fc.boolean(),
    canWrite: fc.boolean(),
    isTakingOver: fc.boolean(),
    pid: counts,
    packageVersion: texts(64),
    trouble: fc.oneof(fc.constant('' as const), codes),
    instances: fc.array(
      counts.map((count) => newInstanceId(sender, count)),
      { maxLength: 4 },
    ),
  });
}

export function framesOf(sender: PeerId): FrameArbitraries {
  const status = statuses(sender);
  const introduction = { protocolMin: counts, protocolMax: counts, status, tails };
  const endpoint = texts(ENDPOINT_BYTES_MAX);
  return {
    updates: fc.record({ kind: fc.constant('updates'), document: documents, seq: counts, updates: fc.array(bytes, { maxLength: 8 }) }),
    tail: fc.record({ kind: fc.constant('tail'), document: documents, seq: counts, clientId: counts }),
    ready: fc.record({ kind: fc.constant('ready'), status, tails }),
    status: fc.record({ kind: fc.constant('status'), status }),
    pulse: fc.record({
      kind: fc.constant('pulse'),
      beat: counts,
      status,
      revisions: vectors,
      documents: fc.uniqueArray(
        fc.tuple(reports, vectors).map(([report, stored]) => ({ ...report, stored })),
        { maxLength: 4, selector: ({ document }) => document },
      ),
      watchers: fc.array(peerIds, { maxLength: 4 }),
      restMs: counts,
      missed: vectors,
    }),
    goodbye: fc.record({ kind: fc.constant('goodbye'), tails }),
    silent: fc.record({ kind: fc.constant('silent'), peers: fc.array(peerIds, { maxLength: 4 }) }),
    hello: fc.record({
      kind: fc.constant('hello'),
      address: fc.record({ id: fc.constant(sender), publisher: endpoint, messenger: endpoint, responder: endpoint }),
      ...introduction,
    }),
    want: fc.record({ kind: fc.constant('want'), document: documents, request: counts, stateVector: bytes }),
    more: fc.record({ kind: fc.constant('more'), document: documents, request: counts, index: counts }),
    invite: fc.record({ kind: fc.constant('invite'), document: documents, stateVector: bytes }),
    echo: fc.record({
      kind: fc.constant('echo'),
      beat: counts,
      revision: counts,
      heldRevision: counts,
      documents: fc.uniqueArray(reports, { maxLength: 4, selector: ({ document }) => document }),
    }),
    report: reports.map((report) => ({ kind: 'report', ...report })),
    holding: fc.record({ kind: fc.constant('holding'), revision: counts, isAll: fc.boolean(), documents: names }),
    released: fc.record({ kind: fc.constant('released'), revision: counts, documents: names }),
    recount: fc.constant({ kind: 'recount' }),
    flush: fc.record({ kind: fc.constant('flush'), request: counts, targets: tails }),
    welcome: fc.record({ kind: fc.constant('welcome'), ...introduction }),
    maintain: fc.record({
      kind: fc.constant('maintain'),
      request: counts,
      task: fc.record({ action: fc.constantFrom('backup', 'checkpoint', 'compact'), target: texts(MAINTENANCE_TARGET_BYTES_MAX) }),
    }),
    have: haves(),
    flushed: fc.record({ kind: fc.constant('flushed'), request: counts, term: counts }),
    maintained: fc.record({ kind: fc.constant('maintained'), request: counts, outcome: outcomes }),
    refused: fc.record({
      kind: fc.constant('refused'),
      request: counts,
      reason: fc.constantFrom(...(Object.keys(REFUSAL_NUMBERS) as RefusalReason[])),
    }),
  };
}

function haves(): fc.Arbitrary<FrameOf<'have'>> {
  const chunks = fc
    .integer({ min: 1, max: CHUNKS_MAX })
    .chain((count) => fc.record({ count: fc.constant(count), index: fc.nat({ max: count - 1 }) }));
  const rest = fc.record({
    kind: fc.constant('have' as const),
    document: documents,
    request: counts,
    bytes: fc.oneof({ weight: 40, arbitrary: bytes }, { weight: 1, arbitrary: fc.constant(new Uint8Array(CHUNK_BYTES).fill(0x5a)) }),
    vector: vectors,
    stateVector: bytes,
    isComplete: fc.boolean(),
  });
  return fc.tuple(chunks, rest).map(([chunk, frame]) => ({ ...frame, ...chunk }));
}

/** A frame of one kind with its sender. */
export const receivedOf = (kind: FrameKind): fc.Arbitrary<ReceivedFrame> =>
  peerIds.chain((sender) => fc.record({ sender: fc.constant(sender), frame: framesOf(sender)[kind] as fc.Arbitrary<Frame> }));
