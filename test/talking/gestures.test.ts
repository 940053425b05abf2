/** A knob that somebody turns: all see it move, one change is written, one step undone, and nobody sees it jump back in between. */

import { describe, expect, it, test } from 'vitest';
import * as Y from 'yjs';

import { Gestures } from '../../src/talk/gestures.js';
import type { Gesture } from '../../src/talk/gestures.js';
import { Undoing } from '../../src/talk/undo.js';
import { ConversationScene } from './conversation-scene.js';
import type { Actor } from './conversation-scene.js';

type Seen = readonly [value: unknown, from: string | undefined, isMoving: boolean];

interface Player extends Actor {
  readonly gestures: Gestures;
  readonly undoing: Undoing;
  readonly knobs: Y.Map<number>;
  readonly cutoff: Gesture<number>;
  /** What an observer of the cutoff saw. */
  readonly seen: Seen[];
}

function scene() {
  const group = new ConversationScene();
  const join = (options: { readonly with?: Actor } = {}): Player => {
    const actor = group.join(options);
    const undoing = new Undoing(actor.host);
    const gestures = new Gestures(actor.host, undoing);
    const knobs = actor.doc.getMap<number>('knobs');
    const seen: Seen[] = [];
    gestures.observeValue(knobs, 'cutoff', (value, { from, isMoving }) => void seen.push([value, from, isMoving]));
    return { ...actor, gestures, undoing, knobs, cutoff: gestures.gesture(knobs, 'cutoff'), seen };
  };
  return { group, join };
}

/** The document has 1, everybody has it, and nothing is under way. */
function settledScene() {
  const { group, join } = scene();
  const players = [join(), join(), join()] as const;
  players[0].knobs.set('cutoff', 1);
  group.synchronize();
  for (const { seen } of players) {
    expect(seen.splice(0)).toEqual([
      [undefined, undefined, false],
      [1, undefined, false],
    ]);
  }
  return { group, join, players };
}

describe('a gesture', () => {
  it('is seen moving by all, the mover too, and is written once', () => {
    const { group, players } = settledScene();
    const [a, b, c] = players;
    const updates: Uint8Array[] = [];
    a.doc.on('update', (update: Uint8Array) => void updates.push(update));
    expect(a.cutoff.isActive).toBe(false);
    for (const value of [2, 3, 4]) {
      a.cutoff.move(value);
      group.deliver();
    }
    expect(a.cutoff.isActive).toBe(true);
    expect([updates, a.knobs.get('cutoff')]).toEqual([[], 1]);
    a.cutoff.commit();
    expect(a.cutoff.isActive).toBe(false);
    group.deliver();
    group.synchronize();
    expect(updates).toHaveLength(1);
    const stream: Seen[] = [
      [2, a.id, true],
      [3, a.id, true],
      [4, a.id, true],
      [4, a.id, false],
    ];
    for (const { seen, knobs } of [a, b, c]) {
      expect(seen).toEqual(stream);
      expect(knobs.get('cutoff')).toBe(4);
    }
  });

  it.each(['the mark first', 'the write first'])('shows nobody the old value at its end: %s', (order) => {
    const { group, players } = settledScene();
    const [a, b] = players;
    a.cutoff.move(2);
    group.deliver();
    a.cutoff.commit(5);
    if (order === 'the mark first') {
      group.deliver();
      group.synchronize();
    } else {
      group.synchronize();
      group.deliver();
    }
    expect(b.seen).toEqual([
      [2, a.id, true],
      [5, a.id, false],
    ]);
  });

  it('that is cancelled leaves the value of the document, and nothing is written', () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    const before = Y.encodeStateVector(a.doc);
    a.cutoff.move(2);
    group.deliver();
    a.cutoff.cancel();
    a.cutoff.cancel();
    group.deliver();
    for (const { seen } of [a, b]) {
      expect(seen).toEqual([
        [2, a.id, true],
        [1, undefined, false],
      ]);
    }
    expect(Y.encodeStateVector(a.doc)).toEqual(before);
    expect(a.cutoff.isActive).toBe(false);
  });

  it('that ends where it began writes nothing, and is over for everybody', () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    const before = Y.encodeStateVector(a.doc);
    a.cutoff.move(2);
    a.cutoff.move(1);
    group.deliver();
    a.cutoff.commit();
    group.deliver();
    expect(b.seen).toEqual([
      [1, a.id, true],
      [1, a.id, false],
    ]);
    expect(Y.encodeStateVector(a.doc)).toEqual(before);
  });

  it('without a move writes the value that it is given, and none without one', () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    a.cutoff.commit();
    expect(a.knobs.get('cutoff')).toBe(1);
    a.cutoff.commit(7);
    group.deliver();
    group.synchronize();
    expect([a.knobs.get('cutoff'), group.said]).toEqual([7, []]);
    for (const { seen } of [a, b]) expect(seen.map(([value, , isMoving]) => [value, isMoving])).toEqual([[7, false]]);
  });

  it('ends with its instance, whether that closes or dies', () => {
    const { group, players } = settledScene();
    const [a, b, c] = players;
    a.cutoff.move(2);
    b.cutoff.move(3);
    group.deliver();
    c.seen.length = 0;
    group.leave(b);
    group.deliver();
    a.close();
    group.deliver();
    expect(c.seen).toEqual([
      [2, a.id, true],
      [1, undefined, false],
    ]);
  });

  it('is not shown while its peer is silent, and again when that is heard', () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    a.cutoff.move(2);
    group.deliver();
    group.setSilent(a, true);
    group.setSilent(a, false);
    expect(b.seen).toEqual([
      [2, a.id, true],
      [1, undefined, false],
      [2, a.id, true],
    ]);
  });

  it('whose write is lost with who made it gives way to the document after a while', async () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    a.cutoff.move(2);
    a.cutoff.commit();
    group.deliver();
    group.leave(a);
    group.deliver();
    expect(b.seen.at(-1)).toEqual([2, a.id, false]);
    await group.clock.advance(3000);
    expect(b.seen.at(-1)).toEqual([1, undefined, false]);
  });

  it('takes its closing mark back after a second, and a new one begins before that', async () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    a.cutoff.move(2);
    a.cutoff.commit();
    group.deliver();
    group.synchronize();
    await group.clock.advance(900);
    a.cutoff.move(3);
    group.deliver();
    await group.clock.advance(5000);
    group.deliver();
    expect(b.seen.at(-1)).toEqual([3, a.id, true]);
    a.cutoff.commit();
    await group.clock.advance(1000);
    expect(group.said.at(-1)?.bytes).toBeUndefined();
    expect(group.clock.pendingCount).toBe(0);
  });

  it('is one step of undo, apart from what was written before and after it', () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    const undo = a.undoing.undo(a.knobs);
    a.host.transact(() => a.knobs.set('resonance', 1));
    for (const value of [2, 3, 4]) a.cutoff.move(value);
    a.cutoff.commit();
    a.host.transact(() => a.knobs.set('resonance', 2));
    expect(undo.undoStack).toHaveLength(3);
    undo.undo();
    undo.undo();
    group.synchronize();
    for (const { knobs } of [a, b]) expect(knobs.toJSON()).toEqual({ cutoff: 1, resonance: 1 });
  });
});

