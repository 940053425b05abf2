/** What waits for an acknowledgement, and the writer of the day: in single steps of one engine. */

import { expect, test } from 'vitest';

import type { Scene } from './scene.js';
import { MAIN, PEER, SELF, STATUS, documentScene } from './scene.js';

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
  scene.hear({ kind: 'pulse', beat: 1, status, revisions: new Map(), documents: [{ document: MAIN, vector: stored, digest: '', stored }] });
  const answers = (targets: number) =>
    scene
      .hear({ kind: 'flush', request: 1, targets: new Map([[MAIN, targets]]) })
      .filter((effect) => effect.kind === 'respond' && effect.frame.kind === 'flushed');
  expect(answers(7)).toEqual([]);
  scene.feed({ kind: 'stored', document: MAIN, vector: new Map([[PEER, 6]]) });
  expect(answers(7)).toEqual([]);
  expect(answers(6)).toHaveLength(1);
});
