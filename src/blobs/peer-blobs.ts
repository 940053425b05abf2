/** What a peer does with blobs besides its instances' puts and gets: it answers who collects, and collects where it writes. */

import type { Store } from '../../storage/store.js';
import type { Discovery } from '../../sync/discovery.js';
import type { PeerId } from '../base/ids.js';
import type { Clock } from '../base/clock.js';
import type { Talker } from '../../talk/talker.js';
import type { Warnings } from '../warnings.js';
import { answerPeers, askPeers } from './asking-peers.js';
import type { BlobShelf } from './blob-shelf.js';
import { BlobCollector } from './collector.js';
import { StoreNames } from './name-sources.js';
import { neededHere } from './needed-here.js';
import type { ScannedReplica } from './needed-here.js';

export interface PeerBlobsOptions {
  readonly shelf: BlobShelf;
  readonly store: Store;
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly talker: Talker;
  readonly warnings: Warnings;
  readonly replicas: ReadonlyMap<string, ScannedReplica>;
  readonly linked: () => readonly PeerId[];
  readonly isWriter: () => boolean;
}

export function collectBlobs(options: PeerBlobsOptions): BlobCollector {
  const { shelf, store, discovery, clock, talker, warnings, replicas, linked, isWriter } = options;
  const needed: Parameters<typeof answerPeers>[1] = (candidates) => neededHere(candidates, replicas, shelf.latePuts);
  const living = async (): Promise<readonly PeerId[]> => (await discovery.list()).map(({ id }) => id);
  answerPeers(talker.enquiries, needed);
  return new BlobCollector({
    shelf,
    clock,
    isWriter,
    sources: new StoreNames({ store, blobs: shelf.store, replicas }),
    askPeers: (candidates) => askPeers({ enquiries: talker.enquiries, linked, living }, candidates),
    neededHere: needed,
    warn: (code, message) => warnings.raise(code, message),
  });
}
