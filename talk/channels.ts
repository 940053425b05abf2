/**
 * Requests and streams between instances, as channels over posts: it knows with whom there is a connection, hands what comes in to
 * the channel that it is for, and ends every channel whose other end is gone. Spec: docs/TALKING.md, "Requests and streams".
 *
 * Who lost a peer and met it again says `reset`; the other then asks for each of its channels whether it is still known (a credit
 * of nothing), and what is not known ends. So a connection that only one side saw break leaves nobody waiting.
 */

import type { InstanceId, PeerId } from '../src/base/ids.js';
import { isPeerId, peerOf } from '../src/base/ids.js';
import { SocommError } from '../src/base/errors.js';
import { Answering } from './channel/answering.js';
import type { StreamEnd, StreamListening } from './channel/answering.js';
import { Asking } from './channel/asking.js';
import type { Exchange } from './channel/asking.js';
import { Channel } from './channel/channel.js';
import type { ChannelOwner } from './channel/channel.js';
import { HandlerDirectory } from './channel/directory.js';
import type { DirectoryValues } from './channel/directory.js';
import { failure } from './channel/failure.js';
import type { Failure } from './channel/failure.js';
import { EarlyPosts } from './channel/early-posts.js';
import type { RequestHandling } from './channel/handler.js';
import { Link, numberOf } from './channel/link.js';
import { LocalLoop } from './channel/local-loop.js';
import { Meetings } from './channel/meetings.js';
import { ASKINGS_MAX, CHANNELS_MAX, POSTED_PIECE_BYTES, POSTED_VALUE_BYTES_MAX } from './limits.js';
import type { Mesh } from './mesh.js';
import { decodePosted } from './wire/posted-frame.js';
import type { Posted, PostedFrame } from './wire/posted-frame.js';

export interface Question {
  readonly name: string;
  readonly inputCodec: string;
  readonly outputCodec: string;
  /** Large ones (LARGE_BYTES_MIN) must not be changed until the request is over. */
  readonly input: Uint8Array;
  readonly isStreamWanted: boolean;
}

export type Target = PeerId | InstanceId;

