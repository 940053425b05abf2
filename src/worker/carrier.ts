/**
 * The main thread's side of one worker's peer: its sockets and its roster entry, which do what the worker says and say what they
 * hear. It knows nothing of documents. However the worker ends (in order, or in the middle of anything), the other end of the
 * wire is gone then, and sockets and entry go too: for the rest of the group that peer was killed.
 *
 *   knock ─▶ taken ─▶ welcome ─▶ open ─▶ announce ─▶ … ─▶ close ─▶ withdraw ─▶ (wire ends)
 *
 * What a worker does not read gathers here, within limits: what agreement can do without is dropped, as ZeroMQ would, and posts
 * stay with those who sent them.
 */

import type { MessagePort } from 'node:worker_threads';

import type { Discovery } from '../../sync/discovery.js';
import { laneOf } from '../../sync/transport.js';
import type { Transport, TransportListener } from '../../sync/transport.js';
import type { PeerId } from '../base/ids.js';
import type { Log } from '../base/log.js';
import { describe } from '../base/errors.js';
import { Account } from './account.js';
import { failureOf } from './failure.js';
import { Wire } from './wire.js';
import type { Call, FromHost, FromWorker, Order } from './words.js';

/** What a peer consists of in the main thread; nothing of it is open yet. */
export interface Furnished {
  /** The store's, as it really is called. */
  readonly directory: string;
  readonly transport: Transport;
  readonly discovery: Discovery;
}

export type Furnish = (order: Order, log: Log) => Promise<Furnished>;

/** Of each lane, what was published and a worker has not read. */
export const UNREAD_PUBLISHED_FRAMES_MAX = 4096;
export const UNREAD_PUBLISHED_BYTES_MAX = 64 * 1024 * 1024;
/** Requests, answers, subscriptions. */
export const UNREAD_REQUESTS_MAX = 4096;
export const UNREAD_REQUESTS_BYTES_MAX = 64 * 1024 * 1024;
/** Beyond this posts are left with those who sent them. */
export const UNREAD_POSTS_MAX = 1024;
export const UNREAD_POSTS_BYTES_MAX = 4 * 1024 * 1024;

export class Carrier {
  readonly #wire: Wire<FromHost, FromWorker>;
  readonly #ended: () => void;
  readonly #published = { state: new Account(PUBLISHED), messages: new Account(PUBLISHED) };
  readonly #requests = new Account({ framesMax: UNREAD_REQUESTS_MAX, bytesMax: UNREAD_REQUESTS_BYTES_MAX });
  readonly #posts = new Account({ framesMax: UNREAD_POSTS_MAX, bytesMax: UNREAD_POSTS_BYTES_MAX });
  /** By which number the worker calls the connection that it has to a peer now. */
  readonly #connections = new Map<PeerId, number>();
  #furnished: Furnished | undefined;
  #ending: Promise<void> | undefined;

  /** `ended` is called once, when nothing is left of it. */
  constructor(port: MessagePort, order: Order, { furnish, ended }: { readonly furnish: Furnish; readonly ended: () => void }) {
    this.#ended = ended;
    this.#wire = new Wire({ port, holdsThread: false, heard: (word) => this.#obey(word), ended: () => void this.end() });
    this.#wire.say({ kind: 'taken' });
    void this.#begin(furnish, order);
  }

  /** Asks the worker to close its peer. */
  bidEnd(): void {
    this.#wire.say({ kind: 'ending' });
  }

  /** Has the worker save what its peer alone has, while this thread waits. */
  bidSave(saved: Int32Array): void {
    this.#wire.sayAtOnce({ kind: 'exiting', saved });
  }

