/**
 * The one door to `zeromq`: loads it when the first transport is opened, keeps the one `Context` of this loaded copy,
 * and makes sockets that differ from ZeroMQ's defaults in what could hurt us:
 *
 *   linger 0          a default socket keeps the process from ending
 *   send timeout 0    a send is done or refused at once; one that waits would make the next throw EBUSY (posts may wait, see poster)
 *   high-water marks  explicit, and a limit on the size of a message
 *   same user only    on what is bound (`ZMQ_IPC_FILTER_UID`), besides the directory's mode
 *   no heartbeats     40 idle peers with them cost more than half of a core; pulses do that work
 *
 * Main thread only: libzmq aborts the process when a worker with a waiting socket ends.
 */

import type { Context, Dealer, Router, Subscriber, XPublisher } from 'zeromq';
import { SocommError } from '../../src/base/errors.js';
import { nativeMissing } from '../../src/base/native-missing.js';
import { loadNativePackage } from '../../src/base/native-package.js';
import type { Lane } from '../transport.js';

export type { Dealer, Router, Subscriber, XPublisher };
type Zeromq = typeof import('zeromq');

/** The largest frame that is carried, well above the protocol's own limit; a larger one is a programmer's mistake. */
export const CARRIED_BYTES_MAX = 64 * 1024 * 1024;
/** Of one part of a message. The room above a frame is for the wire, not for us. */
export const MESSAGE_BYTES_MAX = CARRIED_BYTES_MAX + 1024 * 1024;
/**
 * Published frames of state that wait in ZeroMQ for one slow subscriber before it misses some. At the 64 KiB of the
 * largest frame 128 MiB, which subscribers that are stopped at the same time share: ZeroMQ keeps one copy for all.
 */
export const PUBLISHED_HIGH_WATER_FRAMES = 2048;
/** Published frames of state that wait in ZeroMQ for us, per publisher, before the publisher's own queue fills. */
export const RECEIVED_HIGH_WATER_FRAMES = 2048;
/** The same for messages, on each side: who is that far behind had better miss some. */
export const MESSAGES_HIGH_WATER_FRAMES = 1024;
/** Requests or responses that wait in ZeroMQ for one peer before more are refused. */
export const REQUESTS_HIGH_WATER_FRAMES = 512;
/** Posts that wait in ZeroMQ for one peer before the poster waits, and in the peer for its reader. */
export const POSTS_HIGH_WATER_FRAMES = 256;
/** Connections that wait to be accepted: a whole group may start at once. */
const BACKLOG_CONNECTIONS = 512;
/** Time between attempts to connect: the first ones, and what it grows to. */
const RECONNECT_MS = 100;
const RECONNECT_MAX_MS = 2000;
/** Sockets of one context: per peer two DEALERs, and two for the observer of each. */
const SOCKETS_MAX = 8192;

/** `zmq.h`: options that the package gives no name to. */
const ZMQ_SNDHWM = 23;
const ZMQ_IPC_FILTER_UID = 59;

export interface Sockets {
  publisher(lane: Lane): XPublisher;
  subscriber(lane: Lane): Subscriber;
  responder(): Router;
  requester(routingId: string): Dealer;
  mailbox(): Router;
  poster(routingId: string): Dealer;
}

let loaded: Promise<Sockets> | undefined;

/** Errors: SOCOMM_NATIVE_MISSING, SOCOMM_NO_IPC. A failure is not kept: the next call tries again. */
export function loadSockets(): Promise<Sockets> {
  loaded ??= makeSockets(() => loadNativePackage('zeromq', () => import('zeromq'))).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** As `loadSockets()`, with a context of its own from a package that is given. */
export async function makeSockets(load: () => Promise<Zeromq>): Promise<Sockets> {
  const zeromq = await load().catch((cause: unknown) => {
    throw nativeMissing('zeromq', cause);
  });
  if (zeromq.capability.ipc !== true) {
    throw new SocommError(
      'SOCOMM_NO_IPC',
      `This build of ZeroMQ (${zeromq.version}, ${process.platform}-${process.arch}) has no ipc sockets, and plain TCP would let` +
        ' anybody in. Use the prebuilt package `zeromq` 6, or on Windows a version of Windows 10 (1803) or later.',
    );
  }
  // A context lives until the process ends: hence one per copy. `blocky: false`: it does not hold up that end, but for what lingers.
  const context = new zeromq.Context({ blocky: false, ioThreads: 1, maxSockets: SOCKETS_MAX });
  return socketsOf(zeromq, context);
}

function socketsOf(zeromq: Zeromq, context: Context): Sockets {
  const common = { context, linger: 0, maxMessageSize: MESSAGE_BYTES_MAX };
  const bound = { ...common, backlog: BACKLOG_CONNECTIONS };
  const connecting = { ...common, reconnectInterval: RECONNECT_MS, reconnectMaxInterval: RECONNECT_MAX_MS };
  const requests = { sendTimeout: 0, sendHighWaterMark: REQUESTS_HIGH_WATER_FRAMES, receiveHighWaterMark: REQUESTS_HIGH_WATER_FRAMES };
  const posts = { sendTimeout: 0, sendHighWaterMark: POSTS_HIGH_WATER_FRAMES, receiveHighWaterMark: POSTS_HIGH_WATER_FRAMES };
  return {
    // `allSubs`: every subscriber of a key is reported, not only the first; each waits for its own READY.
    publisher: (lane) => {
      const sendHighWaterMark = lane === 'state' ? PUBLISHED_HIGH_WATER_FRAMES : MESSAGES_HIGH_WATER_FRAMES;
      return sameUserOnly(new zeromq.XPublisher({ ...bound, sendTimeout: 0, sendHighWaterMark, verbosity: 'allSubs' }));
    },
    subscriber: (lane) => {
      const receiveHighWaterMark = lane === 'state' ? RECEIVED_HIGH_WATER_FRAMES : MESSAGES_HIGH_WATER_FRAMES;
      const socket = new zeromq.Subscriber({ ...connecting, receiveHighWaterMark });
      // What it sends is subscriptions. Over the mark libzmq drops them in silence: so there is none.
      nativeOptionsOf(socket).setInt32Option(ZMQ_SNDHWM, 0);
      return socket;
    },
    // `mandatory`: told instead of silently dropped. `handover`: a peer that connects anew is not refused
    // because the end of its earlier connection has not been noticed yet.
    responder: () => sameUserOnly(new zeromq.Router({ ...bound, ...requests, mandatory: true, handover: true })),
    requester: (routingId) => new zeromq.Dealer({ ...connecting, ...requests, routingId }),
    mailbox: () => sameUserOnly(new zeromq.Router({ ...bound, ...posts, mandatory: true, handover: true })),
    // Once cut it is of no use, since what had been sent halfway is lost: the owner gets time to hear of that before ZeroMQ
    // makes the connection anew and sends the rest.
    poster: (routingId) => new zeromq.Dealer({ ...connecting, ...posts, reconnectInterval: RECONNECT_MAX_MS, routingId }),
  };
}

function sameUserOnly<Socket extends Router | XPublisher>(socket: Socket): Socket {
  if (process.getuid !== undefined) nativeOptionsOf(socket).setInt32Option(ZMQ_IPC_FILTER_UID, process.getuid());
  return socket;
}

/** The way to options without a name of their own; the package keeps it for its subclasses. */
function nativeOptionsOf(socket: object): { setInt32Option(option: number, value: number): void } {
  return socket as { setInt32Option(option: number, value: number): void };
}
