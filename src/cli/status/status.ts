/** The status of a group as plain data: what `--json` prints and what the table is made of. */

import type { BlobCount, GroupReport, Inspection, Instance, StallReason, StoreSurvey } from '../../index.js';
import { Y } from '../../index.js';
import { openRoot, rootNames } from '../document-roots.js';
import type { RootType } from '../document-roots.js';
import { CliError } from '../exit.js';
import { damageText } from '../open-group.js';
import type { GroupView } from '../open-group.js';

export interface Status {
  readonly group: string;
  /** `stalled`: somebody runs it, and nothing becomes durable; or whoever has the whole state does not answer. */
  readonly state: 'running' | 'stalled' | 'stored';
  readonly directory: string;
  readonly writer: { readonly id: string; readonly term: number; readonly pid: number | undefined } | undefined;
  /** Why nothing becomes durable, and what to do about it. */
  readonly stall: { readonly reason: StallReason; readonly text: string } | undefined;
  /** Without this command's own. */
  readonly peers: readonly PeerStatus[];
  readonly documents: readonly DocumentStatus[];
  readonly blobs: BlobCount;
  /** Of the document `main`. */
  readonly roots: readonly RootStatus[];
  readonly rates: Rates | undefined;
  readonly store: { readonly id: string | undefined; readonly term: number; readonly bytes: number } | undefined;
  readonly warnings: Inspection['warnings'];
  /** What was found wrong in the store of a group that nobody runs. */
  readonly damage: readonly string[];
}

export interface PeerStatus {
  readonly id: string;
  readonly pid: number;
  readonly version: string;
  readonly role: 'writer' | 'follower' | 'watcher';
  /** Undefined until the peer has told. */
  readonly instances: number | undefined;
  /** Why it cannot write, as a code; empty where nothing is known to be wrong. */
  readonly trouble: string;
}

export interface DocumentStatus {
  /** What people call it. */
  readonly name: string;
  /** Of the live replica; undefined where nobody runs the group. */
  readonly digest: string | undefined;
  /** Of `main`: all that it is made of, as one update. */
  readonly stateBytes: number | undefined;
  readonly snapshotBytes: number | undefined;
  readonly logRecords: number | undefined;
  readonly logBytes: number | undefined;
}

export interface RootStatus {
  readonly name: string;
  readonly type: 'map' | 'array' | 'text' | 'xml' | 'ambiguous';
  readonly entries: number | undefined;
}

export interface Rates {
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
}

export interface Seen {
  /** What the store of a group that nobody runs holds. */
  readonly survey: StoreSurvey | undefined;
  readonly rates: Rates | undefined;
  readonly blobs: BlobCount;
}

export function statusOf({ doc, report, instance, damage }: GroupView, { survey, rates, blobs }: Seen): Status {
  const inspection = instance?.inspect();
  const { store } = report;
  // Of a replica that is empty for want of answers nothing can be told.
  const hasCaughtUp = inspection?.isSynced !== false;
  return {
    group: report.group,
    state: stateOf(report, instance),
    directory: report.directory,
    writer: writerOf(report, instance),
    stall: stallOf(report, instance),
    peers: peersOf(report, instance),
    documents: hasCaughtUp ? documentsOf(doc, survey, inspection) : [],
    roots: hasCaughtUp ? rootNames(doc).map((name) => rootOf(doc, name)) : [],
    blobs,
    rates,
    store: store === undefined ? undefined : { id: store.storeId, term: store.term, bytes: store.bytes },
    warnings: inspection?.warnings ?? [],
    damage: [...new Set([...(survey?.damage ?? []).map((found) => damageText(found)), ...damage])],
  };
}

function stateOf(report: GroupReport, instance: Instance | undefined): Status['state'] {
  if (instance === undefined) return 'stored';
  return instance.inspect().isSynced && stallOf(report, instance) === undefined ? 'running' : 'stalled';
}

function stallOf(report: GroupReport, instance: Instance | undefined): Status['stall'] {
  if (instance === undefined) return undefined;
  const { stallReason, stallText } = instance.inspect();
  // This command came too late to have heard of it: that it says nothing is all that can be known.
  if (stallReason === 'writer-silent' || isWriterSilent(report, instance))
    return { reason: 'writer-silent', text: silence(report, instance) };
  return stallReason === undefined || stallText === undefined ? undefined : { reason: stallReason, text: stallText };
}

