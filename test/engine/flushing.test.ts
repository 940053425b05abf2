/** What waits for an acknowledgement, and the writer of the day: in single steps of one engine. */

import { describe, expect, test } from 'vitest';

import type { Effect } from '../../sync/engine-io.js';
import type { PeerId } from '../../src/base/ids.js';
import { FLUSH_CARRIED_BYTES_MAX, TAIL_DELAY_MS } from '../../sync/limits.js';
import { PROTOCOL } from '../../sync/wire/frame.js';
import type { Scene } from './scene.js';
import { AWAKE, MAIN, PEER, SELF, STATUS, documentScene, entryOf } from './scene.js';

const THIRD = 'cccccccccccccccc' as PeerId;

test('what waits for an acknowledgement asks a new writer in the very step that hears of it', () => {
  const scene = documentScene('whole');
  scene.feed({ kind: 'local', document: MAIN, update: Uint8Array.of(0, 0) });
  scene.feed({ kind: 'drain' });
  expect(scene.feed({ kind: 'flush', flush: 1 }).map(({ kind }) => kind)).toContain('request');
  const effects = scene.hear({ kind: 'status', status: { ...STATUS, revision: 2, term: 2 } });
  const asked = effects.filter((effect) => effect.kind === 'request' && effect.peer === PEER && effect.frame.kind === 'flush');
  expect(asked).toHaveLength(1);
  expect(scene.hear({ kind: 'status', status: { ...STATUS, revision: 3, term: 2 } }).map(({ kind }) => kind)).not.toContain('request');
});

test('the answer of a writer counts under its term, and under one above all that were heard: it has taken the office anew, and the news was lost', () => {
  const scene = documentScene('whole');
  scene.hear({ kind: 'status', status: { ...STATUS, revision: 2, term: 4 } });
  scene.feed({ kind: 'local', document: MAIN, update: Uint8Array.of(0, 0) });
  scene.feed({ kind: 'drain' });
  const [request] = scene
    .feed({ kind: 'flush', flush: 1 })
    .flatMap((effect) => (effect.kind === 'request' && effect.frame.kind === 'flush' ? [effect.frame.request] : []));
  const answer = (from: PeerId, term: number): Effect[] =>
    scene
      .feed({ kind: 'received', sender: from, frame: { kind: 'flushed', request: request ?? NaN, term } })
      .filter(({ kind }) => kind === 'flushed');
  expect(answer(PEER, 3)).toEqual([]);
  scene.feed({ kind: 'roster', entries: [entryOf(PEER), entryOf(THIRD)] });
  expect(answer(THIRD, 6)).toEqual([]);
  expect(answer(PEER, 6)).toEqual([{ kind: 'flushed', flush: 1, term: 6 }]);
});

test('a flush that waits for a writer hears that none can come once the roster has been read, whenever that is', () => {
  const scene = documentScene('whole', { canWrite: false });
  scene.feed({ kind: 'local', document: MAIN, update: Uint8Array.of(0, 0) });
  scene.feed({ kind: 'drain' });
  scene.feed({ kind: 'lost', peer: PEER });
  scene.settled();
  expect(scene.feed({ kind: 'flush', flush: 1 })).toEqual([]);
  scene.feed({ kind: 'roster', entries: [] });
  expect(scene.engine.wakeAt).toBe(scene.now);
  expect(scene.feed({ kind: 'tick' })).toContainEqual({ kind: 'flush-failed', flush: 1, code: 'SOCOMM_NO_WRITER' });
});

