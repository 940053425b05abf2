/** What a peer is made of: how its machines (agreement, spilling, election and writing, talking) are put together, and how they hear each other. */

import type { PeerAddress, TransportListener } from '../sync/transport.js';
import { laneOf } from '../sync/transport.js';
import { Synchronizer } from '../sync/synchronizer.js';
import type { SynchronizerHost } from '../sync/synchronizer-host.js';
import { PROTOCOL } from '../sync/wire/frame.js';
import { Talker } from '../talk/talker.js';
import type { BlobShelf } from './blobs/blob-shelf.js';
import type { BlobCollector } from './blobs/collector.js';
import { collectBlobs } from './blobs/peer-blobs.js';
import { Candidacy } from './candidacy.js';
import type { PeerDocuments } from './documents/peer-documents.js';
import type { OpenDocuments } from './open-documents.js';
import type { PeerOptions } from './peer.js';
import { spillParts } from './spill/parts.js';
import type { SpillParts } from './spill/parts.js';
import { PACKAGE_VERSION } from './version.js';
import type { Warnings } from './warnings.js';

export interface PeerParts extends SpillParts {
  readonly synchronizer: Synchronizer;
  readonly candidacy: Candidacy;
  readonly collector: BlobCollector;
  readonly talker: Talker;
}

export interface AssemblyOptions {
  readonly peer: PeerOptions;
  readonly address: PeerAddress;
  readonly documents: OpenDocuments;
  readonly blobs: BlobShelf;
  readonly warnings: Warnings;
  readonly host: SynchronizerHost;
  readonly held: () => PeerDocuments;
  /** Something changed that a wait may depend on. */
  readonly changed: () => void;
  readonly lastBatchFailed: (why: string) => void;
}

export function assemblePeer({
  peer,
  address,
  documents,
  blobs,
  warnings,
  host,
  held,
  changed,
  lastBatchFailed,
}: AssemblyOptions): PeerParts {
  const {
    group,
    transport,
    discovery,
    store,
    clock,
    random,
    log,
    canWrite,
    pid,
    limits,
    logBytesBeforeSnapshot,
    snapshotRestMs,
    rehearse,
    protocol = PROTOCOL,
  } = peer;
  const described = { address, canWrite, pid, packageVersion: PACKAGE_VERSION, limits, protocol };
  const synchronizer = new Synchronizer({ transport, discovery, clock, log, host, ...described });
  const { spiller, intake } = spillParts({
    self: address.id,
    peer,
    synchronizer,
    documents,
    warnings,
    storeId: () => candidacy.pen?.storeId ?? '',
    held,
  });
  const deletedDocuments = (): readonly string[] => held().catalogue.deletedIds;
  const candidacy = new Candidacy({
    group,
    address,
    canWrite,
    store,
    blobs: blobs.store,
    clock,
    random,
    synchronizer,
    logBytesBeforeSnapshot,
    snapshotRestMs,
    rehearse,
    replicas: documents.replicas,
    deletedDocuments,
    hasClosedDocuments: () => held().catalogue.isInUse,
    warn: (code, message) => warnings.raise(code, message),
    changed,
    intake,
    lastBatchFailed,
  });
  const talker = makeTalker(peer, synchronizer, warnings);
  const collector = collectBlobs({
    shelf: blobs,
    ...{ store, discovery, clock, talker, warnings },
    replicas: documents.replicas,
    linked: () => talker.mesh.peers(),
    isWriter: () => candidacy.pen !== undefined,
  });
  return { synchronizer, candidacy, spiller, intake, collector, talker };
}

function makeTalker({ transport, clock }: PeerOptions, { state }: Synchronizer, warnings: Warnings): Talker {
  return new Talker({
    self: state.self,
    clock,
    transport,
    peers: () => [...state.links.values()].filter(({ isMet }) => isMet).map(({ id }) => id),
    instancesOf: (peer) => (peer === state.self ? state.status.instances : (state.links.get(peer)?.status?.instances ?? [])),
    writer: () => state.writer?.id,
    warn: (code, message) => warnings.raise(code, message),
  });
}

/** What the transport reports, to whom it concerns: each lane has its own. */
export function laneListener(parts: () => Pick<PeerParts, 'synchronizer' | 'talker'>): TransportListener {
  const state = (): Synchronizer['listener'] => parts().synchronizer.listener;
  const messages = (): Talker['listener'] => parts().talker.listener;
  return {
    published: (frame, key, body) => (laneOf(key) === 'messages' ? messages() : state()).published(frame, key, body),
    subscribed: (key) => (laneOf(key) === 'messages' ? messages() : state()).subscribed(key),
    posted: (from, frame, body) => messages().posted(from, frame, body),
    requested: (from, frame) => state().requested(from, frame),
    responded: (from, frame) => state().responded(from, frame),
    disconnected: (peer) => state().disconnected(peer),
    dropped: (reason, detail) => state().dropped(reason, detail),
  };
}
