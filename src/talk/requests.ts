/** Requests of an instance: what it handles for others, and what it asks of them. The bytes' way is talk/channels.ts. */

import type { Exchange } from '../../talk/channel/asking.js';
import type { Call } from '../../talk/channel/call.js';
import type { ChannelOwner } from '../../talk/channel/channel.js';
import type { Channels, Question } from '../../talk/channels.js';
import { CONCURRENCY_DEFAULT } from '../../talk/limits.js';
import { SocommError, isSocommError } from '../base/errors.js';
import { isPeerId, peerOf } from '../base/ids.js';
import type { InstanceId, PeerId } from '../base/ids.js';
import { AnswerStream } from './answer-stream.js';
import { checkSignal } from './arguments.js';
import { CallWork } from './call-work.js';
import type { RequestHandler } from './call-work.js';
import { checkCodec } from './codec.js';
import type { Codec } from './codec.js';
import { lib0 } from './codecs/lib0.js';
import type { ConversationHost } from './conversation-host.js';
import { checkName, isDefinition } from './definitions.js';
import type { RequestDefinition } from './definitions.js';
import { checkTimeout } from './giving-up.js';
import { OneAnswer } from './one-answer.js';
import { writeValue } from './read-value.js';

export type { RequestContext, RequestHandler } from './call-work.js';

export type RequestTarget = InstanceId | PeerId | 'any' | 'writer' | 'all';

export interface RequestOptions {
  /** Whom to ask. Default: any instance that handles it. */
  readonly to?: RequestTarget;
  readonly signal?: AbortSignal;
  /** Rejects with SOCOMM_REQUEST_TIMEOUT after this long. Default: no limit; who dies rejects at once. */
  readonly timeoutMs?: number;
  /** For a name without a definition: of the input and of the output. Default: `lib0()`. */
  readonly codec?: Codec<unknown>;
}

export interface HandleOptions {
  /** How many at a time; others wait in order. Default: 16. */
  readonly concurrencyMax?: number;
  /** For a name without a definition: of the input and of the output. Default: `lib0()`. */
  readonly codec?: Codec<unknown>;
}

/** One answer of a request to all. */
export type Answer<Output> = { readonly from: InstanceId; readonly value: Output } | { readonly from: InstanceId; readonly error: Error };

type Given<Input, Output> = RequestDefinition<Input, Output> | string;
type Codecs = Pick<RequestDefinition<unknown, unknown>, 'name' | 'input' | 'output'>;
type Ask = (owner: ChannelOwner) => Exchange;

const INSTANCE_ID = /^[0-9a-f]{16}\.[1-9]\d{0,14}$/;
const DEFAULT_CODEC = lib0();

export class Requests {
  readonly #host: ConversationHost;

  constructor(host: ConversationHost) {
    this.#host = host;
  }

