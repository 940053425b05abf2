/** What waits for an acknowledgement, and the writer of the day: in single steps of one engine. */

import { expect, test } from 'vitest';

import { MAIN, PEER, STATUS, documentScene } from './scene.js';

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
