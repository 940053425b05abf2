/** What our instances handle and listen to, and who of them takes what others ask for. */

import type { InstanceId } from '../../src/base/ids.js';
import type { Mesh } from '../mesh.js';
import { CHANNELS_MAX } from '../limits.js';
import type { PostedFrame } from '../wire/posted-frame.js';
import { Call } from './call.js';
import { Channel } from './channel.js';
import type { ChannelOwner } from './channel.js';
import type { HandlerDirectory } from './directory.js';
import { failure, trimmed } from './failure.js';
import type { Failure } from './failure.js';
import { Handler } from './handler.js';
import type { RequestHandling } from './handler.js';
import { numberOf } from './link.js';
import type { Link } from './link.js';

export interface StreamListening {
  readonly codec: string;
  /** Takes a stream: `begin` is called before anything else. */
  opened(from: InstanceId): StreamEnd;
}

export interface StreamEnd extends ChannelOwner {
  begin(channel: Channel): void;
}

type FrameOf<Kind extends PostedFrame['kind']> = Extract<PostedFrame, { kind: Kind }>;
type Opening = FrameOf<'ask' | 'open'>;
type ByInstance<Taker> = Map<string, Map<InstanceId, Taker>>;

export class Answering {
  readonly #mesh: Mesh;
  readonly #directory: HandlerDirectory;
  readonly #handlers: ByInstance<Handler> = new Map();
  readonly #listeners: ByInstance<StreamListening> = new Map();

  constructor(mesh: Mesh, directory: HandlerDirectory) {
    this.#mesh = mesh;
    this.#directory = directory;
  }

