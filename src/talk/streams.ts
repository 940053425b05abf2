/** Streams of an instance: those that it opens, and those that it takes. One end of a stream is src/talk/talk-stream.ts. */

import type { InstanceId, PeerId } from '../base/ids.js';
import { checkSignal } from './arguments.js';
import { checkCodec } from './codec.js';
import type { Codec } from './codec.js';
import { raw } from './codecs/raw.js';
import type { ConversationHost } from './conversation-host.js';
import { checkName, isDefinition } from './definitions.js';
import type { StreamDefinition } from './definitions.js';
import { checkTarget } from './requests.js';
import { TalkStreamEnd } from './talk-stream.js';
import type { TalkStream } from './talk-stream.js';
import { messageOf } from './request-error.js';

export type { TalkStream } from './talk-stream.js';

export interface StreamOptions {
  /** Default: `raw()`. */
  readonly codec?: Codec<unknown>;
  /** Gives up opening; a stream that is open is ended with `abort()`. */
  readonly signal?: AbortSignal;
}

type Listener<Value> = (stream: TalkStream<Value>) => void | Promise<void>;

export class Streams {
  readonly #host: ConversationHost;

  constructor(host: ConversationHost) {
    this.#host = host;
  }

  openStream<Value>(
    to: InstanceId | PeerId,
    given: StreamDefinition<Value> | string,
    { codec: chosen, signal }: StreamOptions = {},
  ): Promise<TalkStream<Value>> {
    this.#host.assertOpen();
    checkTarget(to);
    checkSignal(signal);
    const { name, codec } = codecOf<Value>(given, chosen);
    const { id, talker, signals } = this.#host;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const aborted = (): void => {
        reject(signal?.reason);
        stream.abort(signal?.reason);
      };
      const unwatch = signal && signals.watch(signal, aborted);
      const settle = (): void => unwatch?.();
      const stream = new TalkStreamEnd<Value>({
        name,
        codec,
        opened: () => {
          settle();
          resolve(stream);
        },
        failed: (error) => {
          settle();
          reject(error);
        },
      });
      try {
        talker.channels.open(id, to, { name, codec: codec.name }, stream.owner);
      } catch (error) {
        settle();
        reject(error);
      }
    });
  }

  onStream<Value>(given: StreamDefinition<Value> | string, listener: Listener<Value>, { codec: chosen }: StreamOptions = {}): () => void {
    this.#host.assertOpen();
    const { name, codec } = codecOf<Value>(given, chosen);
    if (typeof listener !== 'function') throw new TypeError(`the listener of '${name}' is a function; got ${typeof listener}`);
    return this.#host.talker.channels.listen(this.#host.id, name, {
      codec: codec.name,
      opened: () => {
        const stream: TalkStreamEnd<Value> = new TalkStreamEnd<Value>({
          name,
          codec,
          opened: () => void this.#listen(stream, listener),
          failed: () => undefined,
        });
        return stream.owner;
      },
    });
  }

  /** A listener that returns a promise has the stream until then: our direction ends with it. */
  async #listen<Value>(stream: TalkStreamEnd<Value>, listener: Listener<Value>): Promise<void> {
    try {
      const listening = listener(stream);
      if (listening === undefined) return;
      await listening;
      await stream.end();
    } catch (error) {
      // Its own failure comes back to us this way, and has been told.
      if (stream.hasFailed) return;
      stream.abort(error);
      this.#host.warn('listener-threw', `the listener of streams '${stream.name}' threw: ${messageOf(error)}`);
    }
  }
}

function codecOf<Value>(
  given: StreamDefinition<Value> | string,
  chosen: Codec<unknown> = raw(),
): { readonly name: string; readonly codec: Codec<Value> } {
  if (isDefinition(given, 'stream')) return given as StreamDefinition<Value>;
  checkName(given);
  checkCodec(chosen);
  return { name: given, codec: chosen as Codec<Value> };
}
