/** A peer's two halves of the spill, as they are joined to what it consists of. */

import type { Synchronizer } from '../../sync/synchronizer.js';
import type { PeerId } from '../base/ids.js';
import { IntakeUse } from '../documents/intake-use.js';
import { tellLateEdits } from '../documents/leaving-document.js';
import type { PeerDocuments } from '../documents/peer-documents.js';
import type { OpenDocuments } from '../open-documents.js';
import type { PeerOptions } from '../peer.js';
import { PACKAGE_VERSION } from '../version.js';
import type { Warnings } from '../warnings.js';
import { Intake } from './intake.js';
import { Spiller } from './spiller.js';

export interface SpillPartsOptions {
  readonly self: PeerId;
  readonly peer: PeerOptions;
  readonly synchronizer: Synchronizer;
  readonly documents: OpenDocuments;
  readonly warnings: Warnings;
  /** Empty where it is not known. */
  readonly storeId: () => string;
  readonly held: () => PeerDocuments;
}

export interface SpillParts {
  readonly spiller: Spiller;
  readonly intake: Intake;
}

export function spillParts({ self, peer, synchronizer, documents, warnings, storeId, held }: SpillPartsOptions): SpillParts {
  const { group, store, clock, discovery } = peer;
  const { state } = synchronizer;
  const warn = (code: string, message: string): void => warnings.raise(code, message);
  const common = { group, spills: store.spills, clock, storeId, warn };
  const drain = (): void => synchronizer.drain();
  const spiller = new Spiller({ ...common, self, packageVersion: PACKAGE_VERSION, state, replicas: documents.replicas, drain });
  const use = new IntakeUse(held, (id) => state.documents.get(id)?.isWhole === true);
  const intake = new Intake({
    ...common,
    prepare: (document) => use.prepare(document),
    setAside: (late) => tellLateEdits(late, spiller, warnings),
    done: () => use.end(),
    apply: (document, update) => documents.takeIn(document, update),
    flush: async (signal) => (await synchronizer.flush(signal)).ok,
    changes: () => [...documents.replicas.values()].reduce((sum, replica) => sum + replica.changes, 0),
    isAlive: (id) => id === self || discovery.isAlive(id),
  });
  return { spiller, intake };
}