  handle<Input, Output>(
    given: Given<Input, Output>,
    handler: RequestHandler<Input, Output>,
    { concurrencyMax = CONCURRENCY_DEFAULT, codec }: HandleOptions = {},
  ): () => void {
    this.#host.assertOpen();
    const { name, input, output } = codecsOf(given, codec);
    if (typeof handler !== 'function') throw new TypeError(`the handler of '${name}' is a function; got ${typeof handler}`);
    if (!Number.isSafeInteger(concurrencyMax) || concurrencyMax < 1)
      throw new TypeError(`'concurrencyMax' is a whole number from 1; got ${String(concurrencyMax)}`);
    const craft = { input, output, handler: handler as RequestHandler<unknown, unknown> };
    return this.#channels.handle(this.#host.id, name, {
      inputCodec: input.name,
      outputCodec: output.name,
      concurrencyMax,
      called: (call: Call) => new CallWork(call, craft).begin(),
    });
  }

  request<Input, Output>(
    given: Given<Input, Output>,
    input: Input,
    options: RequestOptions = {},
  ): Promise<Output | readonly Answer<Output>[]> {
    const { codecs, question } = this.#question(given, input, options, false);
    if (options.to === 'all') return this.#askAll(question, codecs.output, options) as Promise<readonly Answer<Output>[]>;
    return this.#askOne(this.#asker(question, options.to ?? 'any'), codecs.output, options) as Promise<Output>;
  }

  requestStream<Input, Output>(given: Given<Input, Output>, input: Input, options: RequestOptions = {}): AsyncIterableIterator<Output> {
    if (options.to === 'all') throw new TypeError(`requestStream() asks one: 'to' is 'any', 'writer', or the id of an instance or a peer`);
    const { codecs, question } = this.#question(given, input, options, true);
    const ask = this.#asker(question, options.to ?? 'any');
    const { signal, timeoutMs } = options;
    return new AnswerStream<Output>({ clock: this.#host.clock, codec: codecs.output, ask, signal, timeoutMs, signals: this.#host.signals });
  }

  get #channels(): Channels {
    return this.#host.talker.channels;
  }

  #question(
    given: Given<unknown, unknown>,
    value: unknown,
    { codec, timeoutMs, signal }: RequestOptions,
    isStreamWanted: boolean,
  ): { readonly codecs: Codecs; readonly question: Question } {
    this.#host.assertOpen();
    const codecs = codecsOf(given, codec);
    checkTimeout(timeoutMs);
    checkSignal(signal);
    const { name, input, output } = codecs;
    return {
      codecs,
      question: { name, inputCodec: input.name, outputCodec: output.name, input: writeValue(input, value), isStreamWanted },
    };
  }

  #asker(question: Question, to: Exclude<RequestTarget, 'all'>): Ask {
    const { id, talker } = this.#host;
    if (to === 'any') return (owner) => this.#channels.askAny(id, question, owner, this.#avoidance());
    if (to === 'writer') {
      return (owner) => {
        const writer = talker.mesh.writer();
        if (writer === undefined) throw new SocommError('SOCOMM_NO_WRITER', 'nobody in this group writes at the moment');
        return this.#channels.ask(id, writer, question, owner);
      };
    }
    checkTarget(to);
    return (owner) => this.#channels.ask(id, to, question, owner);
  }

  /** Who does not answer at the moment; found out only where there is a choice. */
  #avoidance(): (instance: InstanceId) => boolean {
    let silent: ReadonlySet<string> | undefined;
    return (instance) => (silent ??= this.#host.silentPeers()).has(peerOf(instance));
  }

  #askOne(ask: Ask, codec: Codec<unknown>, { signal, timeoutMs }: RequestOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      new OneAnswer({ clock: this.#host.clock, codec, resolve, reject, signal, timeoutMs, signals: this.#host.signals }).begin(ask);
    });
  }

  async #askAll(question: Question, codec: Codec<unknown>, options: RequestOptions): Promise<readonly Answer<unknown>[]> {
    const everybody = await this.#channels.handlersOf(question.name);
    this.#host.assertOpen();
    const answers = await Promise.all(
      everybody.map(async (from): Promise<Answer<unknown> | undefined> => {
        try {
          return { from, value: await this.#askOne((owner) => this.#channels.ask(this.#host.id, from, question, owner), codec, options) };
        } catch (error) {
          // Who no longer handles it is not of all who do.
          if (isSocommError(error, 'SOCOMM_NO_HANDLER') || isSocommError(error, 'SOCOMM_PEER_UNKNOWN')) return undefined;
          return { from, error: error as Error };
        }
      }),
    );
    options.signal?.throwIfAborted();
    this.#host.assertOpen();
    return answers.filter((answer) => answer !== undefined);
  }
}

function codecsOf(given: Given<unknown, unknown>, codec: Codec<unknown> = DEFAULT_CODEC): Codecs {
  if (isDefinition(given, 'request')) return given as Codecs;
  checkName(given);
  checkCodec(codec);
  return { name: given, input: codec, output: codec };
}

export function checkTarget(to: unknown): asserts to is InstanceId | PeerId {
  if (!isPeerId(to) && (typeof to !== 'string' || !INSTANCE_ID.test(to)))
    throw new TypeError(`'${String(to).slice(0, 80)}' is neither the id of an instance nor that of a peer`);
}
