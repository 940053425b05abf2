/**
 * What the two threads say to each other. Both ends are of one version of this package, so the words may change with each
 * version; only a `Knock` must be understood by all, to say that the versions differ.
 */

import type { MessagePort } from 'node:worker_threads';

import type { RosterEntry } from '../../sync/discovery.js';
import type { PeerAddress, TransportDropReason } from '../../sync/transport.js';
import type { PeerId } from '../base/ids.js';
import type { LogEntry } from '../base/log.js';
import type { Failure } from './failure.js';

/** What a worker wants to join; paths as they were given, for the main thread to resolve as it does its own. */
export interface Order {
  readonly group: string;
  readonly directory: string | undefined;
  readonly runtimeDirectory: string | undefined;
}

/** How a worker asks for a host. All hosts of the process hear it. */
export interface Knock {
  readonly socomm: 'knock';
  readonly packageVersion: string;
  readonly order: Order;
  readonly port: MessagePort;
  /** Set by the host that takes it, for all to see: they are given the same object. */
  isTaken?: boolean;
}

export function isKnock(value: unknown): value is Knock {
  return typeof value === 'object' && value !== null && 'socomm' in value && value.socomm === 'knock';
}

/** With a `call` an answer under the same number comes back. */
export type FromWorker =
  | { readonly kind: 'open'; readonly call: number; readonly id: PeerId }
  | { readonly kind: 'announce'; readonly call: number; readonly entry: RosterEntry }
  | { readonly kind: 'list'; readonly call: number }
  | { readonly kind: 'is-alive'; readonly call: number; readonly peer: PeerId }
  | { readonly kind: 'withdraw'; readonly call: number }
  | { readonly kind: 'close'; readonly call: number }
  | { readonly kind: 'connect'; readonly connection: number; readonly address: PeerAddress }
  | { readonly kind: 'disconnect'; readonly peer: PeerId }
  | { readonly kind: 'subscribe'; readonly key: string }
  | { readonly kind: 'unsubscribe'; readonly key: string }
  | {
      readonly kind: 'publish';
      readonly call: number;
      readonly key: string;
      readonly frame: Uint8Array;
      readonly body: Uint8Array | undefined;
    }
  | {
      readonly kind: 'post';
      readonly call: number;
      readonly peer: PeerId;
      readonly frame: Uint8Array;
      readonly body: Uint8Array | undefined;
    }
  | { readonly kind: 'request'; readonly peer: PeerId; readonly frame: Uint8Array }
  | { readonly kind: 'respond'; readonly peer: PeerId; readonly frame: Uint8Array };

/** Those of `FromWorker` that are answered. */
export type Call = Extract<FromWorker, { readonly call: number }>;

export type FromHost =
  /** The knock was heard; more follows when the places have been looked at. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'welcome'; readonly directory: string }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'done'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly call: number; readonly failure: Failure }
  /** The main thread hosts no longer: close in order, and soon. */
  | { readonly kind: 'ending' }
  /** The process ends in this very moment: save what nobody confirmed, and count one up in `saved`, for which the main thread waits. */
  | { readonly kind: 'exiting'; readonly saved: Int32Array }
  | { readonly kind: 'logged'; readonly entry: LogEntry }
  | HeardWord;

/** What the transport in the main thread hears. */
export type HeardWord =
  | { readonly kind: 'published'; readonly key: string; readonly frame: Uint8Array; readonly body: Uint8Array | undefined }
  | { readonly kind: 'posted'; readonly from: PeerId; readonly frame: Uint8Array; readonly body: Uint8Array | undefined }
  | { readonly kind: 'requested'; readonly from: PeerId; readonly frame: Uint8Array }
  | { readonly kind: 'responded'; readonly from: PeerId; readonly frame: Uint8Array }
  | { readonly kind: 'subscribed'; readonly key: string }
  | { readonly kind: 'disconnected'; readonly peer: PeerId; readonly connection: number }
  | { readonly kind: 'dropped'; readonly reason: TransportDropReason; readonly detail: string };