  /** Throws a TypeError where this instance handles it already. Returns what takes it back. */
  handle(instance: InstanceId, name: string, handling: RequestHandling): () => void {
    const handler = new Handler(instance, name, handling);
    const remove = add(this.#handlers, { name, instance, taker: handler, what: 'handles requests' });
    this.#directory.announce(instance, name);
    return () => {
      if (!remove()) return;
      this.#directory.withdraw(instance, name);
      handler.close();
    };
  }

  /** As `handle`, for streams. */
  listen(instance: InstanceId, name: string, listening: StreamListening): () => void {
    const remove = add(this.#listeners, { name, instance, taker: listening, what: 'listens for streams' });
    return () => void remove();
  }

  /** Our instances that handle a request. */
  handlersOf(name: string): Iterable<InstanceId> {
    return this.#handlers.get(name)?.keys() ?? [];
  }

  asked(link: Link, frame: FrameOf<'ask'>): void {
    const handler = this.#take(link, frame, this.#handlers, leastLoaded);
    if (handler === undefined) return;
    const { inputCodec, outputCodec } = handler.handling;
    const mismatch = codecMismatch(frame.inputCodec, inputCodec) ?? codecMismatch(frame.outputCodec, outputCodec);
    if (mismatch !== undefined)
      return refuse(link, frame, failure('SOCOMM_CODEC_MISMATCH', `'${frame.name}' ${mismatch}`, handler.instance));
    const from = link.instance(frame.from) as InstanceId;
    const call = new Call(handler, from, frame.isStreamWanted);
    const channel = new Channel(link, { id: frame.id, isOpener: false, own: handler.instance, other: from }, call);
    call.begin(channel);
    link.keep(channel);
    channel.receive({ continues: frame.continues, isLast: !frame.continues, payload: frame.payload });
  }

  opened(link: Link, frame: FrameOf<'open'>): void {
    const found = this.#take(link, frame, this.#listeners, first);
    if (found === undefined) return;
    const [own, listening] = found;
    const mismatch = codecMismatch(frame.codec, listening.codec);
    if (mismatch !== undefined) return refuse(link, frame, failure('SOCOMM_CODEC_MISMATCH', `'${frame.name}' ${mismatch}`, own));
    const from = link.instance(frame.from) as InstanceId;
    const end = listening.opened(from);
    const channel = new Channel(link, { id: frame.id, isOpener: false, own, other: from }, end);
    link.keep(channel);
    link.say({ kind: 'accept', id: frame.id, by: numberOf(own) });
    end.begin(channel);
  }

  /** Nobody is handed to this instance any more; who waits for it hears so, and may ask another. */
  instanceClosed(instance: InstanceId): void {
    for (const handlers of this.#handlers.values()) {
      const handler = handlers.get(instance);
      if (handler === undefined) continue;
      handlers.delete(instance);
      this.#directory.withdraw(instance, handler.name);
      handler.close();
    }
    for (const listeners of this.#listeners.values()) listeners.delete(instance);
  }

  /** Who takes it; where nobody does, that is said. */
  #take<Taker, Found>(
    link: Link,
    frame: Opening,
    takers: ByInstance<Taker>,
    pick: (of: ReadonlyMap<InstanceId, Taker>, wanted?: InstanceId) => Found | undefined,
  ): Found | undefined {
    const { name, to, from, id } = frame;
    if (from === 0 || link.accepted.has(id)) return undefined; // no honest peer does this
    if (!link.mayAccept) {
      refuse(link, frame, failure('SOCOMM_BUSY', `peer ${this.#mesh.self} has ${CHANNELS_MAX} requests and streams of this peer open`));
      return undefined;
    }
    const of = takers.get(name);
    const wanted = to === 0 ? undefined : (`${this.#mesh.self}.${to}` as InstanceId);
    const found = of === undefined ? undefined : pick(of, wanted);
    if (found === undefined) refuse(link, frame, this.#nobody(frame, wanted));
    return found;
  }

  #nobody({ kind, name }: Opening, wanted: InstanceId | undefined): Failure {
    if (wanted !== undefined && !this.#mesh.instancesOf(this.#mesh.self).includes(wanted)) {
      return failure('SOCOMM_PEER_UNKNOWN', `there is no instance ${wanted}: it was closed, or never was`);
    }
    const who = wanted ?? `an instance of peer ${this.#mesh.self}`;
    return failure(
      'SOCOMM_NO_HANDLER',
      `${who} does not ${kind === 'ask' ? 'handle requests' : 'listen for streams'} named '${name}'`,
      wanted,
    );
  }
}

function refuse(link: Link, { id }: Opening, why: Failure): void {
  link.say({ kind: 'abort', id, ofOpener: false, by: why.from === undefined ? 0 : numberOf(why.from), ...trimmed(why) });
}

function leastLoaded(handlers: ReadonlyMap<InstanceId, Handler>, wanted?: InstanceId): Handler | undefined {
  if (wanted !== undefined) return handlers.get(wanted);
  let least: Handler | undefined;
  for (const handler of handlers.values()) if (least === undefined || handler.load < least.load) least = handler;
  return least;
}

function first(
  listeners: ReadonlyMap<InstanceId, StreamListening>,
  wanted?: InstanceId,
): readonly [InstanceId, StreamListening] | undefined {
  for (const each of listeners) if (wanted === undefined || each[0] === wanted) return each;
  return undefined;
}

function codecMismatch(theirs: string, ours: string): string | undefined {
  return theirs === ours ? undefined : `is spoken in '${ours}' there, and was asked for in '${theirs}': use one codec at both ends`;
}

/** Returns what removes it again, and tells whether it did. */
function add<Taker>(
  takers: ByInstance<Taker>,
  { name, instance, taker, what }: { readonly name: string; readonly instance: InstanceId; readonly taker: Taker; readonly what: string },
): () => boolean {
  const of = takers.get(name) ?? new Map<InstanceId, Taker>();
  if (of.has(instance)) throw new TypeError(`this instance already ${what} named '${name}': end that first`);
  takers.set(name, of.set(instance, taker));
  return () => {
    if (of.get(instance) !== taker) return false;
    of.delete(instance);
    if (of.size === 0 && takers.get(name) === of) takers.delete(name);
    return true;
  };
}
