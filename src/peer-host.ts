/** What a peer does for the mesh that it takes part in: it hands each call on to whom it concerns, and tells its instances. */

import type { SynchronizerHost } from '../sync/synchronizer-host.js';
import type { Talker } from '../talk/talker.js';
import type { Candidacy } from './candidacy.js';
import type { Emitter } from './base/emitter.js';
import type { InstanceEvents } from './events.js';
import type { PeerDocuments } from './documents/peer-documents.js';
import type { OpenDocuments } from './open-documents.js';
import type { Intake } from './spill/intake.js';
import type { Spiller } from './spill/spiller.js';
import type { Warnings } from './warnings.js';

export interface PeerHostOptions {
  readonly documents: OpenDocuments;
  readonly held: () => PeerDocuments;
  readonly events: Emitter<InstanceEvents>;
  readonly warnings: Warnings;
  /** These are there before the mesh is. */
  readonly parts: () => { readonly candidacy: Candidacy; readonly spiller: Spiller; readonly intake: Intake; readonly talker: Talker };
  readonly isWriter: () => boolean;
  readonly hasWriter: () => boolean;
  /** Something changed that a wait may depend on. */
  readonly changed: () => void;
  readonly maintain: SynchronizerHost['maintain'];
}

export function peerHost({
  documents,
  held,
  events,
  warnings,
  parts,
  isWriter,
  hasWriter,
  changed,
  maintain,
}: PeerHostOptions): SynchronizerHost {
  return {
    apply: (document, updates, from, source) => documents.apply(document, updates, from, source),
    setAside: (document) => documents.setAside(document),
    renewClientId: (document, peer) => documents.renewClientId(document, peer),
    synced: changed,
    documentWanted: (document) => held().holdings.wanted(document),
    documentUnheld: (document) => held().holdings.unheld(document),
    flushAwaited: () => parts().candidacy.hurry(),
    writerChanged: (writer) => {
      const { candidacy, spiller, intake } = parts();
      spiller.noteWriter();
      if (!isWriter()) {
        intake.end();
        held().holdings.officeLost();
      }
      candidacy.writerChanged(writer);
      events.emit('writer-changed', { writer });
      changed();
    },
    instancesChanged: (joined, left) => {
      for (const instance of joined) events.emit('instance-joined', { instance });
      for (const instance of left) {
        parts().talker.instanceLeft(instance);
        events.emit('instance-left', { instance });
      }
      changed();
    },
    peerMet: (peer) => {
      parts().talker.peerMet(peer);
      changed();
    },
    peerLost: (peer) => {
      const { candidacy, spiller, intake, talker } = parts();
      talker.peerLost(peer);
      // It may have been the writer and we had not heard so yet: a try costs nothing.
      if (hasWriter()) candidacy.peerLost();
      else candidacy.writerChanged(undefined);
      // It may have left something that no writer has, with us or in a spill.
      spiller.wake();
      intake.look();
      changed();
    },
    peerRefused: changed,
    stalled: (writer, reason) => {
      events.emit('stalled', { writer, reason });
      changed();
    },
    recovered: (writer) => {
      parts().spiller.wake();
      events.emit('recovered', { writer });
      changed();
    },
    silenceChanged: changed,
    warn: (code, message) => warnings.raise(code, message),
    maintain,
  };
}
