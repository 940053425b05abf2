/** A peer made by hand: it says what a test wants, honest or not, over the same network as the real ones. */

import { newPeerId } from '../../src/base/ids.js';
import type { PeerId } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import type { Room } from './room.js';
import { GROUP_KEY, documentKey } from '../../sync/keys.js';
import { MemoryTransport } from '../../sync/memory-transport.js';
import type { PeerAddress } from '../../sync/transport.js';
import { decodeFrame } from '../../sync/wire/decode-frame.js';
import { encodeFrame } from '../../sync/wire/encode-frame.js';
import { PROTOCOL } from '../../sync/wire/frame.js';
import type { Frame, PeerStatus, ProtocolRange } from '../../sync/wire/frame.js';

export class Stranger {
  readonly id: PeerId;
  readonly heard: Frame[] = [];
  readonly #transport: MemoryTransport;
  readonly #room: Room;
  #address: PeerAddress | undefined;

  constructor(room: Room, seed = 99) {
    this.#room = room;
    this.id = newPeerId(seededRandom(seed));
    this.#transport = new MemoryTransport(room.network);
  }

  /** Enters the roster, says hello to a peer, and waits until it is linked. */
  async meet(peer: PeerId, { range = PROTOCOL, status = {} }: { range?: ProtocolRange; status?: Partial<PeerStatus> } = {}): Promise<void> {
    const hear = (bytes: Uint8Array): void => {
      const decoded = decodeFrame(bytes);
      if (decoded.ok) this.heard.push(decoded.frame);
    };
    this.#address ??= await this.#transport.open(this.id, {
      published: hear,
      requested: (_from, bytes) => hear(bytes),
      responded: (_from, bytes) => hear(bytes),
      posted: () => undefined,
      subscribed: () => undefined,
      disconnected: () => undefined,
      dropped: () => undefined,
    });
    const versions = { ...range, packageVersion: '0', pid: 0, canWrite: false };
    await this.#room.roster.discovery().announce({ ...this.#address, ...versions });
    for (const key of [GROUP_KEY, documentKey('main')]) this.#transport.subscribe(key);
    this.#transport.connect({ ...this.#address, id: peer, publisher: `memory:${peer}.p`, responder: `memory:${peer}.r` });
    const said: PeerStatus = {
      revision: 1,
      term: 0,
      isComplete: false,
      canWrite: false,
      isTakingOver: false,
      pid: 0,
      packageVersion: '0',
      trouble: '',
      instances: [],
      ...status,
    };
    this.request(peer, { kind: 'hello', address: this.#address, ...range, status: said, tails: new Map() });
    await this.#room.clock.advance(50);
  }

  request(peer: PeerId, frame: Frame): void {
    this.#transport.request(peer, encodeFrame(this.id, frame));
  }

  requestBytes(peer: PeerId, bytes: Uint8Array): void {
    this.#transport.request(peer, bytes);
  }

  publish(frame: Frame): void {
    void this.#transport.publish('document' in frame ? documentKey(frame.document) : GROUP_KEY, encodeFrame(this.id, frame));
  }

  publishUpdates(seq: number, ...updates: Uint8Array[]): void {
    this.publish({ kind: 'updates', document: 'main', seq, updates });
  }

  heardOf<Kind extends Frame['kind']>(kind: Kind): Extract<Frame, { kind: Kind }>[] {
    return this.heard.filter((frame): frame is Extract<Frame, { kind: Kind }> => frame.kind === kind);
  }
}
