/**
 * What an instance does with documents besides `main`: opens them by name, lists them, deletes them. They are the peer's; this instance's
 * uses of them end with it.
 */

import { MAIN } from '../../sync/membership.js';
import { describe } from '../base/errors.js';
import type { Peer } from '../peer.js';
import type { Y } from '../replica/replica.js';
import type { SettingsMap } from '../settings/settings-map.js';
import { checkSignal } from '../talk/arguments.js';
import { Upkeep } from '../upkeep.js';
import type { SignalOption } from '../upkeep.js';
import { checkDocumentName } from './document-name.js';
import { checkDocumentOptions } from './document-options.js';
import type { DocumentOptions, DocumentSchema } from './document-options.js';
import { HeldDocument } from './open-document.js';
import type { OpenDocument } from './open-document.js';
import type { Opened } from './peer-documents.js';
import { applySchema } from './schema-version.js';
import { waitForDocument } from './waiting-for-document.js';

/** One document of the group, as the catalogue has it. */
export interface DocumentListing {
  readonly name: string;
  /** 1, and one more after each deletion. */
  readonly generation: number;
  /** This instance, or another one of its peer, has it open. */
  readonly isOpen: boolean;
}

export abstract class DocumentHolder extends Upkeep {
  readonly #held = new Set<HeldDocument>();
  #own: HeldDocument | undefined;

  abstract transact<Result>(change: () => Result): Result;

  /**
   * Opens a document of that name, or makes one. It stays open until `close()` of what this returns, or the end of the instance; the
   * document `main` is among them. Errors: a TypeError for a wrong name or option; SOCOMM_DOCUMENT_NEWER (see `schema`), what
   * `schema.migrate` throws, SOCOMM_WRITER_STALLED and what else keeps the group from writing, while nobody has the document; SOCOMM_CLOSED;
   * the signal's reason.
   */
  async document(name: string, options: DocumentOptions = {}): Promise<OpenDocument> {
    checkDocumentName(name);
    checkDocumentOptions(options);
    const { keep = 'store', schema, wait = 'synced' } = options;
    if (name === MAIN && keep === 'memory')
      throw new TypeError(`the document '${MAIN}' is kept on disk: keep: 'memory' takes another name`);
    const { openPeer, waiting } = this.parts();
    const peer = openPeer();
    const use: { held?: HeldDocument } = {};
    const opening = { keep, isWaiting: wait === 'synced', deleted: (): void => use.held?.noteDeleted() };
    for (;;) {
      const opened = await waiting(options.signal, (signal) => openNamed(peer, name, { ...opening, signal }));
      // From here on in one turn: it may be deleted in the next.
      const held = this.#take(peer, opened, { name, keep });
      if (held === undefined) continue;
      use.held = held;
      try {
        if (schema !== undefined) this.#applySchema(peer, held, opened.id, schema);
        return held;
      } catch (error) {
        await held.close();
        throw error;
      }
    }
  }

  /** The documents of the group besides `main`, by name; not those that are kept in memory. Errors: SOCOMM_CLOSED, as `document()` while nobody has the catalogue; the signal's reason. */
  async documents({ signal }: SignalOption = {}): Promise<readonly DocumentListing[]> {
    checkSignal(signal);
    const { openPeer, waiting } = this.parts();
    const { documents } = openPeer();
    const entries = await waiting(signal, (limit) => documents.list(limit));
    return entries.map(({ id, name, generation }) => ({ name, generation, isOpen: documents.holdings.usersOf(id) > 0 }));
  }

  /**
   * Deletes a document, for everybody and for good; resolves when that is durable. Who has it open is told, and what a peer that
   * did not know wrote meanwhile is set aside with the warning `late-edits-set-aside`. The name can be used again at once, for a new document. Nothing
   * happens where there is none. Errors: a TypeError for a wrong name, and for `main`; those of `flush()`; the signal's reason.
   */
  async deleteDocument(name: string, { signal }: SignalOption = {}): Promise<void> {
    checkDocumentName(name);
    checkSignal(signal);
    if (name === MAIN) throw new TypeError(`the document '${MAIN}' cannot be deleted: it belongs to the group`);
    const { openPeer, waiting } = this.parts();
    const { documents } = openPeer();
    await waiting(signal, (limit) => documents.delete(name, limit));
    // Also where it was deleted already: perhaps a moment ago, and not on disk yet.
    await this.flush({ ...(signal && { signal }) });
  }

  /** A map in `main`, for values that are overwritten often, which does not grow with its history. */
  settings<Value = unknown>(name: string): SettingsMap<Value> {
    return this.#main().settings(name);
  }

  /** The use of `main` that is as long as the instance. */
  #main(): HeldDocument {
    this.#own ??= this.#hold(this.parts().openPeer(), { id: MAIN, holds: [] }, { name: MAIN, keep: 'store' });
    return this.#own;
  }

  /** Ends all uses. Resolves when what can be is durable or saved; the end of the peer does both at once for all of them. */
  protected closeDocuments(): Promise<unknown> {
    return Promise.all([...this.#held].map((held) => held.close()));
  }

  #hold(peer: Peer, { id, holds }: Opened, { name, keep }: Pick<OpenDocument, 'name' | 'keep'>): HeldDocument {
    const held = new HeldDocument({
      ...{ name, keep, doc: peer.replica(id).doc, signals: peer.signals },
      transact: (doc, change) => this.#transactIn(doc, change),
      synced: (signal) => waitForDocument(peer, id, { signal, isImpatient: false }),
      flush: (options) => this.flush(options),
      undo: (types, options) => this.undo(types, options),
      settings: peer.settings(id),
      release: async () => {
        this.#held.delete(held);
        // The shelf stays a little: whoever closes one document often opens another.
        for (const hold of holds) await hold.release({ lingers: hold !== holds[0] });
      },
      threw: (event, error) =>
        peer.warnings.raise('listener-threw', `a listener of '${event}' of document '${name}' threw: ${describe(error)}`),
    });
    this.#held.add(held);
    return held;
  }

  /** Undefined where the document was deleted in the turn in which it came: its name means another one by now. Throws where the instance has ended in it. */
  #take(peer: Peer, opened: Opened, named: Pick<OpenDocument, 'name' | 'keep'>): HeldDocument | undefined {
    try {
      this.parts().openPeer();
      if (opened.holds.every(({ isDeleted }) => !isDeleted)) return this.#hold(peer, opened, named);
    } catch (error) {
      giveBack(opened);
      throw error;
    }
    giveBack(opened);
    return undefined;
  }

  #transactIn<Result>(doc: Y.Doc, change: () => Result): Result {
    this.parts().openPeer();
    return doc.transact(() => change(), this);
  }

  #applySchema(peer: Peer, { name, doc }: HeldDocument, id: string, schema: DocumentSchema): void {
    const { isEmpty } = peer.replica(id);
    applySchema({ name, doc, isEmpty, schema, transact: (change) => this.#transactIn(doc, change) });
  }
}

interface OpeningOfName extends Pick<OpenDocument, 'keep'> {
  readonly isWaiting: boolean;
  readonly signal: AbortSignal;
  readonly deleted: () => void;
}

/** `main` is open for as long as the peer is. */
async function openNamed(peer: Peer, name: string, options: OpeningOfName): Promise<Opened> {
  if (name !== MAIN) return peer.documents.open(name, options);
  if (options.isWaiting) await waitForDocument(peer, MAIN, { signal: options.signal, isImpatient: true });
  return { id: MAIN, holds: [] };
}

function giveBack({ holds }: Opened): void {
  for (const hold of holds) void hold.release();
}
