/**
 * The half of an instance that talks: topics, ephemeral values, gestures, requests, streams, presence, undo. Each has its
 * file; here is only how they are reached. Nothing of it is made, and nothing goes over the network, before it is used.
 */

import type { InstanceId, PeerId } from '../base/ids.js';
import { MappedValues } from '../mapped/mapped-values.js';
import type { MappedInspection } from '../mapped/mapped-values.js';
import type { MappedParts } from '../mapped/open-mapping.js';
import type { Y } from '../replica/replica.js';
import { checkCodec } from './codec.js';
import type { Codec } from './codec.js';
import { lib0 } from './codecs/lib0.js';
import type { ConversationHost, InstanceHost } from './conversation-host.js';
import { checkName, checkPattern, isDefinition } from './definitions.js';
import type { EphemeralDefinition, RequestDefinition, StreamDefinition, TopicDefinition } from './definitions.js';
import { Ephemeral } from './ephemeral.js';
import type { EphemeralOptions } from './ephemeral.js';
import { Gestures } from './gestures.js';
import type { Gesture, ValueSeen } from './gestures.js';
import { Presence } from './presence.js';
import { Requests } from './requests.js';
import type { Answer, HandleOptions, RequestHandler, RequestOptions } from './requests.js';
import { Streams } from './streams.js';
import type { StreamOptions, TalkStream } from './streams.js';
import { Topic } from './topic.js';
import { Undoing } from './undo.js';
import type { UndoOptions, UndoScope } from './undo.js';

interface Parts {
  readonly host: ConversationHost;
  readonly ephemerals: Map<string, Opened>;
  readonly requests: Requests;
  readonly streams: Streams;
  readonly undoing: Undoing;
  readonly gestures: Gestures;
  readonly presence: Presence;
}

/** Ephemeral values of one name are one object, whoever asks for it. */
interface Opened {
  readonly values: unknown;
  readonly codec: string;
}

export abstract class Conversation {
  #parts: Parts | undefined;

  /** What the conversation stands on. Asked for once, at the first word. */
  protected abstract conversationHost(): InstanceHost;

  /**
   * Messages to everyone who subscribed, now; never stored. A name that ends in `/` stands for all topics below it, to subscribe to.
   * Default codec: `lib0()`.
   */
  topic<Value>(definition: TopicDefinition<Value>): Topic<Value>;
  topic<Value = unknown>(name: string, codec?: Codec<Value>): Topic<Value>;
  topic(given: string | TopicDefinition<unknown>, codec: Codec<unknown> = lib0()): Topic<unknown> {
    const { host } = this.#open();
    const { name, codec: chosen } = isDefinition(given, 'topic') ? (given as TopicDefinition<unknown>) : { name: given, codec };
    checkPattern(name);
    checkCodec(chosen);
    return new Topic(host, name, chosen);
  }

  /**
   * The latest value for each key and instance, at display rate; gone with its instance, never stored. The same name gives the same
   * object. Default codec: `lib0()`. A TypeError where the name was opened with another codec.
   */
  ephemeral<Value>(definition: EphemeralDefinition<Value>, options?: EphemeralOptions): Ephemeral<Value>;
  ephemeral<Value = unknown>(name: string, codec?: Codec<Value>, options?: EphemeralOptions): Ephemeral<Value>;
  ephemeral(
    given: string | EphemeralDefinition<unknown>,
    second?: Codec<unknown> | EphemeralOptions,
    third?: EphemeralOptions,
  ): Ephemeral<unknown> {
    const { host, ephemerals } = this.#open();
    const definition = isDefinition(given, 'ephemeral') ? (given as EphemeralDefinition<unknown>) : undefined;
    const name = definition === undefined ? given : definition.name;
    const codec = definition === undefined ? ((second as Codec<unknown> | undefined) ?? lib0()) : definition.codec;
    const options = (definition === undefined ? third : (second as EphemeralOptions | undefined)) ?? {};
    checkName(name);
    checkCodec(codec);
    const opened = ephemerals.get(name);
    if (opened !== undefined && opened.codec !== codec.name)
      throw new TypeError(`the ephemeral values '${name}' were opened with the codec ${opened.codec}; got ${codec.name}`);
    const values = (opened?.values as Ephemeral<unknown> | undefined) ?? new Ephemeral(host, name, codec, options);
    ephemerals.set(name, { values, codec: codec.name });
    return values;
  }

  /** What a knob needs: everybody sees it move at once, and one change is written at the end, which is one step of undo. */
  gesture<Value>(map: Y.Map<Value>, key: string): Gesture<Value> {
    return this.#open().gestures.gesture(map, key);
  }

  /** The other side of `gesture()`: moves and commits of a value as one stream. Returns what ends it. */
  observeValue<Value>(map: Y.Map<Value>, key: string, listener: (value: Value | undefined, seen: ValueSeen) => void): () => void {
    return this.#open().gestures.observeValue(map, key, listener);
  }

  /**
   * Answers requests of that name, until the returned function is called or the instance closes. The handler returns the answer, a
   * promise of it, or an async iterable for a stream of answers; what it throws reaches who asked as code, message and `data`.
   */
  handle<Input, Output>(
    definition: RequestDefinition<Input, Output>,
    handler: RequestHandler<Input, Output>,
    options?: HandleOptions,
  ): () => void;
  handle<Input = unknown, Output = unknown>(name: string, handler: RequestHandler<Input, Output>, options?: HandleOptions): () => void;
  handle(
    given: string | RequestDefinition<unknown, unknown>,
    handler: RequestHandler<unknown, unknown>,
    options?: HandleOptions,
  ): () => void {
    return this.#open().requests.handle(given, handler, options);
  }

