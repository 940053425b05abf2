/**
 * One engine brought into a named state, for the tables of transitions: the peer at the other end of the link, the document between
 * them, one more input, and what came of it in a few words. Nothing here performs effects: each cell of a table is one step.
 */

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import type { RosterEntry } from '../../sync/discovery.js';
import type { Effect, Input } from '../../sync/engine-io.js';
import { takeStep } from '../../sync/engine.js';
import { createEngine } from '../../sync/engine-state.js';
import type { EngineState } from '../../sync/engine-state.js';
import { RUBBISH_MAX } from '../../sync/limits.js';
import type { PeerAddress } from '../../sync/transport.js';
import { PROTOCOL } from '../../sync/wire/frame.js';
import type { Frame, PeerStatus } from '../../sync/wire/frame.js';
import { FakeReplica, itemsOf } from './fake-replica.js';

/** The columns of the tables. A document that is `joining` is asked for as a whole, one that is `asking` for what it lacks. */
export const LINK_STATES = ['unknown', 'connected', 'ready', 'muted', 'departed'] as const;
export const DOCUMENT_STATES = ['closed', 'unsynced', 'joining', 'whole', 'doubting', 'asking', 'holding'] as const;
export type LinkState = (typeof LINK_STATES)[number];
export type DocumentState = (typeof DOCUMENT_STATES)[number];

export const SELF = '5555555555555555' as PeerId;
export const PEER = '7777777777777777' as PeerId;
/** Of a pulse to all in a group where nobody rests. */
export const AWAKE = { watchers: [], restMs: 1000, missed: new Map<PeerId, number>() } as const;

export const MAIN = 'main';

export const addressOf = (id: PeerId): PeerAddress => ({ id, publisher: `p:${id}`, messenger: `m:${id}`, responder: `r:${id}` });
export const entryOf = (id: PeerId): RosterEntry => ({ ...addressOf(id), ...PROTOCOL, pid: 1, packageVersion: '0', canWrite: true });
export const STATUS: PeerStatus = {
  revision: 1,
  term: 1,
  isComplete: true,
  canWrite: true,
  isTakingOver: false,
  pid: 1,
  packageVersion: '0',
  trouble: '',
  instances: [`${PEER}.1` as InstanceId],
};

export class Scene {
  readonly engine: EngineState;
  readonly replica = new FakeReplica(SELF);
  now = 1000;

  constructor({ canWrite = true }: { readonly canWrite?: boolean } = {}) {
    this.engine = createEngine({ address: addressOf(SELF), canWrite, pid: 1, packageVersion: '0' });
  }

  feed(input: Input): readonly Effect[] {
    return takeStep(this.engine, input, this.now);
  }

  hear(frame: Frame): readonly Effect[] {
    return this.feed({ kind: 'received', sender: PEER, frame });
  }

  open(): void {
    this.feed({ kind: 'document-opened', document: MAIN, replica: this.replica, isStored: true });
  }

  /** Time passes, with a tick whenever one is due. */
  after(ms: number): this {
    const endsAt = this.now + ms;
    while (this.engine.wakeAt <= endsAt) {
      this.now = Math.max(this.now, this.engine.wakeAt);
      this.feed({ kind: 'tick' });
    }
    this.now = endsAt;
    return this;
  }

  /** In the roster. */
  finds(...found: readonly PeerId[]): this {
    this.feed({ kind: 'roster', entries: found.map(entryOf) });
    return this;
  }

  /** With nothing left to do at this moment. */
  settled(): this {
    while (this.engine.wakeAt <= this.now) this.feed({ kind: 'tick' });
    return this;
  }

  get link(): LinkState {
    const link = this.engine.links.get(PEER);
    if (link === undefined) return this.engine.departed.has(PEER) ? 'departed' : 'unknown';
    if (this.now < link.mutedUntil) return 'muted';
    return link.isReady ? 'ready' : 'connected';
  }

  get document(): DocumentState {
    const document = this.engine.documents.get(MAIN);
    if (document === undefined) return 'closed';
    if (document.held.size > 0) return 'holding';
    if (document.catchUp !== undefined) return document.isWhole ? 'asking' : 'joining';
    if (document.doubts.size > 0) return 'doubting';
    return document.isWhole ? 'whole' : 'unsynced';
  }
}

const meet = (scene: Scene): unknown => scene.feed({ kind: 'roster', entries: [entryOf(PEER)] });
/** Met as well: it has answered our hello. */
function ready(scene: Scene, status = STATUS): void {
  scene.hear({ kind: 'welcome', ...PROTOCOL, status, tails: new Map() });
  scene.hear({ kind: 'ready', status, tails: new Map() });
}

/** How a link comes into each state; the document is whole and quiet. */
const linkScenes: Readonly<Record<LinkState, (scene: Scene) => void>> = {
  unknown: () => undefined,
  connected: (scene) => void meet(scene),
  ready: (scene) => {
    meet(scene);
    ready(scene);
  },
  muted: (scene) => {
    linkScenes.ready(scene);
    for (let count = 0; count < RUBBISH_MAX; count++) scene.feed({ kind: 'undecodable', sender: PEER, detail: 'checksum' });
  },
  departed: (scene) => {
    linkScenes.ready(scene);
    scene.feed({ kind: 'lost', peer: PEER });
  },
};

export function linkedScene(state: LinkState): Scene {
  const scene = new Scene();
  scene.open();
  scene.feed({ kind: 'document-loaded', document: MAIN });
  linkScenes[state](scene);
  return scene.settled();
}

/** How a document comes into each state; the link is ready, and the peer at its end writes and is complete. */
const documentScenes: Readonly<Record<DocumentState, (scene: Scene) => void>> = {
  closed: (scene) => linkScenes.ready(scene),
  unsynced: (scene) => {
    meet(scene);
    ready(scene, { ...STATUS, isComplete: false });
    scene.open();
  },
  joining: (scene) => {
    linkScenes.ready(scene);
    scene.open();
  },
  whole: (scene) => {
    scene.open();
    scene.feed({ kind: 'document-loaded', document: MAIN });
    linkScenes.ready(scene);
  },
  doubting: (scene) => {
    documentScenes.whole(scene);
    scene.hear({ kind: 'welcome', ...PROTOCOL, status: STATUS, tails: new Map([[MAIN, 1]]) });
  },
  asking: (scene) => {
    documentScenes.whole(scene);
    scene.hear({ kind: 'tail', document: MAIN, seq: 1, clientId: 7 });
  },
  holding: (scene) => {
    documentScenes.whole(scene);
    scene.hear({ kind: 'updates', document: MAIN, seq: 2, updates: [itemsOf(PEER, 2)] });
  },
};

export function documentScene(state: DocumentState, options: ConstructorParameters<typeof Scene>[0] = {}): Scene {
  const scene = new Scene(options);
  documentScenes[state](scene);
  return scene.settled();
}
