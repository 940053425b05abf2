/** A plain snapshot of an instance for tools: data only, safe to print as JSON. */

import type { StoredDocument } from '../storage/store.js';
import { MAIN } from '../sync/membership.js';
import { isMuted } from '../sync/muting.js';
import type { Traffic } from '../sync/transport.js';
import type { StallReason, WriterRef } from '../sync/engine-io.js';
import { isSocommError } from './base/errors.js';
import type { SocommErrorCode } from './base/errors.js';
import type { InstanceId, PeerId } from './base/ids.js';
import { identify } from './documents/document-name.js';
import type { Warning } from './events.js';
import type { MappedInspection } from './mapped/mapped-values.js';
import type { Peer } from './peer.js';
import { stallText } from './stall-text.js';
import { PACKAGE_VERSION } from './version.js';

export interface PeerReport {
  readonly id: PeerId;
  readonly isSelf: boolean;
  readonly isWriter: boolean;
  /** Its state is the whole: others may catch up from it. */
  readonly isComplete: boolean;
  /** It stands for election. */
  readonly canWrite: boolean;
  readonly pid: number;
  readonly packageVersion: string;
  readonly instances: readonly InstanceId[];
  /** Both ways: what one publishes reaches the other. So it is a moment after the first word. */
  readonly isLinked: boolean;
  /** It keeps sending what cannot be used, and is not listened to for a while. */
  readonly isMuted: boolean;
  /** It lives and does not answer: stopped, or held up for long. Its presence is hidden meanwhile. */
  readonly isSilent: boolean;
  /** Why it cannot write; '' where nothing is known to be wrong. */
  readonly trouble: SocommErrorCode | '';
}

export interface RefusedPeer {
  readonly id: PeerId;
  /** The versions of the protocol that it speaks, where known. */
  readonly protocolMin: number | undefined;
  readonly protocolMax: number | undefined;
}

export interface DocumentInspection {
  /** What people call it. */
  readonly name: string;
  /** What the store and the wire call it: another one for each generation. */
  readonly id: string;
  /** `catalogue`: a part of the list of all documents. */
  readonly kind: 'main' | 'stored' | 'memory' | 'catalogue';
  readonly generation: number;
  /** How often instances of this peer have it open. */
  readonly users: number;
  /** While this peer is the writer: who else has it open. */
  readonly heldBy: readonly PeerId[];
  readonly isSynced: boolean;
  readonly digest: string;
  /** Number of our last frame. */
  readonly sent: number;
  /** Of our frames, how many the writer said it holds durably. */
  readonly stored: number;
  readonly hasPending: boolean;
  readonly heldFrames: number;
}

export interface TalkInspection {
  /** Requests and streams that are under way, of both sides. */
  readonly openChannels: number;
  /** What came and could not be used, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface Inspection {
  readonly group: string;
  readonly directory: string;
  readonly peer: PeerId;
  readonly role: 'writer' | 'follower';
  readonly writer: WriterRef | undefined;
  readonly election: string;
  readonly isSynced: boolean;
  /** Nothing becomes durable: the writer is silent, or nobody can write. */
  readonly isStalled: boolean;
  readonly stallReason: StallReason | undefined;
  /** What is the matter, why, and what to do, for people. */
  readonly stallText: string | undefined;
  readonly peers: readonly PeerReport[];
  /** Peers in the roster with whom this one has no version of the protocol in common. */
  readonly refused: readonly RefusedPeer[];
  readonly instances: readonly InstanceId[];
  readonly documents: readonly DocumentInspection[];
  readonly traffic: Traffic;
  /** Frames applied, doubled, missed …, and how often others were asked. */
  readonly counters: Readonly<Record<string, number>>;
  /** What was dropped unread, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Of the lane of messages. */
  readonly talk: TalkInspection;
  /** What of this instance's ephemeral values lies in mapped memory, or why nothing does. */
  readonly mapped: MappedInspection;
  /** While this peer is the writer. */
  readonly store: { readonly storeId: string; readonly documents: readonly StoredDocument[] } | undefined;
  readonly warnings: readonly Warning[];
}