  /**
   * Asks, and resolves with the answer; with `to: 'all'` with a list of what each said. Errors: SOCOMM_NO_HANDLER, SOCOMM_NO_WRITER,
   * SOCOMM_PEER_UNKNOWN, SOCOMM_PEER_LOST, SOCOMM_REQUEST_TIMEOUT, SOCOMM_BUSY, SOCOMM_ANSWER_STREAMED, SOCOMM_CODEC_MISMATCH,
   * SOCOMM_VALUE_INVALID, SOCOMM_TOO_LARGE, SOCOMM_CLOSED; a `RequestError` with what the handler threw; the signal's reason.
   */
  request<Input, Output>(
    definition: RequestDefinition<Input, Output>,
    input: Input,
    options: RequestOptions & { readonly to: 'all' },
  ): Promise<readonly Answer<Output>[]>;
  request<Output = unknown>(
    name: string,
    input: unknown,
    options: RequestOptions & { readonly to: 'all' },
  ): Promise<readonly Answer<Output>[]>;
  request<Input, Output>(definition: RequestDefinition<Input, Output>, input: Input, options?: RequestOptions): Promise<Output>;
  request<Output = unknown>(name: string, input: unknown, options?: RequestOptions): Promise<Output>;
  async request(given: string | RequestDefinition<unknown, unknown>, input: unknown, options?: RequestOptions): Promise<unknown> {
    return this.#open().requests.request(given, input, options);
  }

  /** Asks, and gives the answers one by one as the handler yields them, no faster than they are taken. Leaving the loop cancels the handler. Errors: as `request()`. */
  requestStream<Input, Output>(
    definition: RequestDefinition<Input, Output>,
    input: Input,
    options?: RequestOptions,
  ): AsyncIterableIterator<Output>;
  requestStream<Output = unknown>(name: string, input: unknown, options?: RequestOptions): AsyncIterableIterator<Output>;
  requestStream(
    given: string | RequestDefinition<unknown, unknown>,
    input: unknown,
    options?: RequestOptions,
  ): AsyncIterableIterator<unknown> {
    return this.#open().requests.requestStream(given, input, options);
  }

  /**
   * Opens a stream to an instance, or to any instance of a peer that takes streams of that name. Ordered, complete, and no faster than
   * the other end reads. Default codec: `raw()`. Errors: SOCOMM_NO_HANDLER, SOCOMM_PEER_UNKNOWN, SOCOMM_PEER_LOST, SOCOMM_CODEC_MISMATCH.
   */
  openStream<Value>(to: InstanceId | PeerId, definition: StreamDefinition<Value>, options?: StreamOptions): Promise<TalkStream<Value>>;
  openStream(to: InstanceId | PeerId, name: string, options?: Omit<StreamOptions, 'codec'>): Promise<TalkStream<Uint8Array>>;
  openStream<Value>(
    to: InstanceId | PeerId,
    name: string,
    options: StreamOptions & { readonly codec: Codec<Value> },
  ): Promise<TalkStream<Value>>;
  async openStream(
    to: InstanceId | PeerId,
    given: string | StreamDefinition<unknown>,
    options?: StreamOptions,
  ): Promise<TalkStream<unknown>> {
    return this.#open().streams.openStream(to, given, options);
  }

  /** Takes streams of that name, until the returned function is called or the instance closes. */
  onStream<Value>(definition: StreamDefinition<Value>, listener: (stream: TalkStream<Value>) => void | Promise<void>): () => void;
  onStream(name: string, listener: (stream: TalkStream<Uint8Array>) => void | Promise<void>): () => void;
  onStream<Value>(
    name: string,
    listener: (stream: TalkStream<Value>) => void | Promise<void>,
    options: { readonly codec: Codec<Value> },
  ): () => void;
  onStream(
    given: string | StreamDefinition<unknown>,
    listener: (stream: TalkStream<never>) => void | Promise<void>,
    options?: StreamOptions,
  ): () => void {
    return this.#open().streams.onStream(given, listener as (stream: TalkStream<unknown>) => void, options);
  }

  /** What each instance says of itself while it is there. */
  get presence(): Presence {
    return this.#open().presence;
  }

  /** Undo and redo of what this instance wrote in `transact()`, and of nothing else. Ends with the instance. Options: those of `Y.UndoManager`. */
  undo(types: UndoScope, options?: UndoOptions): Y.UndoManager {
    return this.#open().undoing.undo(types, options);
  }

  /** What is mapped, for `inspect()`. Nothing is before the first word. */
  protected inspectMapped(mapping: MappedParts): MappedInspection {
    const mapped = this.#parts?.host.mapped;
    if (mapped !== undefined) return mapped.inspection;
    const { isMapped } = mapping;
    const [reason, text] = mapping.isMapped ? [undefined, undefined] : [mapping.reason, mapping.text];
    return { isMapped, reason, text, path: undefined, values: 0, leftOut: 0, others: [] };
  }

  #open(): Parts {
    const parts = (this.#parts ??= assemble(this.conversationHost()));
    parts.host.assertOpen();
    return parts;
  }
}

function assemble(given: InstanceHost): Parts {
  const host: ConversationHost = { ...given, mapped: mappedFor(given) };
  const undoing = new Undoing(host);
  return {
    host,
    ephemerals: new Map(),
    requests: new Requests(host),
    streams: new Streams(host),
    undoing,
    gestures: new Gestures(host, undoing),
    presence: new Presence(host),
  };
}

function mappedFor({ id, clock, talker, mapping, warn, onClose }: InstanceHost): MappedValues | undefined {
  if (!mapping.isMapped) return undefined;
  const mapped = new MappedValues({ id, clock, values: talker.values, warn }, mapping);
  onClose(() => mapped.close());
  return mapped;
}
