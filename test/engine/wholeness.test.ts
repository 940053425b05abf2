/** Whose word makes a replica the whole: the writer's at once, others' only where none comes. One engine, told step by step. */

import { describe, expect, it } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import type { Effect } from '../../sync/engine-io.js';
import {
  CATCH_UP_BUSY_MS,
  CATCH_UP_CROWD,
  CATCH_UP_HEARD_MS,
  CATCH_UP_PAUSE_MS,
  CATCH_UP_SILENCE_MAX_MS,
  CATCH_UP_SILENCE_MS,
  STALL_MS,
  VOUCHERS_MAX,
  WRITER_GRACE_MS,
} from '../../sync/limits.js';
import { PROTOCOL } from '../../sync/wire/frame.js';
import type { PeerStatus } from '../../sync/wire/frame.js';
import { MAIN, PEER, STATUS, Scene, addressOf } from './scene.js';

const OTHER = '8888888888888888' as PeerId;
const FOLLOWS: PeerStatus = { ...STATUS, term: 0 };
const peer = (number: number): PeerId => (0xa000000000000000n + BigInt(number)).toString(16) as PeerId;

class Newcomer extends Scene {
  /** Who was asked for the whole, in order. */
  readonly asked: PeerId[] = [];
  readonly #name: string;
  #request = 0;

  constructor(name = MAIN) {
    super();
    this.#name = name;
    this.feed({ kind: 'document-opened', document: name, replica: this.replica, isStored: true });
  }

  override feed(input: Parameters<Scene['feed']>[0]): readonly Effect[] {
    const effects = super.feed(input);
    for (const effect of effects) {
      if (effect.kind !== 'request' || effect.frame.kind !== 'want') continue;
      this.asked.push(effect.peer);
      this.#request = effect.frame.request;
    }
    return effects;
  }