export class Channels {
  /** Posts that were dropped: unreadable, too many of peers that we are not linked with, and such as no honest peer sends. */
  readonly dropped = { unreadable: 0, unlinked: 0, absurd: 0 };
  readonly #mesh: Mesh;
  readonly #links = new Map<PeerId, Link>();
  readonly #loop: LocalLoop;
  readonly #meetings = new Meetings();
  readonly #early = new EarlyPosts((peer, posts) => {
    this.dropped.unlinked += posts;
    this.#meetings.droppedFrom(peer);
  });
  readonly #directory: HandlerDirectory;
  readonly #answering: Answering;
  readonly #askings = new Set<Asking>();
  /** Of the channels that we open; never given twice. */
  #nextId = 1;
  /** Whom to begin with among equals. */
  #turn: number;
  #isClosed = false;

  constructor(mesh: Mesh, values: DirectoryValues) {
    this.#mesh = mesh;
    this.#turn = Number.parseInt(mesh.self.slice(0, 8), 16);
    this.#loop = new LocalLoop(({ frame, body }) => this.posted(mesh.self, frame, body));
    this.#links.set(mesh.self, new Link(mesh.self, mesh.self, this.#loop.post));
    this.#directory = new HandlerDirectory(values, mesh.clock);
    this.#answering = new Answering(mesh, this.#directory);
  }

  /** Takes requests of a name for an instance. Throws a TypeError where it does already. Returns what takes it back. */
  handle(instance: InstanceId, name: string, handling: RequestHandling): () => void {
    return this.#answering.handle(instance, name, handling);
  }

  /** Takes streams of a name for an instance. Throws a TypeError where it does already. Returns what takes it back. */
  listen(instance: InstanceId, name: string, listening: StreamListening): () => void {
    return this.#answering.listen(instance, name, listening);
  }

  /** Asks one instance, or any of a peer. Throws SOCOMM_PEER_UNKNOWN, SOCOMM_BUSY, SOCOMM_TOO_LARGE. */
  ask(from: InstanceId, to: Target, question: Question, owner: ChannelOwner): Exchange {
    const { input } = question;
    if (input.length > POSTED_VALUE_BYTES_MAX) {
      throw new SocommError(
        'SOCOMM_TOO_LARGE',
        `an input of ${input.length} bytes: at most ${POSTED_VALUE_BYTES_MAX} go in one request; use a stream`,
      );
    }
    const channel = this.#open(from, to, owner);
    const payload = input.length > POSTED_PIECE_BYTES ? input.subarray(0, POSTED_PIECE_BYTES) : input;
    channel.link.say({
      kind: 'ask',
      id: channel.id,
      name: question.name,
      from: numberOf(from),
      to: wantedOf(to),
      inputCodec: question.inputCodec,
      outputCodec: question.outputCodec,
      isStreamWanted: question.isStreamWanted,
      continues: payload !== input,
      payload,
    });
    channel.sendRest(input, payload.length);
    return channel;
  }

  /** Asks anybody who handles it, of whom `isAvoided` says no if it can be. Ends with SOCOMM_NO_HANDLER where nobody does. */
  askAny(from: InstanceId, question: Question, owner: ChannelOwner, isAvoided: (instance: InstanceId) => boolean): Exchange {
    if (this.#askings.size >= ASKINGS_MAX)
      throw new SocommError('SOCOMM_BUSY', `${ASKINGS_MAX} requests to anybody are under way: wait for some of them`);
    const asking: Asking = new Asking(
      from,
      {
        pick: (tried) => this.#pick(question.name, tried, isAvoided),
        ask: (to, asker) => this.#tryToAsk(from, to, question, asker),
        nobody: () => failure('SOCOMM_NO_HANDLER', `nobody here handles requests named '${question.name}'`),
        over: () => void this.#askings.delete(asking),
      },
      owner,
    );
    this.#askings.add(asking);
    const whenKnown = this.#directory.whenKnown(question.name);
    if (whenKnown === undefined) asking.begin();
    else void whenKnown.then(() => asking.begin());
    return asking;
  }

  /** Everybody who handles a request. */
  async handlersOf(name: string): Promise<readonly InstanceId[]> {
    await this.#directory.refresh();
    return this.#known(name);
  }

  /** Opens a stream to an instance, or to any of a peer that listens. Throws SOCOMM_PEER_UNKNOWN, SOCOMM_BUSY. */
  open(from: InstanceId, to: Target, { name, codec }: { readonly name: string; readonly codec: string }, end: StreamEnd): void {
    const channel = this.#open(from, to, end);
    end.begin(channel);
    channel.link.say({ kind: 'open', id: channel.id, name, from: numberOf(from), to: wantedOf(to), codec });
  }

  posted(from: PeerId, bytes: Uint8Array, body: Uint8Array | undefined): void {
    const link = this.#links.get(from);
    if (link === undefined) return this.#isClosed ? undefined : this.#early.keep(from, { frame: bytes, body });
    const decoded = decodePosted(bytes, body);
    if (!decoded.ok || decoded.sender !== from) {
      this.dropped.unreadable++;
      return;
    }
    this.#receive(link, decoded.frame);
  }

  peerMet(peer: PeerId): void {
    if (this.#isClosed || this.#links.has(peer)) return;
    const link = new Link(this.#mesh.self, peer, ({ frame, body }: Posted) => this.#mesh.transport.post(peer, frame, body));
    this.#links.set(peer, link);
    const incarnation = this.#meetings.met(peer);
    if (incarnation > 1) link.say({ kind: 'reset', incarnation });
    for (const { frame, body } of this.#early.take(peer)) this.posted(peer, frame, body);
  }

  peerLost(peer: PeerId): void {
    const link = this.#links.get(peer);
    if (link === undefined || peer === this.#mesh.self) return;
    this.#links.delete(peer);
    link.end(failure('SOCOMM_PEER_LOST', `the connection to peer ${peer} was lost: its process ended, or it was cut off`));
  }

  instanceLeft(instance: InstanceId): void {
    const gone = failure('SOCOMM_PEER_LOST', `instance ${instance} was closed`, instance);
    for (const channel of this.#links.get(peerOf(instance))?.channels ?? []) if (channel.other === instance) channel.end(gone);
  }

  instanceClosed(instance: InstanceId): void {
    this.#answering.instanceClosed(instance);
    const told = failure('SOCOMM_PEER_LOST', `instance ${instance} was closed`, instance);
    this.#endOwn((own) => own === instance, told);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endOwn(() => true, failure('SOCOMM_PEER_LOST', `peer ${this.#mesh.self} was closed`));
    for (const link of this.#links.values()) link.lane.close();
    this.#links.clear();
    this.#loop.close();
    this.#early.clear();
    this.#directory.close();
  }

  /** For inspection and tests. */
  get openCount(): number {
    let count = this.#askings.size;
    for (const { opened, accepted } of this.#links.values()) count += opened.size + accepted.size;
    return count;
  }

  #endOwn(isConcerned: (own: InstanceId) => boolean, told: Failure): void {
    const closed = failure('SOCOMM_CLOSED', 'this instance was closed');
    for (const { channels } of this.#links.values())
      for (const channel of channels) if (isConcerned(channel.own)) channel.end(closed, told);
    for (const asking of this.#askings) if (isConcerned(asking.own)) asking.ended(closed);
  }

  #open(from: InstanceId, to: Target, owner: ChannelOwner): Channel {
    if (this.#isClosed) throw new SocommError('SOCOMM_CLOSED', 'this instance is closed');
    const peer = isPeerId(to) ? to : peerOf(to);
    const link = this.#links.get(peer);
    if (link === undefined)
      throw new SocommError('SOCOMM_PEER_UNKNOWN', `there is no connection to ${to}: it has left, or was not met yet`);
    if (!link.mayOpen)
      throw new SocommError('SOCOMM_BUSY', `${CHANNELS_MAX} requests and streams to peer ${peer} are open: wait for some of them`);
    const channel = new Channel(link, { id: this.#nextId++, isOpener: true, own: from, other: isPeerId(to) ? undefined : to }, owner);
    link.keep(channel);
    return channel;
  }

  #tryToAsk(from: InstanceId, to: InstanceId, question: Question, owner: ChannelOwner): Channel | Failure {
    try {
      return this.ask(from, to, question, owner) as Channel;
    } catch (error) {
      if (error instanceof SocommError) return failure(error.code, error.message, to);
      throw error;
    }
  }

  #known(name: string): readonly InstanceId[] {
    const { self } = this.#mesh;
    const others = [...this.#directory.handlersOf(name)].filter(
      (instance) => peerOf(instance) !== self && this.#links.has(peerOf(instance)),
    );
    return [...this.#answering.handlersOf(name), ...others];
  }

  /** Of those that have least to do for us, in turn; of the avoided only where nobody else is left. */
  #pick(name: string, tried: ReadonlySet<InstanceId>, isAvoided: (instance: InstanceId) => boolean): InstanceId | undefined {
    const candidates = this.#known(name).filter((instance) => !tried.has(instance));
    if (candidates.length < 2) return candidates[0];
    const begin = this.#turn++ % candidates.length;
    let best: { readonly instance: InstanceId; readonly load: number } | undefined;
    for (let step = 0; step < candidates.length; step++) {
      const instance = candidates[(begin + step) % candidates.length] as InstanceId;
      const load = this.#askedOf(instance) + (isAvoided(instance) ? CHANNELS_MAX : 0);
      if (best === undefined || load < best.load) best = { instance, load };
    }
    return best?.instance;
  }

  #askedOf(instance: InstanceId): number {
    let count = 0;
    for (const { other } of this.#links.get(peerOf(instance))?.opened.values() ?? []) if (other === instance) count++;
    return count;
  }

  #receive(link: Link, frame: PostedFrame): void {
    if (frame.kind === 'ask') return this.#answering.asked(link, frame);
    if (frame.kind === 'open') return this.#answering.opened(link, frame);
    if (frame.kind === 'reset') return this.#reset(link, frame.incarnation);
    const channel = link.find(frame.id, frame.kind !== 'accept' && frame.ofOpener);
    if (channel === undefined) return this.#unknown(link, frame);
    switch (frame.kind) {
      case 'accept':
        return channel.accepted(link.instance(frame.by) ?? channel.own);
      case 'data':
        return channel.receive(frame);
      case 'finish':
        return channel.finished();
      case 'credit':
        return channel.granted(frame.bytes);
      case 'abort':
        return channel.end({ ...frame, from: link.instance(frame.by) ?? channel.other });
    }
  }

  /** Whoever still counts on it is told; an abort is never answered. */
  #unknown(link: Link, frame: Exclude<PostedFrame, { readonly kind: 'ask' | 'open' | 'reset' }>): void {
    if (frame.kind === 'abort') return;
    const ofOpener = frame.kind !== 'accept' && frame.ofOpener;
    const message = `peer ${this.#mesh.self} no longer knows it: the connection was lost meanwhile`;
    const why = { isHandlers: false, by: 0, code: 'SOCOMM_PEER_LOST', message, detail: undefined };
    link.say({ kind: 'abort', id: frame.id, ofOpener: !ofOpener, ...why });
  }

  #reset(link: Link, incarnation: number): void {
    if (incarnation <= link.heardIncarnation) return void this.dropped.absurd++;
    link.heardIncarnation = incarnation;
    for (const { id, isOpener } of link.channels) link.say({ kind: 'credit', id, ofOpener: isOpener, bytes: 0 });
  }
}

function wantedOf(to: Target): number {
  return isPeerId(to) ? 0 : numberOf(to);
}
