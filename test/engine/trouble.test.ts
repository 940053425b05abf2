/** Whether nobody can write, as a rule over what is known: each row one group. */

import { describe, expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { whyNobodyWrites } from '../../sync/trouble.js';
import type { PeerStatus } from '../../sync/wire/frame.js';
import { PEER, STATUS, Scene, entryOf } from './scene.js';

const OTHER = '2222222222222222' as PeerId;
const FAILED = 'SOCOMM_STORE_FAILED';
const GONE = 'SOCOMM_STORE_GONE';

/** `undefined` for a peer that is linked and has said nothing yet. */
interface Known {
  readonly self?: Partial<PeerStatus>;
  readonly peers?: Readonly<Record<PeerId, Partial<PeerStatus> | undefined>>;
  readonly refused?: { readonly canWrite: boolean };
  readonly hasRoster?: boolean;
}

function sceneOf({ self = {}, peers = {}, refused, hasRoster = true }: Known): Scene {
  const scene = new Scene();
  scene.feed({ kind: 'roster', entries: Object.keys(peers).map((id) => entryOf(id as PeerId)) });
  for (const [id, status] of Object.entries(peers)) {
    if (status === undefined) continue;
    const frame = { kind: 'status', status: { ...STATUS, term: 0, instances: [], ...status } } as const;
    scene.feed({ kind: 'received', sender: id as PeerId, frame });
  }
  const { engine } = scene;
  engine.status = { ...engine.status, ...self };
  if (refused !== undefined) engine.refused.set('3333333333333333' as PeerId, { protocol: undefined, canWrite: refused.canWrite });
  engine.hasRoster = hasRoster;
  return scene;
}

const groups: Readonly<Record<string, readonly [known: Known, reason: string | undefined]>> = {
  'we alone, and all is well': [{}, undefined],
  'we alone, in trouble': [{ self: { trouble: FAILED } }, FAILED],
  'we alone, in trouble, and trying again': [{ self: { trouble: FAILED, isTakingOver: true } }, undefined],
  'we in trouble, the roster not read': [{ self: { trouble: FAILED }, hasRoster: false }, undefined],
  'we in trouble, another not': [{ self: { trouble: FAILED }, peers: { [PEER]: {} } }, undefined],
  'we in trouble, another has said nothing yet': [{ self: { trouble: FAILED }, peers: { [PEER]: undefined } }, undefined],
  'we in trouble, another never writes': [{ self: { trouble: FAILED }, peers: { [PEER]: { canWrite: false } } }, FAILED],
  'we in trouble, another takes over': [{ self: { trouble: FAILED }, peers: { [PEER]: { trouble: GONE, isTakingOver: true } } }, undefined],
  'we in trouble, another writes': [{ self: { trouble: FAILED }, peers: { [PEER]: { trouble: GONE, term: 4 } } }, undefined],
  'both in trouble: ours counts': [{ self: { trouble: FAILED }, peers: { [OTHER]: { trouble: GONE } } }, FAILED],
  'we never write, two in trouble: that of the lowest counts': [
    { self: { canWrite: false }, peers: { [PEER]: { trouble: FAILED }, [OTHER]: { trouble: GONE } } },
    GONE,
  ],
  'we never write, one of two in trouble': [{ self: { canWrite: false }, peers: { [PEER]: { trouble: FAILED }, [OTHER]: {} } }, undefined],
  'we in trouble, one whom we cannot hear may write': [{ self: { trouble: FAILED }, refused: { canWrite: true } }, undefined],
  'we in trouble, one whom we cannot hear never writes': [{ self: { trouble: FAILED }, refused: { canWrite: false } }, FAILED],
  'nobody may write': [{ self: { canWrite: false, trouble: FAILED }, peers: { [PEER]: { canWrite: false, trouble: GONE } } }, undefined],
};

describe('why nobody writes', () => {
  test.each(Object.entries(groups))('%s', (_, [known, reason]) => {
    expect(whyNobodyWrites(sceneOf(known).engine)).toBe(reason);
  });

  test('what is told once is told again only after somebody wrote', () => {
    const scene = sceneOf({});
    const tell = (trouble: PeerStatus['trouble']): string[] => scene.feed({ kind: 'trouble', trouble }).map(({ kind }) => kind);
    expect(tell(FAILED)).toEqual(['stalled']);
    expect(tell(GONE)).toEqual([]);
    expect(scene.engine.stallReason).toBe(GONE);
    expect(tell('')).toEqual([]);
    expect(tell(FAILED)).toEqual([]);
    expect(scene.feed({ kind: 'role', term: 5, isTakingOver: false }).map(({ kind }) => kind)).toEqual(['recovered', 'writer-changed']);
    expect(tell(FAILED)).toEqual([]);
    expect(scene.feed({ kind: 'role', term: 0, isTakingOver: false }).map(({ kind }) => kind)).toEqual(['writer-changed', 'stalled']);
  });
});
