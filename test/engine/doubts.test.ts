/** Whom a doubt asks: what one alone can tell is asked of that one, what somebody else has too of anybody. */

import { expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import type { Effect } from '../../sync/engine-io.js';
import { CATCH_UP_PAUSE_MS } from '../../sync/limits.js';
import { PROTOCOL } from '../../sync/wire/frame.js';
import type { Frame } from '../../sync/wire/frame.js';
import { MAIN, PEER, STATUS, documentScene, entryOf } from './scene.js';
import type { Scene } from './scene.js';

const OTHER = '9999999999999999' as PeerId;

/** Linked with two; the document is whole and quiet. */
function among(): Scene {
  const scene = documentScene('whole');
  const status = { ...STATUS, term: 0, instances: [] };
  const say = (frame: Frame): unknown => scene.feed({ kind: 'received', sender: OTHER, frame });
  scene.feed({ kind: 'roster', entries: [entryOf(PEER), entryOf(OTHER)] });
  say({ kind: 'welcome', ...PROTOCOL, status, tails: new Map() });
  say({ kind: 'ready', status, tails: new Map() });
  return scene.settled();
}

const asked = (effects: readonly Effect[]): readonly (readonly [PeerId, number])[] =>
  effects.flatMap((effect) =>
    effect.kind === 'request' && effect.frame.kind === 'want' ? [[effect.peer, effect.frame.request] as const] : [],
  );

/** Whom is asked first, and then, when that one does not know the document. */
function askedInTurn(scene: Scene, first: readonly Effect[]): readonly PeerId[] {
  const peers: PeerId[] = [];
  for (let question = asked(first)[0]; question !== undefined && peers.length < 5;) {
    const [peer, request] = question;
    peers.push(peer);
    const refused = scene.feed({ kind: 'received', sender: peer, frame: { kind: 'refused', request, reason: 'unknown-document' } });
    scene.now += CATCH_UP_PAUSE_MS;
    question = asked([...refused, ...scene.feed({ kind: 'tick' })])[0];
  }
  return peers;
}

test('who says that it has something else is asked what, and nobody else is', () => {
  const scene = among();
  expect(askedInTurn(scene, scene.hear({ kind: 'invite', document: MAIN, stateVector: new Uint8Array() }))).toEqual([PEER]);
});

test('a number that is missing is asked for of whoever may have heard it', () => {
  const scene = among();
  const effects = scene.hear({ kind: 'tail', document: MAIN, seq: 3, clientId: 7 });
  scene.now += CATCH_UP_PAUSE_MS;
  expect(askedInTurn(scene, [...effects, ...scene.feed({ kind: 'tick' })])).toEqual([PEER, OTHER]);
});