export function reportPeers(peer: Peer): PeerReport[] {
  const { status, links, writer, self } = peer.synchronizer.state;
  const own: PeerReport = {
    id: self,
    isSelf: true,
    isWriter: writer?.id === self,
    isComplete: status.isComplete,
    canWrite: status.canWrite,
    pid: status.pid,
    packageVersion: PACKAGE_VERSION,
    instances: status.instances,
    isLinked: true,
    isMuted: false,
    isSilent: false,
    trouble: status.trouble,
  };
  const others = [...links.values()].map((link) => ({
    id: link.id,
    isSelf: false,
    isWriter: writer?.id === link.id,
    isComplete: link.status?.isComplete ?? false,
    canWrite: link.canWrite,
    pid: link.status?.pid ?? 0,
    packageVersion: link.status?.packageVersion ?? '',
    instances: link.status?.instances ?? [],
    isLinked: link.isReady && link.isMet,
    isMuted: isMuted(link, peer.options.clock.now()),
    isSilent: peer.silentPeers.has(link.id),
    trouble: link.status?.trouble ?? '',
  }));
  return [own, ...others];
}

export function inspectPeer(peer: Peer): Omit<Inspection, 'mapped'> {
  const { synchronizer, candidacy } = peer;
  const { pen } = candidacy;
  const { state } = synchronizer;
  const peers = reportPeers(peer);
  return {
    group: peer.options.group,
    directory: peer.options.store.location,
    peer: peer.id,
    role: peer.role,
    writer: peer.writer,
    election: candidacy.state.kind,
    isSynced: peer.isSynced,
    ...inspectStall(peer),
    peers,
    refused: [...state.refused].map(([id, { protocol }]) => ({
      id,
      protocolMin: protocol?.protocolMin,
      protocolMax: protocol?.protocolMax,
    })),
    instances: peers.flatMap(({ instances }) => instances),
    documents: peer.documentNames.map((id) => inspectDocument(peer, id)),
    traffic: { ...peer.options.transport.traffic },
    counters: { ...state.counters },
    dropped: Object.fromEntries(synchronizer.dropped),
    talk: inspectTalk(peer),
    store: pen?.storeId === undefined ? undefined : { storeId: pen.storeId, documents: pen.documents },
    warnings: [...peer.warnings.kept],
  };
}

function inspectStall({ synchronizer, candidacy, options: { group } }: Peer): Pick<Inspection, 'isStalled' | 'stallReason' | 'stallText'> {
  const reason = synchronizer.state.stallReason;
  if (reason === undefined) return { isStalled: false, stallReason: undefined, stallText: undefined };
  const failure = isSocommError(candidacy.failure) && candidacy.failure.code === reason ? candidacy.failure.message : undefined;
  return { isStalled: true, stallReason: reason, stallText: stallText({ group, reason, failure }) };
}

function inspectTalk({ talker: { broadcasts, values, channels } }: Peer): TalkInspection {
  const dropped: Record<string, number> = {};
  for (const counts of [broadcasts.dropped, values.dropped, channels.dropped])
    for (const [reason, count] of Object.entries(counts)) dropped[reason] = (dropped[reason] ?? 0) + count;
  return { openChannels: channels.openCount, dropped };
}

function inspectDocument(peer: Peer, id: string): DocumentInspection {
  const replica = peer.replica(id);
  const document = peer.synchronizer.state.documents.get(id);
  let heldFrames = 0;
  for (const frames of document?.held.values() ?? []) heldFrames += frames.size;
  const { kind, name, generation } = identify(id);
  return {
    ...{ name, id, kind, generation },
    users: id === MAIN ? peer.synchronizer.state.status.instances.length : peer.documents.holdings.usersOf(id),
    heldBy: [...(peer.synchronizer.state.holders.get(id) ?? [])],
    isSynced: document?.isSynced ?? false,
    digest: replica.digest(),
    sent: document?.ownSeq ?? 0,
    stored: document?.stored.get(peer.id) ?? 0,
    hasPending: replica.hasPending(),
    heldFrames,
  };
}