describe('while there is no writer', () => {
  const follows = { ...STATUS, term: 0 };
  const takesOver = { ...follows, isTakingOver: true };
  const asked = (effects: readonly Effect[]): number[] =>
    effects.flatMap((effect) =>
      effect.kind === 'request' && effect.peer === PEER && effect.frame.kind === 'flush' ? [effect.frame.request] : [],
    );

  /** A flush waits, and the peer has just said that it takes over. */
  function waiting(): { scene: Scene; request: number } {
    const scene = documentScene('whole');
    scene.hear({ kind: 'status', status: { ...follows, revision: 2 } });
    scene.feed({ kind: 'local', document: MAIN, update: Uint8Array.of(0, 0) });
    expect(asked(scene.feed({ kind: 'flush', flush: 1 }))).toEqual([]);
    const [request = 0, ...more] = asked(scene.hear({ kind: 'status', status: { ...takesOver, revision: 3 } }));
    expect(request).toBeGreaterThan(0);
    expect(more).toEqual([]);
    return { scene, request };
  }
  const lead = (scene: Scene, term = 2): readonly Effect[] => scene.hear({ kind: 'status', status: { ...STATUS, revision: 9, term } });
  const flushed = { kind: 'flushed', flush: 1, term: 2 };

  test('a flush asks whoever takes over, once, and again when it is the writer only if it does not answer', () => {
    const { scene, request } = waiting();
    expect(asked(scene.hear({ kind: 'status', status: { ...takesOver, revision: 4 } }))).toEqual([]);
    expect(asked(lead(scene))).toEqual([]);
    expect(scene.hear({ kind: 'flushed', request, term: 2 })).toContainEqual(flushed);
  });

  test('its answer ahead resolves at once under a term above all that were heard', () => {
    const { scene, request } = waiting();
    expect(scene.hear({ kind: 'flushed', request, term: 2 })).toContainEqual(flushed);
    expect(asked(lead(scene))).toEqual([]);
  });

  test('its answer ahead under another term resolves nothing, and it is asked as the writer', () => {
    const { scene, request } = waiting();
    expect(scene.hear({ kind: 'flushed', request, term: 1 })).not.toContainEqual({ ...flushed, term: 1 });
    const effects = lead(scene);
    expect(effects.filter(({ kind }) => kind === 'flushed')).toEqual([]);
    expect(asked(effects)).toHaveLength(1);
  });

  test('an answer ahead of somebody who was not asked resolves nothing', () => {
    const { scene, request } = waiting();
    scene.feed({ kind: 'roster', entries: [entryOf(PEER), entryOf(THIRD)] });
    const effects = scene.feed({ kind: 'received', sender: THIRD, frame: { kind: 'flushed', request, term: 2 } });
    expect(effects.filter(({ kind }) => kind === 'flushed')).toEqual([]);
    expect(scene.hear({ kind: 'flushed', request, term: 2 })).toContainEqual(flushed);
  });

  test('who refuses is asked again as the writer, and so is who was lost in between', () => {
    const refused = waiting();
    expect(asked(refused.scene.hear({ kind: 'refused', request: refused.request, reason: 'not-writer' }))).toEqual([]);
    expect(asked(lead(refused.scene))).toHaveLength(1);
    const late = waiting();
    expect(asked(lead(late.scene))).toEqual([]);
    expect(asked(late.scene.hear({ kind: 'refused', request: late.request, reason: 'not-writer' }))).toHaveLength(1);
    const lost = waiting();
    lost.scene.feed({ kind: 'lost', peer: PEER });
    lost.scene.feed({ kind: 'roster', entries: [entryOf(PEER)] });
    const found = lost.scene.hear({ kind: 'welcome', ...PROTOCOL, status: { ...STATUS, revision: 9, term: 2 }, tails: new Map() });
    expect([...asked(found), ...asked(lost.scene.feed({ kind: 'tick' }))]).toHaveLength(1);
  });

  test('who takes over keeps the question of what it has applied, and answers it as the writer', () => {
    const scene = documentScene('whole');
    scene.hear({ kind: 'status', status: { ...follows, revision: 2 } });
    scene.hear({ kind: 'updates', document: MAIN, seq: 1, updates: [Uint8Array.of(0, 0)] });
    const ask = (seq: number): readonly Effect[] => scene.hear({ kind: 'flush', request: seq, targets: new Map([[MAIN, seq]]) });
    const answers = (effects: readonly Effect[]): string[] =>
      effects.flatMap((effect) =>
        effect.kind === 'respond' ? [`${effect.frame.kind} ${'request' in effect.frame ? effect.frame.request : ''}`] : [],
      );
    expect(answers(ask(1))).toEqual(['refused 1']);
    scene.feed({ kind: 'role', term: 0, isTakingOver: true });
    expect(answers(ask(1))).toEqual([]);
    expect(answers(ask(2))).toEqual(['refused 2']);
    const leads = scene.feed({ kind: 'role', term: 2, isTakingOver: false, stored: new Map([[MAIN, new Map([[PEER, 1]])]]) });
    expect(answers(leads)).toEqual(['flushed 1']);
    // Before all others are woken.
    expect(leads.findIndex(({ kind }) => kind === 'respond')).toBeLessThan(leads.findIndex(({ kind }) => kind === 'publish'));
    scene.feed({ kind: 'role', term: 0, isTakingOver: true });
    ask(1);
    expect(answers(scene.feed({ kind: 'role', term: 0, isTakingOver: false }))).toEqual(['refused 1']);
    expect(scene.engine.flushesWaiting.size).toBe(0);
  });
});

const ways = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => (effect.kind === 'publish' || effect.kind === 'request' ? [`${effect.kind} ${effect.frame.kind}`] : []));