function silence(report: GroupReport, instance: Instance): string {
  const pid = writerOf(report, instance)?.pid;
  const process = pid === undefined ? 'its process' : `process ${pid}`;
  return (
    `the writer (${process}) holds the lock and does not answer: it is stopped or busy. Nothing becomes durable meanwhile; everything ` +
    `else goes on, and what is not on disk is spilled. Let it go on, or end ${process}: then another one takes over by itself`
  );
}

/** It lives, and has not said a word to this command's peer. */
export function isWriterSilent(report: GroupReport, instance: Instance): boolean {
  const writer = writerOf(report, instance);
  // Before its first word a peer has no process id.
  return writer?.pid !== undefined && !instance.peers.some(({ id, pid }) => id === writer.id && pid === writer.pid);
}

/** What goes in and out at this peer while `wait` lasts: all that is published reaches everybody. */
export async function measureRates(instance: Instance | undefined, wait: () => Promise<void>): Promise<Rates | undefined> {
  if (instance === undefined) return undefined;
  const before = instance.inspect().traffic;
  const startMs = performance.now();
  await wait();
  const after = instance.inspect().traffic;
  const seconds = (performance.now() - startMs) / 1000;
  const rate = (now: number, then: number): number => Math.round((now - then) / seconds);
  return {
    framesPerSecond: rate(after.framesIn + after.framesOut, before.framesIn + before.framesOut),
    bytesPerSecond: rate(after.bytesIn + after.bytesOut, before.bytesIn + before.bytesOut),
  };
}

/** As the peers say; where none answers, as the writer noted itself in the store. */
function writerOf({ peers, owner }: GroupReport, instance: Instance | undefined): Status['writer'] {
  if (instance === undefined) return undefined;
  const noted = owner === undefined ? undefined : { id: owner.peer, term: owner.term };
  const { id, term } = instance.writer ?? noted ?? {};
  if (id === undefined || term === undefined) return undefined;
  const pid = peers.find((peer) => peer.id === id)?.pid;
  // Who was noted as the writer, and has said since that it is none.
  if (instance.writer === undefined && instance.peers.some((peer) => peer.id === id && peer.pid === pid)) return undefined;
  // A note outlives the writer that made it.
  return instance.writer === undefined && pid === undefined ? undefined : { id, term, pid };
}

/** All that live by the roster, with what they have told this command's peer, if they did. */
function peersOf(report: GroupReport, instance: Instance | undefined): readonly PeerStatus[] {
  if (instance === undefined) return [];
  const writer = writerOf(report, instance);
  const told = new Map(instance.peers.map((peer) => [peer.id, peer]));
  return report.peers
    .filter(({ id }) => told.get(id)?.isSelf !== true)
    .map(({ id, pid, packageVersion, canWrite }) => ({
      ...{ id, pid, version: packageVersion },
      role: id === writer?.id ? 'writer' : canWrite ? 'follower' : 'watcher',
      // Before its first word a peer has no process id.
      instances: told.get(id)?.pid === pid ? told.get(id)?.instances.length : undefined,
      trouble: told.get(id)?.trouble ?? '',
    }));
}

function documentsOf(main: Y.Doc, survey: StoreSurvey | undefined, inspection: Inspection | undefined): readonly DocumentStatus[] {
  const live = new Map((inspection?.documents ?? []).map((it) => [it.id, it]));
  const kept = new Map((survey?.documents ?? []).map((it) => [it.name, it]));
  // Parts of the list of all documents are nobody's to look at.
  const names = [...new Set([...kept.keys(), ...live.keys()])].filter((id) => !id.startsWith('~catalogue/'));
  return names.sort().map((name) => ({
    name,
    digest: live.get(name)?.digest,
    stateBytes: name === 'main' ? Y.encodeStateAsUpdate(main).length : undefined,
    snapshotBytes: kept.get(name)?.snapshotBytes,
    logRecords: kept.get(name)?.logRecords,
    logBytes: kept.get(name)?.logBytes,
  }));
}

function rootOf(doc: Y.Doc, name: string): RootStatus {
  const root = rootTypeOf(doc, name);
  if (root === undefined) return { name, type: 'ambiguous', entries: undefined };
  if (root instanceof Y.Map) return { name, type: 'map', entries: root.size };
  if (root instanceof Y.Array) return { name, type: 'array', entries: root.length };
  return { name, type: root instanceof Y.Text ? 'text' : 'xml', entries: root.length };
}

/** Undefined where it is ambiguous: status shows what it can. */
function rootTypeOf(doc: Y.Doc, name: string): RootType | undefined {
  try {
    return openRoot(doc, name);
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}
