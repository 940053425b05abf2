/** A collector over files in a temporary directory, on a virtual clock, with sources and peers that a test decides. */

import { onTestFinished } from 'vitest';

import { VirtualClock } from '../../src/base/virtual-clock.js';
import { BlobShelf } from '../../src/blobs/blob-shelf.js';
import { BlobCollector } from '../../src/blobs/collector.js';
import { BLOB_FIRST_LOOK_MS, BLOB_GRACE_MS } from '../../src/blobs/limits.js';
import { neededHere } from '../../src/blobs/needed-here.js';
import type { ScannedReplica } from '../../src/blobs/needed-here.js';
import { Emitter } from '../../src/base/emitter.js';
import { silent } from '../../src/base/log.js';
import { Warnings } from '../../src/warnings.js';
import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import { temporaryDirectory } from '../storage/temporary.js';
import { makeBlobStore } from './folder.js';

export interface CollectorScene {
  readonly directory: string;
  readonly shelf: BlobShelf;
  readonly clock: VirtualClock;
  readonly warnings: Warnings;
  /** What stands in the store, by document. */
  readonly stored: Map<string, string>;
  readonly replicas: Map<string, ScannedReplica>;
  /** What peers say; undefined: one is silent. */
  peers: (candidates: ReadonlySet<BlobHash>) => Promise<ReadonlySet<BlobHash> | undefined>;
  isWriter: boolean;
  firstLook(): Promise<void>;
  /** The next look, a grace later. */
  look(): Promise<void>;
  settled(): Promise<void>;
  replica(text: () => string): ScannedReplica;
}

export async function collectorScene(): Promise<CollectorScene> {
  const directory = await temporaryDirectory();
  const clock = new VirtualClock();
  const warnings = new Warnings({ clock, log: silent, events: new Emitter(() => undefined) });
  const shelf = new BlobShelf({ blobs: makeBlobStore(directory), clock }, warnings);
  const stored = new Map<string, string>();
  const replicas = new Map<string, ScannedReplica>();
  const readAll = async (scan: { read(bytes: Uint8Array): Promise<void> }): Promise<void> => {
    for (const text of stored.values()) await scan.read(Buffer.from(text));
  };
  const scene: CollectorScene = {
    ...{ directory, shelf, clock, warnings, stored, replicas },
    peers: async () => new Set(),
    isWriter: true,
    async firstLook() {
      await clock.advance(BLOB_FIRST_LOOK_MS);
      await collector.settled();
    },
    async look() {
      await clock.advance(BLOB_GRACE_MS);
      await collector.settled();
    },
    settled: () => collector.settled(),
    replica: (text) => ({
      get changes() {
        return text().length;
      },
      snapshot: () => Buffer.from(text()),
      hasPending: () => false,
    }),
  };
  const collector = new BlobCollector({
    shelf,
    clock,
    isWriter: () => scene.isWriter,
    sources: { readAll, readChanged: readAll },
    askPeers: (candidates) => scene.peers(candidates),
    neededHere: (candidates) => neededHere(candidates, replicas, shelf.latePuts),
    warn: (code, message) => warnings.raise(code, message),
  });
  onTestFinished(async () => {
    await collector.end();
    await shelf.close();
  });
  return scene;
}
