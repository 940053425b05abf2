/** How peers come to know that they are linked both ways: by hellos in a small group, by their questions for READY in a crowd. */

import { describe, expect, it } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import type { Effect } from '../../sync/engine-io.js';
import { crowdMs } from '../../sync/fetching.js';
import { readyKey } from '../../sync/keys.js';
import { GREETED_MAX, LOOK_DELAY_MS, LOOK_PAUSE_MS, READY_RETRY_MS } from '../../sync/limits.js';
import { PROTOCOL } from '../../sync/wire/frame.js';
import { PEER, SELF, STATUS, Scene, addressOf } from './scene.js';

const peer = (number: number): PeerId => (0xa000000000000000n + BigInt(number)).toString(16) as PeerId;
const peers = (count: number): PeerId[] => Array.from({ length: count }, (_, number) => peer(number));
const FOLLOWS = { ...STATUS, term: 0, instances: [] };

class Meeting extends Scene {
  /** Whom it has said hello to, and which questions for READY it has asked and not taken back. */
  readonly greeted: PeerId[] = [];
  readonly asking = new Set<string>();
  looks = 0;

  override feed(input: Parameters<Scene['feed']>[0]): readonly Effect[] {
    const effects = super.feed(input);
    for (const effect of effects) {
      if (effect.kind === 'request' && effect.frame.kind === 'hello') this.greeted.push(effect.peer);
      if (effect.kind === 'subscribe' && effect.key.startsWith('r/')) this.asking.add(effect.key);
      if (effect.kind === 'unsubscribe') this.asking.delete(effect.key);
      if (effect.kind === 'look') this.looks++;
    }
    return effects;
  }

  askedBy(asker: PeerId, asked: 'alone' | 'with others' = 'alone'): readonly Effect[] {
    return this.feed({ kind: 'subscribed', key: readyKey(asker, asked === 'alone' ? SELF : undefined, 1) });
  }

  answered(by: PeerId, key?: string): this {
    this.feed({ kind: 'received', sender: by, key, frame: { kind: 'ready', status: FOLLOWS, tails: new Map() } });
    return this;
  }

  isMet(other: PeerId): boolean {
    return this.engine.links.get(other)?.isMet === true;
  }

  isReady(other: PeerId): boolean {
    return this.engine.links.get(other)?.isReady === true;
  }
}

describe('those whom the roster names', () => {
  it('are all asked for READY by one question, which is taken back with the last answer', () => {
    const scene = new Meeting().finds(...peers(3));
    expect(scene.asking.size).toBe(1);
    const [key] = scene.asking;
    for (const each of peers(3)) {
      expect(scene.asking.size).toBe(1);
      scene.answered(each, key);
    }
    expect(scene.asking.size).toBe(0);
    expect(peers(3).every((each) => scene.isReady(each))).toBe(true);
  });

  it('are said hello to where they are few, and not in a crowd', () => {
    expect(new Meeting().finds(...peers(GREETED_MAX)).greeted).toEqual(peers(GREETED_MAX));
    expect(new Meeting().finds(...peers(GREETED_MAX + 1)).greeted).toEqual([]);
    expect(new Meeting().finds(...peers(GREETED_MAX)).finds(...peers(GREETED_MAX + 1)).greeted).toEqual(peers(GREETED_MAX));
  });

  it('are said hello to in a crowd, too, where a connection to them was lost: they may not know of it', () => {
    const scene = new Meeting().finds(...peers(GREETED_MAX + 1));
    scene.feed({ kind: 'lost', peer: peer(0) });
    expect(scene.finds(...peers(GREETED_MAX + 1)).greeted).toEqual([peer(0)]);
  });

  it('are said hello to in a crowd in the end, but for those who have asked READY of us', () => {
    const crowd = peers(GREETED_MAX + 2);
    const scene = new Meeting().finds(...crowd);
    for (const each of crowd.slice(1)) scene.askedBy(each);
    scene.after(READY_RETRY_MS + crowdMs(crowd.length) - 1);
    expect(scene.greeted).toEqual([]);
    expect(scene.after(1).greeted).toEqual([peer(0)]);
  });

  it('are said hello to before they are asked for anything', () => {
    const scene = new Meeting();
    scene.open();
    scene.finds(PEER, ...peers(GREETED_MAX));
    const effects = scene.feed({ kind: 'received', sender: PEER, frame: { kind: 'ready', status: STATUS, tails: new Map() } });
    const said = effects.flatMap((effect) => (effect.kind === 'request' ? [`${effect.frame.kind} to ${effect.peer}`] : []));
    expect(said).toEqual([`hello to ${PEER}`, `want to ${PEER}`]);
  });

  it('are not ready by an answer to what others were asked', () => {
    const scene = new Meeting().finds(...peers(2));
    const [common] = scene.asking;
    scene.finds(...peers(3));
    expect(scene.answered(peer(2), common).isReady(peer(2))).toBe(false);
    expect(scene.answered(peer(2), [...scene.asking].at(-1)).isReady(peer(2))).toBe(true);
  });
});

