/** A scene from events, as a run of the demo would give them. */

import type { DemoEvent } from '../../src/cli/demo/events.js';
import type { CopyReport } from '../../src/cli/demo/messages.js';
import { applyEvent, emptyScene } from '../../src/cli/demo/scene.js';
import type { Scene } from '../../src/cli/demo/scene.js';

export function sceneOf(...events: readonly DemoEvent[]): Scene {
  return events.reduce((scene, event, index) => applyEvent(scene, event, 250 * index), emptyScene);
}

export function copyReport(change: Partial<CopyReport> = {}): CopyReport {
  return {
    build: 'esm',
    peer: '00112233aabbccdd',
    role: 'follower',
    writer: '00112233aabbccdd',
    term: 1,
    isSynced: true,
    peers: 8,
    presets: 384,
    digest: '3fa2c1d09b',
    content: undefined,
    changedAtMs: 0,
    lagMs: 0.84,
    diskMs: 4.06,
    made: 0,
    acknowledged: 0,
    ...change,
  };
}

/** Two of the four processes: the second holds the writer. */
export const met: readonly DemoEvent[] = [
  { kind: 'act-began', act: 'meeting' },
  { kind: 'player-started', player: 1, pid: 4711 },
  { kind: 'player-started', player: 2, pid: 104_712 },
  {
    kind: 'reported',
    player: 2,
    copies: [copyReport({ lagMs: undefined, diskMs: undefined }), copyReport({ build: 'cjs', role: 'writer', diskMs: 133 })],
  },
];