  get isWhole(): boolean {
    return this.engine.documents.get(this.#name)?.isWhole === true;
  }

  welcomedBy(sender: PeerId, status: PeerStatus): this {
    this.feed({ kind: 'received', sender, frame: { kind: 'welcome', ...PROTOCOL, status, tails: new Map() } });
    return this;
  }

  /** The one who was asked last answers, with nothing new. */
  answered({ isComplete = true } = {}): this {
    const sender = this.asked.at(-1) as PeerId;
    const head = { vector: new Map<PeerId, number>(), stateVector: this.replica.stateVector() };
    const frame = {
      kind: 'have',
      document: this.#name,
      request: this.#request,
      index: 0,
      count: 1,
      bytes: new Uint8Array(),
      isComplete,
      ...head,
    } as const;
    for (const effect of this.feed({ kind: 'received', sender, frame })) {
      if (effect.kind === 'apply') this.feed({ kind: 'applied', document: this.#name, from: sender, cause: effect.cause });
    }
    return this;
  }
}

describe('a newcomer', () => {
  it('is whole when the writer has answered', () => {
    const newcomer = new Newcomer().finds(PEER, OTHER).welcomedBy(PEER, STATUS).answered();
    expect(newcomer.isWhole).toBe(true);
    expect(newcomer.asked).toEqual([PEER]);
  });

  it('is not whole when another complete peer has answered, and asks the writer as soon as it hears of it', () => {
    const newcomer = new Newcomer().finds(OTHER).welcomedBy(OTHER, FOLLOWS).answered();
    expect(newcomer.isWhole).toBe(false);
    newcomer.after(100).finds(OTHER, PEER).welcomedBy(PEER, STATUS);
    expect(newcomer.asked).toEqual([OTHER, PEER]);
    expect(newcomer.answered().isWhole).toBe(true);
  });

  it('takes the answer of one that was not complete for what it is, though that one is complete by now', () => {
    const newcomer = new Newcomer().finds(OTHER).welcomedBy(OTHER, { ...FOLLOWS, isComplete: false });
    const frame = { kind: 'invite', document: MAIN, stateVector: new Uint8Array() } as const;
    newcomer.feed({ kind: 'received', sender: OTHER, frame });
    expect(newcomer.asked).toEqual([OTHER]);
    newcomer.feed({ kind: 'received', sender: OTHER, frame: { kind: 'status', status: { ...FOLLOWS, revision: 2 } } });
    newcomer.answered({ isComplete: false });
    expect(newcomer.after(CATCH_UP_SILENCE_MS - 1).isWhole).toBe(false);
    expect(newcomer.after(1).asked).toEqual([OTHER, OTHER]);
    expect(newcomer.isWhole).toBe(false);
  });

  it('gives one that may be the writer, and has not said a word, a moment before it asks another', () => {
    const newcomer = new Newcomer().finds(PEER, OTHER).welcomedBy(OTHER, FOLLOWS);
    expect(newcomer.after(WRITER_GRACE_MS - 1).asked).toEqual([]);
    expect(newcomer.after(1).asked).toEqual([OTHER]);
    const prompt = new Newcomer().finds(PEER, OTHER).welcomedBy(OTHER, FOLLOWS).after(10).welcomedBy(PEER, STATUS);
    expect(prompt.asked).toEqual([PEER]);
  });

  it('asks again who answered as a follower and writes now', () => {
    const newcomer = new Newcomer().finds(PEER).welcomedBy(PEER, FOLLOWS);
    newcomer.feed({ kind: 'received', sender: PEER, frame: { kind: 'status', status: { ...STATUS, revision: 2 } } });
    expect(newcomer.answered().isWhole).toBe(false);
    expect(newcomer.asked).toEqual([PEER, PEER]);
    expect(newcomer.answered().isWhole).toBe(true);
  });

  it('leaves off asking a further one when the writer is known', () => {
    const newcomer = new Newcomer().finds(OTHER, peer(1)).welcomedBy(OTHER, FOLLOWS).after(WRITER_GRACE_MS).answered();
    newcomer.welcomedBy(peer(1), FOLLOWS);
    expect(newcomer.asked).toEqual([OTHER, peer(1)]);
    newcomer.finds(OTHER, peer(1), PEER).welcomedBy(PEER, STATUS);
    expect(newcomer.asked).toEqual([OTHER, peer(1), PEER]);
  });

  it('asks a writer that has not read the store again, less and less often, and lets others stand for it in the end', () => {
    const newcomer = new Newcomer().finds(PEER).welcomedBy(PEER, STATUS);
    const startedAt = newcomer.now;
    const times: number[] = [];
    for (let count = 0; !newcomer.isWhole && count < 100; newcomer.after(1)) {
      if (newcomer.asked.length === count) continue;
      count = newcomer.asked.length;
      times.push(newcomer.now - startedAt);
      newcomer.answered({ isComplete: false });
    }
    expect(times.slice(0, 6)).toEqual([0, 50, 150, 350, 750, 1250]);
    expect(newcomer.now - startedAt).toBeGreaterThanOrEqual(STALL_MS);
    expect(newcomer.now - startedAt).toBeLessThan(STALL_MS + 10);
  });
});

describe('in a crowd, a newcomer', () => {
  /** The writer has opened the document, and reads it; all the others have a `main` that is whole. */
  function inACrowd(): Newcomer {
    const others = Array.from({ length: CATCH_UP_CROWD + 3 }, (_, number) => peer(number));
    const newcomer = new Newcomer('library').finds(PEER, ...others).welcomedBy(PEER, STATUS);
    for (const other of others) newcomer.welcomedBy(other, FOLLOWS);
    return newcomer.answered({ isComplete: false });
  }

  it('waits for a writer that reads the store, and asks none of the others', () => {
    const newcomer = inACrowd();
    newcomer.after(CATCH_UP_PAUSE_MS).answered({ isComplete: false });
    newcomer.after(2 * CATCH_UP_PAUSE_MS).answered({ isComplete: false });
    expect(newcomer.asked).toEqual([PEER, PEER, PEER]);
    newcomer.after(4 * CATCH_UP_PAUSE_MS).answered();
    expect([newcomer.isWhole, ...newcomer.asked]).toEqual([true, PEER, PEER, PEER, PEER]);
  });

  it('asks the others when that takes long', () => {
    const newcomer = inACrowd().after(CATCH_UP_PAUSE_MS).answered({ isComplete: false });
    newcomer.after(2 * CATCH_UP_PAUSE_MS).answered({ isComplete: false });
    newcomer
      .after(4 * CATCH_UP_PAUSE_MS)
      .answered({ isComplete: false })
      .after(4 * CATCH_UP_BUSY_MS);
    expect(newcomer.asked).toContain(peer(0));
  });
});

describe('a writer that has read the store', () => {
  it('says so, and is asked again at once', () => {
    const writer = new Newcomer().finds(PEER).welcomedBy(PEER, STATUS).answered();
    writer.feed({ kind: 'role', term: 7, isTakingOver: false });
    const told = writer.feed({ kind: 'document-loaded', document: MAIN });
    expect(told).toMatchObject([{ kind: 'publish', frame: { kind: 'status' } }]);

    const newcomer = new Newcomer().finds(PEER).welcomedBy(PEER, STATUS).answered({ isComplete: false });
    expect(newcomer.after(10).asked).toEqual([PEER]);
    newcomer.feed({ kind: 'received', sender: PEER, frame: { kind: 'status', status: { ...STATUS, revision: 2 } } });
    expect(newcomer.asked).toEqual([PEER, PEER]);
  });
});

describe('where no writer answers, a newcomer', () => {
  it('is whole half a second after a complete peer has vouched', () => {
    const newcomer = new Newcomer().finds(OTHER).welcomedBy(OTHER, FOLLOWS).answered();
    expect(newcomer.after(CATCH_UP_SILENCE_MS - 1).isWhole).toBe(false);
    expect(newcomer.after(1).isWhole).toBe(true);
  });

  it('is so at once when the writer was asked in vain before', () => {
    const newcomer = new Newcomer().finds(PEER, OTHER).welcomedBy(PEER, STATUS).welcomedBy(OTHER, FOLLOWS);
    expect(newcomer.asked).toEqual([PEER]);
    newcomer.after(CATCH_UP_SILENCE_MS);
    expect(newcomer.asked).toEqual([PEER, OTHER]);
    expect(newcomer.answered().isWhole).toBe(true);
  });

  it('is patient with one that is heard, the more so the larger the group', () => {
    const crowd = Array.from({ length: CATCH_UP_CROWD + 6 }, (_, number) => peer(number));
    const newcomer = new Newcomer()
      .finds(PEER, OTHER, ...crowd)
      .welcomedBy(PEER, STATUS)
      .welcomedBy(OTHER, FOLLOWS);
    newcomer.after(CATCH_UP_SILENCE_MS);
    newcomer.feed({ kind: 'received', sender: PEER, frame: { kind: 'status', status: { ...STATUS, revision: 2 } } });
    expect(newcomer.after(8 * CATCH_UP_BUSY_MS - 1).asked).toEqual([PEER]);
    expect(newcomer.after(1).asked).toEqual([PEER, OTHER]);
  });

  it('is not patient with one that is not heard, however large the group', () => {
    const crowd = Array.from({ length: 40 }, (_, number) => peer(number));
    const newcomer = new Newcomer()
      .finds(PEER, OTHER, ...crowd)
      .welcomedBy(PEER, STATUS)
      .welcomedBy(OTHER, FOLLOWS);
    expect(newcomer.after(CATCH_UP_HEARD_MS - 1).asked).toEqual([PEER]);
    expect(newcomer.after(1).asked).toEqual([PEER, OTHER]);
  });

  it('is so at once when everybody who may write has said why it cannot', () => {
    const trouble = 'SOCOMM_STORE_FAILED';
    const newcomer = new Newcomer().finds(OTHER);
    newcomer.feed({ kind: 'trouble', trouble });
    newcomer.welcomedBy(OTHER, { ...FOLLOWS, trouble });
    expect(newcomer.answered().isWhole).toBe(true);
  });

  it('asks so many others, and no more', () => {
    const all = Array.from({ length: VOUCHERS_MAX + 5 }, (_, number) => peer(number));
    const newcomer = new Newcomer().finds(...all);
    for (const id of all) newcomer.welcomedBy(id, FOLLOWS);
    newcomer.after(WRITER_GRACE_MS);
    for (let count = 0; count < all.length; count++) newcomer.answered();
    expect(newcomer.asked).toEqual(all.slice(0, VOUCHERS_MAX));
  });

  it('does not take those for all whom it met before it read the roster', () => {
    const newcomer = new Newcomer();
    Object.assign(newcomer.engine.status, { canWrite: false });
    const status = { ...FOLLOWS, canWrite: false };
    newcomer.feed({
      kind: 'received',
      sender: OTHER,
      frame: { kind: 'hello', ...PROTOCOL, address: addressOf(OTHER), status, tails: new Map() },
    });
    expect(newcomer.answered().isWhole).toBe(false);
    newcomer.finds(OTHER, PEER);
    expect(newcomer.isWhole).toBe(false);
    newcomer.welcomedBy(PEER, STATUS);
    expect(newcomer.answered().isWhole).toBe(true);
  });
});

describe('what a peer says of its answers', () => {
  const answerOf = (scene: Newcomer): unknown => {
    const stateVector = scene.replica.stateVector();
    const effects = scene.feed({ kind: 'received', sender: PEER, frame: { kind: 'want', document: MAIN, request: 1, stateVector } });
    return effects.map((effect) => (effect.kind === 'respond' && effect.frame.kind === 'have' ? effect.frame.isComplete : undefined))[0];
  };
  const whole = (): Newcomer => new Newcomer().finds(PEER).welcomedBy(PEER, STATUS).answered();
  const role = (term: number) => ({ kind: 'role', term, isTakingOver: false }) as const;

  it('is that they are the whole, but not while it writes and has not read the store', () => {
    const scene = whole();
    expect(answerOf(scene)).toBe(true);
    scene.feed(role(7));
    expect(answerOf(scene)).toBe(false);
    scene.feed({ kind: 'document-loaded', document: MAIN });
    expect(answerOf(scene)).toBe(true);
    scene.feed(role(0));
    expect(answerOf(scene)).toBe(true);
  });

  it('is not that either, for a while, where it left the office without having read it', () => {
    const scene = whole();
    scene.feed(role(7));
    scene.feed(role(0));
    scene.now += CATCH_UP_SILENCE_MAX_MS - 1;
    expect(answerOf(scene)).toBe(false);
    scene.now += 1;
    expect(answerOf(scene)).toBe(true);
  });
});
