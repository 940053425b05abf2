/**
 * The port by which frames travel between peers. It moves opaque bytes, promises nothing about loss, and
 * says when a peer's connection has gone. Numbers, pulses and catch-up (the engine) make that safe.
 *
 * Three ways to say something:
 *   publish   one to all that subscribed to the key, on the lane of that key; dropped silently at a slow peer
 *   request → respond   one to one, in order as long as the connection lasts: what agreement asks
 *   post      one to one on the lane of messages, in order, nothing dropped as long as the connection lasts: it waits instead
 *
 * Implementations: zeromq-transport (processes) and memory-transport (tests). Both pass test/contract/transport.
 */

import type { PeerId } from '../src/base/ids.js';

/** Where a peer is reached. */
export interface PeerAddress {
  readonly id: PeerId;
  /** Where others subscribe to state, e.g. `ipc:///run/user/1000/socomm/4f….p`. */
  readonly publisher: string;
  /** Where others subscribe to messages. */
  readonly messenger: string;
  /** Where others send requests. */
  readonly responder: string;
}

/**
 * Published frames travel on one of two lanes, each with sockets and queues of its own, so that a flood of messages
 * cannot crowd out state. Nothing orders one lane against the other.
 */
export type Lane = 'state' | 'messages';

/** Which lane a key belongs to: topics (`t/…`) are messages, everything else is state. The one place for this rule. */
export function laneOf(key: string): Lane {
  return key.startsWith('t/') ? 'messages' : 'state';
}

/** What a transport reports. Never called from within a call into the transport, and never after `close()`. */
export interface TransportListener {
  /** A published frame under a key that was subscribed to, with the body that it was published with. The bytes belong to the listener. */
  published(frame: Uint8Array, key: string, body: Uint8Array | undefined): void;
  /** A request from a peer, to be answered (if at all) with `respond(from, …)`. */
  requested(from: PeerId, frame: Uint8Array): void;
  /** What a peer responded to one of our requests. */
  responded(from: PeerId, frame: Uint8Array): void;
  /**
   * What a peer posted to us. It may come before we connect to the peer, and the last of it after `disconnected`. A promise asks
   * for time: until it resolves, further posts had better wait where they are.
   */
  posted(from: PeerId, frame: Uint8Array, body: Uint8Array | undefined): void | Promise<void>;
  /** Some peer's subscription to `key` reached our publisher: what is published under it from now on goes to that peer. */
  subscribed(key: string): void;
  /** The connection to a peer that we had connected to is gone (it was killed, closed, or cut off). */
  disconnected(peer: PeerId): void;
  /** Something that was no message of ours arrived, or a queue overflowed: counted, dropped, told. */
  dropped(reason: TransportDropReason, detail: string): void;
}

export type TransportDropReason = 'foreign' | 'queue-full' | 'unreachable';

export interface Transport {
  /** Binds. Resolves with the address that others may connect to. */
  open(id: PeerId, listener: TransportListener): Promise<PeerAddress>;
  /** Begins to receive what `peer` publishes. Idempotent; on the new connection all current subscriptions come first. */
  connect(peer: PeerAddress): void;
  /** Whether the address could be connected to from here, as far as one can tell without trying. */
  canReach(peer: Pick<PeerAddress, 'publisher' | 'responder'>): boolean;
  /** Ends both directions to a peer; no `disconnected` follows. */
  disconnect(peer: PeerId): void;
  /** Keys are ASCII; a subscription is a prefix, within the lane that it belongs to itself. */
  subscribe(key: string): void;
  unsubscribe(key: string): void;
  /**
   * Hands one frame to all subscribers of `key`, and with it a body. Resolves when the next may be handed over; never rejects.
   * The bytes must not be touched again, nor what lies in front of them where that is the key: a frame that was written behind its
   * key and a zero, at the beginning of its memory, need not be copied.
   */
  publish(key: string, frame: Uint8Array, body?: Uint8Array): Promise<void>;
  /**
   * Sends to a connected peer on the lane of messages: a frame of at least one byte, and with it a body, which is carried as it
   * lies in memory, uncopied. Resolves when the next may be handed over (or the connection has ended); never rejects. Whoever
   * does not wait fills memory. The bytes must not be touched again.
   */
  post(peer: PeerId, frame: Uint8Array, body?: Uint8Array): Promise<void>;
  /** Sends to a connected peer; queued without waiting, in order, within a limit. The bytes must not be touched again. */
  request(peer: PeerId, frame: Uint8Array): void;
  /** Answers a peer that has sent a request before. */
  respond(peer: PeerId, frame: Uint8Array): void;
  /** Hands over what is queued as far as that takes no waiting, then releases everything. Idempotent. */
  close(): Promise<void>;
  /** Kept for inspection: bytes and frames in and out. */
  readonly traffic: Traffic;
}

export interface Traffic {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}