/** A follower whose change has just been made; the frames before it, if any, are stored as far as `stored` says. */
function follower({ before = 0, stored = 0, bytes = 2, isThirdThere = true } = {}): Scene {
  const scene = documentScene('whole');
  if (isThirdThere) scene.feed({ kind: 'roster', entries: [entryOf(PEER), entryOf(THIRD)] });
  for (let count = 0; count < before; count++) {
    scene.feed({ kind: 'local', document: MAIN, update: Uint8Array.of(0, 0) });
    scene.feed({ kind: 'drain' });
  }
  const holds = new Map([[SELF, stored]]);
  const documents = [{ document: MAIN, vector: holds, digest: '', stored: holds }];
  if (stored > 0) scene.hear({ kind: 'pulse', beat: 1, status: STATUS, revisions: new Map(), documents, ...AWAKE });
  scene.feed({ kind: 'local', document: MAIN, update: new Uint8Array(bytes) });
  return scene;
}

test('a flush takes the change that was made right before it to the writer, ahead of the question, and publishes it behind', () => {
  const scene = follower();
  const effects = scene.feed({ kind: 'flush', flush: 1 });
  expect(ways(effects)).toEqual(['request updates', 'request flush', 'publish updates']);
  const [carried, , published] = effects.filter((effect) => effect.kind === 'publish' || effect.kind === 'request');
  expect(carried).toMatchObject({ peer: PEER, frame: { document: MAIN, seq: 1 } });
  expect(carried?.frame).toEqual(published?.frame);
  expect(ways(follower({ before: 3, stored: 3 }).feed({ kind: 'flush', flush: 1 }))).toEqual(ways(effects));
});

test('where the writer is the only one there, what it is taken is not published as well; its last number is repeated like any other', () => {
  const scene = follower({ isThirdThere: false });
  expect(ways(scene.feed({ kind: 'flush', flush: 1 }))).toEqual(['request updates', 'request flush']);
  scene.now += TAIL_DELAY_MS;
  expect(ways(scene.feed({ kind: 'tick' }))).toContain('publish tail');
});

test('what has been published already is not carried, nor what the writer may lack the frames before of, nor what is large', () => {
  const drained = follower();
  drained.feed({ kind: 'drain' });
  expect(ways(drained.feed({ kind: 'flush', flush: 1 }))).toEqual(['request flush']);
  const usual = ['publish updates', 'request flush'];
  expect(ways(follower({ before: 1 }).feed({ kind: 'flush', flush: 1 }))).toEqual(usual);
  expect(ways(follower({ before: 3, stored: 2 }).feed({ kind: 'flush', flush: 1 }))).toEqual(usual);
  expect(ways(follower({ bytes: FLUSH_CARRIED_BYTES_MAX + 1 }).feed({ kind: 'flush', flush: 1 }))).toEqual(usual);
});

test('a writer that flushes publishes, and asks nobody', () => {
  const scene = office();
  scene.feed({ kind: 'local', document: MAIN, update: Uint8Array.of(0, 0) });
  expect(ways(scene.feed({ kind: 'flush', flush: 1 }))).toEqual(['publish updates']);
});

/** In office, with one change that our store holds; the peer follows. */
function office(): Scene {
  const scene = documentScene('whole');
  scene.feed({ kind: 'role', term: 5, isTakingOver: false });
  scene.feed({ kind: 'local', document: MAIN, update: Uint8Array.of(0, 0) });
  scene.feed({ kind: 'drain' });
  scene.feed({ kind: 'stored', document: MAIN, vector: new Map([[SELF, 1]]) });
  return scene;
}

test('who claims the office and goes again takes nothing from what the store of the writer holds', () => {
  const scene = office();
  scene.hear({ kind: 'status', status: { ...STATUS, revision: 2, term: 9 } });
  expect(scene.engine.writer?.id).toBe(PEER);
  scene.feed({ kind: 'flush', flush: 1 });
  scene.feed({ kind: 'lost', peer: PEER });
  expect(scene.engine.writer?.id).toBe(SELF);
  expect(scene.feed({ kind: 'tick' })).toContainEqual({ kind: 'flushed', flush: 1, term: 5 });
});

test('a writer acknowledges what its own store holds, and nothing on the word of who claims its office', () => {
  const scene = office();
  const status = { ...STATUS, revision: 2, term: 9 };
  const stored = new Map([[PEER, 7]]);
  const documents = [{ document: MAIN, vector: stored, digest: '', stored }];
  scene.hear({ kind: 'pulse', beat: 1, status, revisions: new Map(), documents, ...AWAKE });
  const answers = (targets: number) =>
    scene
      .hear({ kind: 'flush', request: 1, targets: new Map([[MAIN, targets]]) })
      .filter((effect) => effect.kind === 'respond' && effect.frame.kind === 'flushed');
  expect(answers(7)).toEqual([]);
  scene.feed({ kind: 'stored', document: MAIN, vector: new Map([[PEER, 6]]) });
  expect(answers(7)).toEqual([]);
  expect(answers(6)).toHaveLength(1);
});
