/** Replicas with a library each, a delivery between them that a test decides, and one box of blobs. No group: only Yjs and what lies above it. */

import { createHash } from 'node:crypto';
import * as Y from 'yjs';
import { SocommError } from '../../src/base/errors.js';
import { seededRandom } from '../../src/base/random.js';
import type { Library, LibraryBlobs, LibraryDocument, LibraryHost, LibraryOptions } from '../../src/library/index.js';
import { openLibrary } from '../../src/library/index.js';
import { SettingsIndexes, SettingsMap } from '../../src/settings/settings-map.js';

const RECEIVED = 'received';

export class Replica {
  readonly doc = new Y.Doc();
  readonly outbox: Uint8Array[] = [];
  readonly #indexes = new SettingsIndexes(this.doc);
  readonly #blobs: LibraryBlobs;
  readonly #seed: number;
  #opened = 0;

  constructor(blobs: LibraryBlobs, seed: number) {
    this.doc.clientID = 1000 + seed;
    this.#blobs = blobs;
    this.#seed = seed;
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== RECEIVED) this.outbox.push(update);
    });
  }

  /** One more instance of this peer. */
  open<Parameters = unknown>(options: LibraryOptions<Parameters> = {}): Promise<Library<Parameters>> {
    const random = seededRandom(this.#seed * 1000 + this.#opened++);
    const document = heldDocument(this.doc, this.#indexes);
    const host: LibraryHost = { document: async () => document, blobs: this.#blobs };
    return openLibrary(host, { random, ...options });
  }

  /** Past the library, as another version might write. */
  settings(name: string): SettingsMap {
    return new SettingsMap({ doc: this.doc, name, indexes: this.#indexes, transact: (change) => this.doc.transact(change) });
  }

  whole(): Uint8Array {
    return Y.encodeStateAsUpdate(this.doc);
  }

  receive(updates: readonly Uint8Array[]): void {
    this.doc.transact(() => updates.forEach((update) => Y.applyUpdate(this.doc, update, RECEIVED)), RECEIVED);
  }
}

export function replicas(count: number, blobs: LibraryBlobs = boxOfBlobs()): Replica[] {
  return Array.from({ length: count }, (_, at) => new Replica(blobs, at + 1));
}

/** Everybody is given what everybody has written, until nobody has anything left. */
export function exchange(all: readonly Replica[]): void {
  for (let round = 0; all.some(({ outbox }) => outbox.length > 0); round++) {
    if (round > 20) throw new Error('they answer each other for ever');
    for (const from of all) {
      const updates = from.outbox.splice(0);
      if (updates.length > 0) for (const to of all) if (to !== from) to.receive(updates);
    }
  }
}

export interface BoxOfBlobs extends LibraryBlobs {
  readonly contents: Map<string, Uint8Array>;
}

export function boxOfBlobs(): BoxOfBlobs {
  const contents = new Map<string, Uint8Array>();
  return {
    contents,
    async put(content) {
      const hash = createHash('sha256').update(content).digest('hex');
      contents.set(hash, content.slice());
      return hash;
    },
    async get(hash) {
      const content = contents.get(hash);
      if (content === undefined) throw new SocommError('SOCOMM_BLOB_MISSING', `no blob ${hash}`);
      return content;
    },
    has: async (hash) => contents.has(hash),
  };
}

/** As `instance.document()` returns it. Its origin is its own, as each instance's is. */
function heldDocument(doc: Y.Doc, indexes: SettingsIndexes): LibraryDocument {
  const ends = new Set<() => void>();
  const document: LibraryDocument = {
    doc,
    transact: (change) => doc.transact(() => change(), document),
    settings: (name) => new SettingsMap({ doc, name, indexes, transact: (change) => document.transact(change) }),
    undo: (types, options = {}) => new Y.UndoManager(types, { ...options, trackedOrigins: new Set([document]) }),
    on(event, listener) {
      if (event === 'closed') ends.add(listener);
      return () => void ends.delete(listener);
    },
    async close() {
      for (const end of ends) end();
    },
  };
  return document;
}

/** The names in bank order. */
export function names(library: Library<never> | Library<unknown>): string[] {
  return library.list().map(({ name }) => name);
}
