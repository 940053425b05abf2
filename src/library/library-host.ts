/** What the library asks of an instance: a part of the public face, written down, so that tests can stand in for the rest. */

import type { UndoOptions, UndoScope, Y } from '../index.js';

/** The part of an `Instance` that is used. */
export interface LibraryHost {
  document(
    name: string,
    options: { readonly schema: { readonly version: number }; readonly signal?: AbortSignal },
  ): Promise<LibraryDocument>;
  readonly blobs: LibraryBlobs;
}

/** The part of an `OpenDocument` that is used. */
export interface LibraryDocument {
  readonly doc: Y.Doc;
  transact<Result>(change: () => Result): Result;
  settings(name: string): LibrarySettings;
  undo(types: UndoScope, options?: UndoOptions): Y.UndoManager;
  on(event: 'closed' | 'deleted', listener: () => void): () => void;
  close(): Promise<void>;
}

/** The part of a `SettingsMap` that is used. */
export interface LibrarySettings {
  readonly type: Y.Array<unknown>;
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  delete(key: string): boolean;
  entries(): IterableIterator<[key: string, value: unknown]>;
  observe(listener: (event: { readonly keys: ReadonlyMap<string, unknown> }) => void): () => void;
}

/** The part of `Blobs` that is used. */
export interface LibraryBlobs {
  put(content: Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<string>;
  get(hash: string, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  has(hash: string): Promise<boolean>;
}