describe('those who do not answer, and those whom we had lost,', () => {
  it('are asked each by a key of its own, which is always answered', () => {
    const scene = new Meeting().finds(...peers(3)).after(READY_RETRY_MS);
    expect([...scene.asking].map((key) => key.slice(19, 35))).toEqual(peers(3));
    const lost = new Meeting().finds(...peers(3));
    for (const each of peers(2)) lost.feed({ kind: 'lost', peer: each });
    lost.finds(...peers(3));
    expect([...lost.asking].slice(1).map((key) => key.slice(19, 35))).toEqual(peers(2));
  });
});

describe('who asks READY of us', () => {
  it('is answered, by whichever question, and has met us', () => {
    for (const asked of ['alone', 'with others'] as const) {
      const scene = new Meeting().finds(peer(0));
      expect(scene.isMet(peer(0))).toBe(false);
      const kinds = scene.askedBy(peer(0), asked).map(({ kind }) => kind);
      expect(kinds).toEqual(['publish', 'peer-met']);
      expect(scene.isMet(peer(0))).toBe(true);
    }
  });

  it('is answered once where it asks everybody, and as often as it asks alone', () => {
    const scene = new Meeting().finds(peer(0));
    const answersTo = (asked: 'alone' | 'with others'): number =>
      scene.askedBy(peer(0), asked).filter(({ kind }) => kind === 'publish').length;
    expect((['with others', 'with others', 'alone', 'alone', 'with others'] as const).map(answersTo)).toEqual([1, 0, 1, 1, 0]);
    scene.feed({ kind: 'lost', peer: peer(0) });
    expect(answersTo('with others')).toBe(1);
    scene.finds(peer(0));
    expect(answersTo('with others')).toBe(0);
  });

  it('is looked for in the roster if its hello stays away, and then met without one of ours', () => {
    const scene = new Meeting();
    scene.askedBy(peer(0));
    expect(scene.after(LOOK_DELAY_MS - 1).looks).toBe(0);
    expect(scene.after(1).looks).toBe(1);
    scene.finds(peer(0));
    expect(scene.isMet(peer(0))).toBe(true);
    expect(scene.engine.links.get(peer(0))?.isElder).toBe(false);
    expect(scene.after(READY_RETRY_MS).greeted).toEqual([]);
  });

  it('is not looked for when its hello has come', () => {
    const scene = new Meeting();
    scene.askedBy(peer(0));
    const hello = { kind: 'hello', address: addressOf(peer(0)), ...PROTOCOL, status: FOLLOWS, tails: new Map() } as const;
    scene.feed({ kind: 'received', sender: peer(0), frame: hello });
    expect(scene.after(LOOK_PAUSE_MS).looks).toBe(0);
  });

  it('is looked for once more where the roster does not name it, and then no more; many are looked for together', () => {
    const scene = new Meeting();
    scene.askedBy(peer(0));
    scene.askedBy(peer(1));
    scene.after(LOOK_DELAY_MS).finds();
    expect(scene.looks).toBe(1);
    scene.after(LOOK_PAUSE_MS).finds();
    expect(scene.looks).toBe(2);
    expect(scene.after(10 * LOOK_PAUSE_MS).looks).toBe(2);
    expect(scene.engine.askers.size).toBe(0);
  });
});
