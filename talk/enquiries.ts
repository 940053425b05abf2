/**
 * Short questions from peer to peer, of the library's own: bytes there, bytes back, over posts. No instance is involved, nothing is
 * announced, and an older version that does not know them does not answer. Who asks must be content with no answer.
 */

import * as encoding from 'lib0/encoding';

import type { PeerId } from '../src/base/ids.js';
import { ENQUIRY_BYTES_MAX, ENQUIRY_PATIENCE_MS } from './limits.js';
import type { Mesh } from './mesh.js';
import { open, seal } from './wire/envelope.js';
import { readBytes, readCount } from './wire/reading.js';

/** The kinds of frame, behind those of requests and streams. */
const ENQUIRY = 48;
const REPLY = 49;

/** Undefined: no answer. */
export type EnquiryAnswerer = (question: Uint8Array) => Promise<Uint8Array | undefined>;

interface Waiting {
  readonly peer: PeerId;
  readonly settle: (answer: Uint8Array | undefined) => void;
}

export class Enquiries {
  readonly #mesh: Mesh;
  readonly #waiting = new Map<number, Waiting>();
  /** Whom we are working for: one question of a peer at a time. */
  readonly #answering = new Set<PeerId>();
  #answer: EnquiryAnswerer = async () => undefined;
  #nextId = 1;
  #isClosed = false;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  /** Who answers from now on. */
  answerWith(answer: EnquiryAnswerer): void {
    this.#answer = answer;
  }

  /** Asks a peer that we are linked with. Undefined where no answer comes within ENQUIRY_PATIENCE_MS. */
  ask(peer: PeerId, question: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#isClosed || question.length > ENQUIRY_BYTES_MAX) return Promise.resolve(undefined);
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const settle = (answer: Uint8Array | undefined): void => {
        cancel();
        this.#waiting.delete(id);
        resolve(answer);
      };
      const cancel = this.#mesh.clock.after(ENQUIRY_PATIENCE_MS, () => settle(undefined));
      this.#waiting.set(id, { peer, settle });
      void this.#mesh.transport.post(peer, this.#encode(ENQUIRY, id, question));
    });
  }

  /** Whether the frame was one of these. */
  posted(from: PeerId, bytes: Uint8Array): boolean {
    if (bytes[3] !== ENQUIRY && bytes[3] !== REPLY) return false;
    const opened = open(bytes, (kind, decoder) => ({ kind, id: readCount(decoder), payload: readBytes(decoder, ENQUIRY_BYTES_MAX) }));
    if (!opened.ok || opened.sender !== from || this.#isClosed) return opened.ok;
    const { kind, id, payload } = opened.frame;
    if (kind === ENQUIRY) void this.#reply(from, id, payload);
    else if (this.#waiting.get(id)?.peer === from) this.#waiting.get(id)?.settle(payload.slice());
    return true;
  }

  peerLost(peer: PeerId): void {
    for (const waiting of [...this.#waiting.values()]) if (waiting.peer === peer) waiting.settle(undefined);
  }

  close(): void {
    this.#isClosed = true;
    for (const { settle } of [...this.#waiting.values()]) settle(undefined);
  }

  async #reply(to: PeerId, id: number, question: Uint8Array): Promise<void> {
    if (this.#answering.has(to)) return;
    this.#answering.add(to);
    try {
      const answer = await this.#answer(question);
      if (answer !== undefined && !this.#isClosed) await this.#mesh.transport.post(to, this.#encode(REPLY, id, answer));
    } finally {
      this.#answering.delete(to);
    }
  }

  #encode(kind: number, id: number, payload: Uint8Array): Uint8Array {
    return seal({ kind, sender: this.#mesh.self }, (to) => {
      encoding.writeVarUint(to, id);
      encoding.writeVarUint8Array(to, payload);
    });
  }
}
