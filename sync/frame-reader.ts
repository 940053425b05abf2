/** Bytes from the transport → frames with their sender. What is none is dropped, counted by reason, and counts against whoever sent it. */

import type { PeerId } from '../src/base/ids.js';
import type { Log } from '../src/base/log.js';
import type { TransportDropReason } from './transport.js';
import { decodeFrame } from './wire/decode-frame.js';
import type { Decoded, DecodeFailure } from './wire/decode-frame.js';
import { UpdatesDecoder } from './wire/decode-updates.js';
import type { ProtocolRange, ReceivedFrame } from './wire/frame.js';

export type DropReason = DecodeFailure | TransportDropReason | 'misattributed';
export type DropCounts = ReadonlyMap<DropReason, number>;

export interface FrameReaderOptions {
  readonly protocol: ProtocolRange;
  readonly log: Log;
  /** It is known who sent what could not be read, or was not his. */
  readonly undecodable: (sender: PeerId, detail: string) => void;
}

export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #dropped = new Map<DropReason, number>();
  readonly #updates = new UpdatesDecoder();

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  get dropped(): DropCounts {
    return this.#dropped;
  }

  /** `from`: the peer that the transport vouches for, where it does. */
  read(bytes: Uint8Array, from: PeerId | undefined): ReceivedFrame | undefined {
    const received = this.#updates.decode(bytes) ?? this.#decode(bytes, from);
    if (received === undefined) return undefined;
    const { sender, frame } = received;
    if (from === undefined || from === sender) return { sender, frame };
    const detail = `${from} sent a frame of ${sender}`;
    this.drop('misattributed', detail);
    this.#options.undecodable(from, detail);
    return undefined;
  }

  #decode(bytes: Uint8Array, from: PeerId | undefined): ReceivedFrame | undefined {
    const decoded = decodeFrame(bytes, this.#options.protocol);
    if (decoded.ok) this.#updates.remember(bytes, decoded);
    else this.#blame(decoded, from);
    return decoded.ok ? decoded : undefined;
  }

  drop(reason: DropReason, detail: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
    this.#options.log({ level: 'debug', code: 'frame-dropped', message: `${reason}: ${detail}` });
  }

  /** Kinds and versions to come are nobody's fault. */
  #blame({ reason, detail, sender }: Extract<Decoded, { ok: false }>, from: PeerId | undefined): void {
    this.drop(reason, detail);
    const culprit = from ?? sender;
    if (culprit === undefined || reason === 'unknown-kind' || reason === 'version') return;
    this.#options.undecodable(culprit, `${reason}: ${detail}`);
  }
}
