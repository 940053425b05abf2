/** What must hold: at each step, whenever `synced` is said, and when all is quiet. A checker that complains ends the run. */

import type { Peer } from '../../src/peer.js';
import { isAtRest } from '../../src/rest.js';
import { keptBytes } from '../../sync/answering.js';
import { isKeptForOthers } from '../../sync/holding.js';
import { FLUSHES_WAITING_MAX } from '../../sync/limits.js';
import type { EngineLimits } from '../../sync/limits.js';
import type { DocumentState } from '../../sync/document-state.js';
import { contentOf, hasPending, lackOf } from './floor.js';
import type { MachineRoom } from './machine-room.js';
import type { Member } from './member.js';
import type { NamedDocuments } from './named-documents.js';
import type { Promises } from './promises.js';
import type { Cast } from './story.js';
import type { Weather } from './weather.js';

/** Where nothing keeps frames for long, one that was lost is missed, asked for and there by then. */
const LAG_MS = 2500;
/** An idle writer looks at its lock at least this often. */
const LOCK_LOOK_MS = 2600;
const WARNINGS_KEPT_MAX = 100;

export class Checkers {
  readonly #room: MachineRoom;
  readonly #promises: Promises;
  readonly #weather: Weather;
  readonly #named: NamedDocuments;
  readonly #joinedAt = new Map<Member, number>();
  /** Members that lived, at some moment since they joined, where nobody might write: nobody knows then what the store holds. */
  readonly #wereAmongAbstainers = new Set<Member>();

  constructor({ room, promises, weather, named }: Pick<Cast, 'room' | 'promises' | 'weather' | 'named'>) {
    this.#named = named;
    this.#room = room;
    this.#promises = promises;
    this.#weather = weather;
  }