  /** Gives back all there is, whatever the worker is doing. Idempotent. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #begin(furnish: Furnish, order: Order): Promise<void> {
    const log: Log = ({ level, code, message }) => this.#wire.say({ kind: 'logged', entry: { level, code, message } });
    try {
      const furnished = await furnish(order, log);
      if (!this.#wire.isOpen) return;
      this.#furnished = furnished;
      this.#wire.say({ kind: 'welcome', directory: furnished.directory });
    } catch (error) {
      this.#wire.say({ kind: 'refused', failure: failureOf(error) });
      await this.end();
    }
  }

  async #end(): Promise<void> {
    this.#wire.close();
    const { transport, discovery } = this.#furnished ?? {};
    // The sockets first: whoever hears that they are gone looks a moment later whether the lock is free. What cannot be removed
    // is swept by whoever comes next, as after a kill.
    await Promise.allSettled([transport?.close()]);
    await Promise.allSettled([discovery?.withdraw()]);
    this.#ended();
  }

  #obey(word: FromWorker): void {
    if (this.#furnished === undefined) return;
    try {
      this.#perform(word, this.#furnished);
    } catch (error) {
      const message = `'${word.kind}' was not carried out for a worker thread: ${describe(error)}`;
      this.#wire.say({ kind: 'logged', entry: { level: 'error', code: 'worker-word-failed', message } });
    }
  }

  #perform(word: FromWorker, { transport, discovery }: Furnished): void {
    switch (word.kind) {
      case 'open':
        return this.#answer(word, () => transport.open(word.id, this.#listener));
      case 'announce':
        return this.#answer(word, () => discovery.announce(word.entry));
      case 'list':
        return this.#answer(word, () => discovery.list());
      case 'is-alive':
        return this.#answer(word, () => discovery.isAlive(word.peer));
      case 'withdraw':
        return this.#answer(word, () => discovery.withdraw());
      case 'close':
        return this.#answer(word, () => transport.close());
      case 'publish':
        return this.#answer(word, () => transport.publish(word.key, word.frame, word.body));
      case 'post':
        return this.#answer(word, () => transport.post(word.peer, word.frame, word.body));
      case 'request':
        return transport.request(word.peer, word.frame);
      case 'respond':
        return transport.respond(word.peer, word.frame);
      case 'connect':
        this.#connections.set(word.address.id, word.connection);
        return transport.connect(word.address);
      case 'disconnect':
        this.#connections.delete(word.peer);
        return transport.disconnect(word.peer);
      case 'subscribe':
        return transport.subscribe(word.key);
      case 'unsubscribe':
        return transport.unsubscribe(word.key);
    }
  }

  #answer({ call }: Call, act: () => unknown): void {
    const perform = async (): Promise<unknown> => act();
    perform().then(
      (value) => this.#wire.say({ kind: 'done', call, value }),
      (error: unknown) => this.#wire.say({ kind: 'failed', call, failure: failureOf(error) }),
    );
  }

  readonly #listener: TransportListener = {
    published: (frame, key, body) => {
      const account = this.#published[laneOf(key)];
      // In silence, as at a high-water mark of ZeroMQ: who misses it finds out by its numbers.
      if (!account.isFull) this.#wire.say({ kind: 'published', key, frame, body }, account);
    },
    posted: (from, frame, body) => {
      this.#wire.say({ kind: 'posted', from, frame, body }, this.#posts);
      return this.#posts.isFull ? this.#posts.untilRoom() : undefined;
    },
    requested: (from, frame) => this.#tell({ kind: 'requested', from, frame }),
    responded: (from, frame) => this.#tell({ kind: 'responded', from, frame }),
    subscribed: (key) => this.#tell({ kind: 'subscribed', key }),
    disconnected: (peer) => {
      const connection = this.#connections.get(peer);
      this.#connections.delete(peer);
      if (connection !== undefined) this.#wire.say({ kind: 'disconnected', peer, connection });
    },
    dropped: (reason, detail) => this.#tell({ kind: 'dropped', reason, detail }),
  };

  #tell(word: Extract<FromHost, { readonly kind: 'requested' | 'responded' | 'subscribed' | 'dropped' }>): void {
    if (!this.#requests.isFull) this.#wire.say(word, this.#requests);
  }
}

const PUBLISHED = { framesMax: UNREAD_PUBLISHED_FRAMES_MAX, bytesMax: UNREAD_PUBLISHED_BYTES_MAX };