describe('several hands', () => {
  it('show the one heard last, and the other again when that one lets go', () => {
    const { group, players } = settledScene();
    const [a, b, c] = players;
    a.cutoff.move(2);
    group.deliver();
    b.cutoff.move(3);
    group.deliver();
    a.cutoff.move(4);
    group.deliver();
    a.cutoff.commit();
    group.deliver();
    group.synchronize();
    expect(c.seen).toEqual([
      [2, a.id, true],
      [3, b.id, true],
      [4, a.id, true],
      [4, a.id, false],
      [3, b.id, true],
    ]);
    b.cutoff.cancel();
    group.deliver();
    expect(c.seen.at(-1)).toEqual([4, undefined, false]);
  });

  it('that let go one after the other leave what was written last', () => {
    const { group, players } = settledScene();
    const [a, b, c] = players;
    for (const [player, value] of [
      [a, 2],
      [b, 3],
    ] as const) {
      player.cutoff.move(value);
      player.cutoff.commit();
      group.deliver();
    }
    expect(c.seen.at(-1)).toEqual([3, b.id, false]);
    // The first one's write is still on its way: its mark does not come back for it.
    Y.applyUpdate(c.doc, Y.encodeStateAsUpdate(b.doc));
    expect(c.seen.at(-1)).toEqual([3, b.id, false]);
    group.synchronize();
    for (const { seen, knobs } of [a, b, c]) expect(seen.at(-1)?.slice(0, 1)).toEqual([knobs.get('cutoff')]);
  });

  it('of instances that share a peer are each their own', () => {
    const { group, join } = scene();
    const a = join();
    const b = join({ with: a });
    a.cutoff.move(2);
    group.deliver();
    expect(b.seen.at(-1)).toEqual([2, a.id, true]);
    expect(b.cutoff.isActive).toBe(false);
    b.cutoff.cancel();
    expect(a.seen.at(-1)).toEqual([2, a.id, true]);
  });
});