  joined(member: Member): void {
    if (!this.#joinedAt.has(member)) this.#joinedAt.set(member, this.#room.clock.now());
    this.membersChanged();
  }

  /** To be called after each change of who lives. */
  membersChanged(): void {
    const members = [...this.#room.members];
    if (!members.some(({ canWrite }) => canWrite)) for (const member of members) this.#wereAmongAbstainers.add(member);
  }

  /** `synced` means: everything that was durable when the present epoch began, whatever is cut, lost or late. */
  synced(member: Member, document: string): void {
    // Who has not heard of the deletion yet may have found nobody any more who has it.
    if (this.#wereAmongAbstainers.has(member) || this.#named.isDeleted(document)) return;
    const doc = member.doc(document);
    const floor = this.#room.epoch.get(document);
    const lack = floor === undefined ? undefined : lackOf(doc, floor);
    if (lack !== undefined) this.#room.violated(`${member.name} said synced of ${document} and lacks what is stored: ${lack}`);
    this.#acknowledgedIsThere(member, document);
    if (!this.#weather.isPrompt) return;
    const before = (this.#joinedAt.get(member) ?? 0) - LAG_MS;
    const late = this.#promises.lackOfEarlier((name) => (name === document ? doc : undefined), before);
    if (late !== undefined) this.#room.violated(`${member.name} said synced and lacks what was acknowledged long before: ${late}`);
  }

  /** On the word of a writer, or from the store: everything that was acknowledged before it began to join, in any weather. */
  #acknowledgedIsThere(member: Member, document: string): void {
    const { vouchedAt, isWhole } = member.peer.synchronizer.state.documents.get(document) ?? {};
    // Who was robbed of the lock believes for a while that it writes.
    if (isWhole !== true || vouchedAt !== Infinity || this.#room.lockBrokenAt !== -Infinity) {
      this.#room.count('synced on the word of others');
      return;
    }
    this.#room.count("synced on the writer's word, or from the store");
    const lack = this.#promises.lackOfEarlier((name) => (name === document ? member.doc(document) : undefined), member.beganAtMs);
    if (lack !== undefined) this.#room.violated(`${member.name} said synced and lacks what was acknowledged before it joined: ${lack}`);
  }

  atStep(): void {
    this.#named.look();
    this.#checkWriters();
    for (const member of this.#room.members) this.#checkQueues(member);
    const { mostWaiting, highWaterFrames, requestsHighWaterFrames } = this.#room.network;
    if (this.#room.isCalm) return;
    if (mostWaiting.published > highWaterFrames || mostWaiting.requests > requestsHighWaterFrames)
      this.#room.violated('a pipe of the network held more than it may');
  }

  /** By the lock, not by hope: who leads must hold it, but for the moment until it sees that its file was taken away. */
  #checkWriters(): void {
    const leading = [...this.#room.members].filter(({ peer }) => peer.candidacy.state.kind === 'leading');
    if (leading.filter(({ store }) => store.lock.isOwned()).length > 1) this.#room.violated('two writers at once');
    if (this.#room.clock.now() < this.#room.lockBrokenAt + LOCK_LOOK_MS || this.#weather.faults.stop > 0) return;
    for (const { store, name } of leading) if (!store.lock.isOwned()) this.#room.violated(`${name} leads without the lock`);
  }

  #checkQueues({ peer, name }: Member): void {
    const { documents, answers, flushesWaiting, status, limits } = peer.synchronizer.state;
    for (const document of documents.values()) {
      const wrong = queuesWrong(document, limits);
      if (wrong !== undefined) this.#room.violated(`${name} ${wrong}`);
    }
    const answerBytes = keptBytes(answers.values());
    if (answers.size > limits.answersMax || (answers.size > 1 && answerBytes > limits.answersBytesMax))
      this.#room.violated(`${name} keeps ${answers.size} answers of ${answerBytes} bytes`);
    if (flushesWaiting.size > FLUSHES_WAITING_MAX * Math.max(1, peer.synchronizer.state.links.size))
      this.#room.violated(`${name} keeps ${flushesWaiting.size} flushes`);
    const isInOffice = status.term > 0 || status.isTakingOver;
    if (!isInOffice && flushesWaiting.size > 0) this.#room.violated(`${name} is no writer and keeps others' flushes waiting`);
    if (peer.warnings.kept.length > WARNINGS_KEPT_MAX) this.#room.violated(`${name} keeps ${peer.warnings.kept.length} warnings`);
  }

  /** Nothing is left to be taken in, somebody leads and all know it, all know each other and listen to each other, are synced and equal, and nobody has anything left to say or ask or wait for. */
  isAtRest(): boolean {
    const members = [...this.#room.members];
    const peers = members.map(({ peer }) => peer);
    return (
      this.#room.network.inFlight === 0 &&
      this.#room.disk.spillCount === 0 &&
      this.#named.isAtRest() &&
      members.every(({ peer, flushesOpen }) => flushesOpen === 0 && isAllSynced(peer.synchronizer.state.documents)) &&
      peers.some(({ candidacy, id }) => candidacy.state.kind === 'leading' && peers.every(({ writer }) => writer?.id === id)) &&
      peers.every(({ synchronizer }) => synchronizer.state.links.size === peers.length - 1) &&
      peers.every(({ synchronizer }) => [...synchronizer.state.links.values()].every(({ mutedUntil }) => mutedUntil === -Infinity)) &&
      peers.every((peer) => isKept(peer, peers)) &&
      isAtRest(peers, () => false)
    );
  }

  /** By content: digests are part of what is under test. */
  atQuiet(when: string): void {
    const members = [...this.#room.members];
    for (const name of new Set(members.flatMap(({ peer }) => peer.documentNames))) {
      const holders = members.filter(({ peer }) => peer.documentNames.includes(name));
      const digests = new Set(holders.map(({ peer }) => peer.replica(name).digest()));
      const contents = new Set(holders.map((member) => contentOf(member.doc(name))));
      if (contents.size > 1) this.#room.violated(`${when}: members at rest differ in the content of ${name}`);
      if (digests.size > 1) this.#room.violated(`${when}: members at rest differ in the digest of ${name}`);
      const pending = holders.find((member) => hasPending(member.doc(name)));
      if (pending !== undefined) this.#room.violated(`${when}: ${pending.name} holds of ${name} what builds on nothing`);
    }
    for (const member of members) {
      const lack = this.#promises.lackOf((name) => (member.peer.documentNames.includes(name) ? member.doc(name) : undefined));
      if (lack !== undefined) this.#room.violated(`${when}: ${member.name} lacks what was acknowledged: ${lack}`);
    }
    this.#named.atQuiet(when);
    const lack = this.#promises.lackOf((name) => this.#room.disk.image(name));
    if (lack !== undefined) this.#room.violated(`${when}: the disk lacks what was acknowledged: ${lack}`);
  }

  /** How each peer stands, for the message of a failure. */
  describe(): string {
    return [`  ${this.#room.disk.spillCount} spills`, this.#named.describe(), ...[...this.#room.members].map(describeMember)].join('\n');
  }
}

/** The writer has open whatever anybody has, and knows who. */
function isKept({ id, writer, documentNames }: Peer, peers: readonly Peer[]): boolean {
  const office = peers.find((peer) => peer.id === writer?.id);
  if (office === undefined || office.id === id) return true;
  const { holders } = office.synchronizer.state;
  return documentNames.every(
    (name) => !isKeptForOthers(name) || (office.documentNames.includes(name) && holders.get(name)?.has(id) === true),
  );
}

function isAllSynced(documents: ReadonlyMap<string, DocumentState>): boolean {
  return [...documents.values()].every(({ isSynced }) => isSynced);
}

function queuesWrong({ name, held, heldBytes, outbox }: DocumentState, limits: EngineLimits): string | undefined {
  const outboxBytes = outbox.reduce((sum, { length }) => sum + length, 0);
  if (outboxBytes > limits.outboxBytesMax) return `keeps ${outboxBytes} bytes of its own for ${name}`;
  let bytes = 0;
  for (const frames of held.values()) {
    if (frames.size > limits.heldFramesMax) return `holds ${frames.size} frames of one sender for ${name}`;
    for (const updates of frames.values()) for (const update of updates) bytes += update.length;
  }
  if (bytes !== heldBytes) return `counts ${heldBytes} bytes held for ${name}, and holds ${bytes}`;
  return bytes > limits.heldBytesMax ? `holds ${bytes} bytes for ${name}` : undefined;
}

function describeMember({ name, peer, flushesOpen, clock }: Member): string {
  const { links, documents } = peer.synchronizer.state;
  const unready = [...links.values()].filter(({ isReady }) => !isReady).length;
  const facts = [
    peer.candidacy.state.kind,
    `${links.size} links`,
    ...(unready > 0 ? [`${unready} of them not ready`] : []),
    ...(flushesOpen > 0 ? [`${flushesOpen} flushes wait`] : []),
    ...(clock.isStopped ? ['stopped'] : []),
    ...[...documents.values()].map(describeDocument),
  ];
  return `  ${name} (${peer.id}): ${facts.join(', ')}`;
}

function describeDocument({ name, replica, isSynced, isWhole, doubts, catchUp, held }: DocumentState): string {
  const facts = [
    replica.digest().slice(0, 6),
    isWhole ? 'whole' : isSynced ? 'synced' : 'not synced',
    ...(replica.hasPending() ? ['something pending'] : []),
    ...(doubts.size > 0 ? [`doubts ${[...doubts.keys()].map((id) => id.slice(0, 4)).join(' ')}`] : []),
    ...(catchUp === undefined ? [] : [`asks ${catchUp.peer.slice(0, 4)}`]),
    ...(held.size > 0 ? [`holds frames of ${held.size}`] : []),
  ];
  return `${name} (${facts.join(', ')})`;
}
