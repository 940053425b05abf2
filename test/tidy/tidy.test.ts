/** The rules of CONTRIBUTING.md that a machine can see, and for each rule a violation that it must find. */

import { describe, expect, test } from 'vitest';

import { doorViolations } from './doors.js';
import { layerViolations } from './layers.js';
import { shapeViolations } from './shape.js';
import { parseSource, readSources } from './source.js';
import { surroundingViolations } from './surroundings.js';

const sources = readSources('src', 'sync', 'storage');

describe('the sources', () => {
  test('are found', () => {
    expect(sources.length).toBeGreaterThan(10);
  });

  test('import downwards only', () => {
    expect(sources.flatMap(layerViolations)).toEqual([]);
  });

  test('let each dependency in through its own door', () => {
    expect(sources.flatMap(doorViolations)).toEqual([]);
  });

  test('take clock, randomness and environment as arguments, and leave the process alone', () => {
    expect(sources.flatMap(surroundingViolations)).toEqual([]);
  });

  test('are short, export by name, and keep no state in modules', () => {
    expect(sources.flatMap(shapeViolations)).toEqual([]);
  });
});

describe('the rules see', () => {
  const rules = { layerViolations, doorViolations, surroundingViolations, shapeViolations };

  const planted: readonly [rule: keyof typeof rules, path: string, text: string, violations: number][] = [
    ['layerViolations', 'src/base/clock.ts', `import { Peer } from '../peer.js';`, 1],
    ['layerViolations', 'src/base/clock.ts', `import type { Peer } from '../peer.js';`, 1],
    ['layerViolations', 'src/base/clock.ts', `import { newPeerId } from './ids.js';`, 0],
    ['layerViolations', 'storage/keys.ts', `export { engine } from '../sync/engine.js';`, 1],
    ['layerViolations', 'sync/engine.ts', `type Store = import('../storage/store.js').Store;`, 1],
    ['layerViolations', 'sync/discovery/file-roster.ts', `import { tryLock } from '../../storage/file-lock.js';`, 0],
    ['layerViolations', 'sync/engine.ts', `const { join } = await import('../src/join.js');`, 1],
    ['layerViolations', 'src/election/shell.ts', `import { Instance } from '../instance.js';`, 1],
    ['layerViolations', 'src/peer.ts', `export * from './join.js';`, 1],
    ['layerViolations', 'src/instance.ts', `import { join } from './index.js';`, 1],
    ['layerViolations', 'src/index.ts', `import { createTestGroup } from './testing.js';`, 1],
    ['layerViolations', 'src/cli/main.ts', `import { Peer } from '../peer.js';`, 1],
    ['layerViolations', 'src/cli/commands/list.ts', `import { join } from '../../index.js';`, 0],
    ['layerViolations', 'lib/stray.ts', `export const stray = 1;`, 1],

    ['doorViolations', 'src/document.ts', `import * as Y from 'yjs';`, 1],
    ['doorViolations', 'src/document.ts', `import type * as Y from 'yjs';`, 0],
    ['doorViolations', 'src/document.ts', `import { type Doc } from 'yjs';`, 0],
    ['doorViolations', 'src/replica/replica.ts', `import * as Y from 'yjs';`, 0],
    ['doorViolations', 'sync/engine.ts', `import type * as Y from 'yjs';`, 1],
    ['doorViolations', 'storage/store.ts', `type Doc = import('yjs').Doc;`, 1],
    ['doorViolations', 'sync/transport.ts', `const zmq = await import('zeromq');`, 1],
    ['doorViolations', 'sync/transport.ts', `import zmq = require('zeromq');`, 1],
    ['doorViolations', 'sync/engine.ts', `import { encoding } from 'lib0';`, 1],
    ['doorViolations', 'sync/wire/frame.ts', `import * as encoding from 'lib0/encoding';`, 0],
    ['doorViolations', 'storage/records.ts', `import pad from 'left-pad';`, 1],
    ['doorViolations', 'storage/records.ts', `import fs from 'fs';`, 1],
    ['doorViolations', 'src/peer.ts', `export const load = (name: string) => import(name);`, 1],

    ['surroundingViolations', 'sync/engine.ts', `const nowMs = Date.now();`, 1],
    ['surroundingViolations', 'sync/engine.ts', `const now = new Date();`, 1],
    ['surroundingViolations', 'src/base/clock.ts', `const nowMs = Date.now();`, 0],
    ['surroundingViolations', 'src/peer.ts', `setTimeout(() => undefined, 5);`, 1],
    ['surroundingViolations', 'src/peer.ts', `const later = globalThis.setInterval;`, 1],
    ['surroundingViolations', 'src/peer.ts', `export const after = { setTimeout };`, 1],
    ['surroundingViolations', 'src/peer.ts', `clock.setTimeout(1); const options: { setTimeout: number } = { setTimeout: 2 };`, 0],
    ['surroundingViolations', 'src/peer.ts', `import { setTimeout as sleep } from 'node:timers/promises';`, 1],
    ['surroundingViolations', 'src/peer.ts', `const nowMs = performance.now();`, 1],
    ['surroundingViolations', 'src/peer.ts', `const signal = AbortSignal.timeout(5);`, 1],
    ['surroundingViolations', 'src/peer.ts', `const nowMs = process['hrtime']();`, 1],
    ['surroundingViolations', 'src/peer.ts', `const fraction = Math.random();`, 1],
    ['surroundingViolations', 'src/peer.ts', `import { createHash, randomUUID } from 'node:crypto';`, 1],
    ['surroundingViolations', 'src/peer.ts', `import * as crypto from 'node:crypto';`, 1],
    ['surroundingViolations', 'src/peer.ts', `import { createHash } from 'node:crypto';`, 0],
    ['surroundingViolations', 'src/peer.ts', `const home = process.env['HOME'];`, 1],
    ['surroundingViolations', 'src/peer.ts', `const { env } = process;`, 1],
    ['surroundingViolations', 'storage/layout.ts', `const home = process.env['HOME'];`, 0],
    ['surroundingViolations', 'src/peer.ts', `process.exit(1);`, 1],
    ['surroundingViolations', 'src/peer.ts', `process.once('SIGTERM', stop);`, 1],
    ['surroundingViolations', 'src/peer.ts', `process.on('uncaughtException', stop);`, 1],
    ['surroundingViolations', 'src/peer.ts', `process.once('exit', spill);`, 0],
    ['surroundingViolations', 'src/cli/main.ts', `process.once('SIGINT', stop); process.exit(1);`, 0],

    ['shapeViolations', 'src/election/index.ts', `export const term = 1;`, 1],
    ['shapeViolations', 'src/index.ts', `export const term = 1;`, 0],
    ['shapeViolations', 'src/PeerTable.ts', `export const term = 1;`, 1],
    ['shapeViolations', 'src/peer.ts', `export default class Peer {}`, 1],
    ['shapeViolations', 'src/peer.ts', `const peer = 1; export { peer as default };`, 1],
    ['shapeViolations', 'src/peer.ts', `export enum Role { writer }`, 1],
    ['shapeViolations', 'src/peer.ts', `export namespace Roles {}`, 1],
    ['shapeViolations', 'src/peer.ts', `export const apply = (value: any) => value;`, 1],
    ['shapeViolations', 'src/peer.ts', `let count = 0;`, 1],
    ['shapeViolations', 'src/peer.ts', `export let count = 0;`, 1],
    ['shapeViolations', 'src/peer.ts', `const open = new Map<string, number>();`, 1],
    ['shapeViolations', 'src/peer.ts', `const known = new Set(['a']); function f() { let count = 0; return count; }`, 0],
    ['shapeViolations', 'src/peer.ts', `import './polyfill.js';`, 1],
    ['shapeViolations', 'src/peer.ts', `register();`, 1],
    ['shapeViolations', 'src/peer.ts', '//\n'.repeat(301), 1],
    ['shapeViolations', 'src/peer.ts', '//\n'.repeat(300), 0],
  ];

  for (const [rule, path, text, count] of planted) {
    test(`${count === 0 ? 'nothing against' : 'a violation of'} ${rule.replace('Violations', '')} in ${path}: ${text.slice(0, 80).trim()}`, () => {
      expect(rules[rule](parseSource(path, text))).toHaveLength(count);
    });
  }
});