describe('an observer', () => {
  it('is told at once what stands, is moved, or was changed without a gesture, and nothing twice', () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    a.cutoff.move(2);
    group.deliver();
    const late: Seen[] = [];
    b.gestures.observeValue(b.knobs, 'cutoff', (value, { from, isMoving }) => void late.push([value, from, isMoving]));
    expect(late).toEqual([[2, a.id, true]]);
    const first: Seen[] = [];
    const newcomer = group.join();
    new Gestures(newcomer.host, new Undoing(newcomer.host)).observeValue(
      newcomer.doc.getMap('knobs'),
      'cutoff',
      (value, { from, isMoving }) => {
        first.push([value, from, isMoving]);
      },
    );
    expect(first.at(-1)).toEqual([2, a.id, true]);
    a.cutoff.move(2);
    group.deliver();
    expect(late).toHaveLength(1);
    a.cutoff.cancel();
    group.deliver();
    a.knobs.set('cutoff', 8);
    a.knobs.set('resonance', 8);
    group.synchronize();
    expect(late.slice(1)).toEqual([
      [1, undefined, false],
      [8, undefined, false],
    ]);
  });

  it('is told no more when it ends, and the last one ends the listening', () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    const told: unknown[] = [];
    const end = b.gestures.observeValue(b.knobs, 'resonance', (value) => void told.push(value));
    end();
    end();
    a.knobs.set('resonance', 1);
    group.synchronize();
    expect(told).toEqual([undefined]);
    b.close();
    a.cutoff.move(2);
    group.deliver();
    expect(b.seen).toEqual([]);
  });

  it('that throws is told of as a warning, and neither the others nor the document suffer', () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    b.gestures.observeValue(b.knobs, 'cutoff', () => {
      throw new Error('the listener of an application');
    });
    const told: unknown[] = [];
    b.gestures.observeValue(b.knobs, 'cutoff', (value) => void told.push(value));
    a.cutoff.move(2);
    a.cutoff.commit();
    group.synchronize();
    group.deliver();
    expect([b.knobs.get('cutoff'), told.at(-1)]).toEqual([2, 2]);
    expect(b.warnings.every((warning) => warning.startsWith('listener-threw: '))).toBe(true);
    expect(b.warnings.length).toBeGreaterThan(1);
  });

  it('sees no gesture in what cannot be read', () => {
    const { group, players } = settledScene();
    const [a, b] = players;
    a.cutoff.move(2);
    const key = group.said[0]?.key ?? '';
    group.deliver();
    for (const [codec, bytes] of [
      ['json', Uint8Array.of(1)],
      ['lib0', Uint8Array.of(0)],
      ['lib0', Uint8Array.of(125, 1)],
    ] as const) {
      group.tell('$gestures', { instance: a.id, key, codec, bytes });
      group.deliver();
    }
    expect(b.seen).toEqual([[2, a.id, true]]);
    expect(b.warnings).toHaveLength(3);
  });
});

describe('the map', () => {
  it('may lie anywhere in the document, and all replicas name a value alike', () => {
    const { group, join } = scene();
    const [a, b] = [join(), join()];
    a.doc.getMap<Y.Map<number>>('presets').set('warm-pad', new Y.Map<number>());
    group.synchronize();
    const mapOf = ({ doc }: Player): Y.Map<number> => doc.getMap<Y.Map<number>>('presets').get('warm-pad') as Y.Map<number>;
    const seen: unknown[] = [];
    for (const key of ['gain', 'g/"ä'.repeat(100)]) {
      b.gestures.observeValue(mapOf(b), key, (value) => void seen.push(value));
      a.gestures.gesture(mapOf(a), key).move(0.5);
      group.deliver();
    }
    expect(seen).toEqual([undefined, 0.5, undefined, 0.5]);
    // Same key, another map.
    a.gestures.gesture(a.knobs, 'gain').move(9);
    group.deliver();
    expect(seen).toHaveLength(4);
  });

  it('has to be in the document, and values have to be such as travel', () => {
    const { join } = scene();
    const a = join();
    for (const map of [new Y.Map<number>(), new Y.Doc().getMap<number>('knobs'), undefined as unknown as Y.Map<number>]) {
      expect(() => a.gestures.gesture(map, 'cutoff')).toThrow(TypeError);
      expect(() => a.gestures.observeValue(map, 'cutoff', () => undefined)).toThrow(TypeError);
    }
    expect(() => a.gestures.gesture(a.knobs, 7 as never)).toThrow(TypeError);
    expect(() => a.gestures.gesture<unknown>(a.knobs as Y.Map<unknown>, 'cutoff').move(new Map())).toThrow(TypeError);
    expect(() => a.gestures.gesture<unknown>(a.knobs as Y.Map<unknown>, 'cutoff').commit(new Map())).toThrow(TypeError);
    expect([a.cutoff.isActive, a.knobs.size]).toEqual([false, 0]);
  });

  test('that was deleted meanwhile takes no commit, and nothing breaks', () => {
    const { join } = scene();
    const a = join();
    const presets = a.doc.getMap<Y.Map<number>>('presets');
    presets.set('warm-pad', new Y.Map<number>());
    const gesture = a.gestures.gesture(presets.get('warm-pad') as Y.Map<number>, 'gain');
    gesture.move(1);
    presets.delete('warm-pad');
    const before = Y.encodeStateVector(a.doc);
    gesture.commit();
    expect(Y.encodeStateVector(a.doc)).toEqual(before);
    expect(gesture.isActive).toBe(false);
    expect(presets.size).toBe(0);
  });
});
