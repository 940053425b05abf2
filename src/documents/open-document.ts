/**
 * One use of a document by one instance: what `document()` returns. The document itself is the peer's, and stays open as long as
 * anybody uses it; here is only who may still do what with it.
 */

import { SocommError } from '../base/errors.js';
import { Emitter } from '../base/emitter.js';
import type { SharedSignals } from '../base/shared-signals.js';
import { Ending } from '../ending.js';
import type { FlushOptions } from '../flush-outcome.js';
import type { Y } from '../replica/replica.js';
import { SettingsMap } from '../settings/settings-map.js';
import type { SettingsIndexes } from '../settings/settings-map.js';
import { checkListener } from '../talk/arguments.js';
import type { UndoOptions, UndoScope } from '../talk/undo.js';
import type { DocumentKeep } from './document-name.js';

export interface OpenDocument {
  readonly name: string;
  readonly keep: DocumentKeep;
  /** A real `Y.Doc`, shared by all instances of the peer. Do not `destroy()` it. */
  readonly doc: Y.Doc;
  /** `deleted`: somebody deleted it; its name means a new document from then on. */
  readonly status: 'open' | 'deleted' | 'closed';
  /** Runs `change` as one transaction whose origin is the instance. Errors: SOCOMM_DOCUMENT_DELETED, SOCOMM_CLOSED. */
  transact<Result>(change: () => Result): Result;
  /** Resolves when this is the whole document. Errors: as `transact()`; the signal's reason. */
  synced(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** As the instance's `flush()`: resolves when the writer has this document, and all that this peer wrote before, on disk. A TypeError where it is kept in memory. */
  flush(options?: FlushOptions): Promise<{ readonly term: number }>;
  /** A map for values that are overwritten often, which does not grow with its history; the same name gives the same map. */
  settings<Value = unknown>(name: string): SettingsMap<Value>;
  /** As the instance's `undo()`, of this document's types. Ends with this use of the document. */
  undo(types: UndoScope, options?: UndoOptions): Y.UndoManager;
  /** Calls `listener` when the document is deleted, or this use of it is closed. Returns what ends that. */
  on(event: 'deleted' | 'closed', listener: () => void): () => void;
  /** Gives it back. The last one of the peer first makes durable what can be. Idempotent; never rejects. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface OpenDocumentHost {
  readonly name: string;
  readonly keep: DocumentKeep;
  readonly doc: Y.Doc;
  /** Through which the signals of the application are watched. */
  readonly signals: SharedSignals;
  transact<Result>(doc: Y.Doc, change: () => Result): Result;
  /** Ends when the signal does. */
  synced(signal: AbortSignal): Promise<void>;
  flush(options: FlushOptions): Promise<{ readonly term: number }>;
  undo(types: UndoScope, options: UndoOptions | undefined): Y.UndoManager;
  readonly settings: SettingsIndexes;
  /** Gives the hold back. */
  release(): Promise<void>;
  /** A listener of the application threw. */
  threw(event: string, error: unknown): void;
}

interface Events {
  readonly deleted: undefined;
  readonly closed: undefined;
}

export class HeldDocument implements OpenDocument {
  readonly name: string;
  readonly keep: DocumentKeep;
  readonly doc: Y.Doc;
  readonly #host: OpenDocumentHost;
  readonly #events: Emitter<Events>;
  readonly #ending: Ending;
  readonly #managers = new Set<Y.UndoManager>();
  readonly #settings = new Map<string, SettingsMap>();
  #status: 'open' | 'deleted' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  constructor(host: OpenDocumentHost) {
    this.#host = host;
    this.#ending = new Ending(host.signals);
    this.name = host.name;
    this.keep = host.keep;
    this.doc = host.doc;
    this.#events = new Emitter((error, event) => host.threw(event, error));
  }

  get status(): 'open' | 'deleted' | 'closed' {
    return this.#status;
  }

  transact<Result>(change: () => Result): Result {
    this.#assertOpen();
    return this.#host.transact(this.doc, change);
  }

  async synced({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#assertOpen();
    await this.#ending.waiting(signal, (limit) => this.#host.synced(limit));
  }

  async flush(options: FlushOptions = {}): Promise<{ readonly term: number }> {
    this.#assertOpen();
    if (this.keep === 'memory')
      throw new TypeError(`document '${this.name}' is kept in memory and never written: there is nothing to flush`);
    const flushed = await this.#ending.waiting(options.signal, (signal) => this.#host.flush({ ...options, signal }));
    // What was deleted meanwhile is on no disk, whatever became of the rest.
    this.#assertOpen();
    return flushed;
  }

  settings<Value = unknown>(name: string): SettingsMap<Value> {
    this.#assertOpen();
    const transact = <Result>(change: () => Result): Result => this.transact(change);
    const settings = this.#settings.get(name) ?? new SettingsMap({ doc: this.doc, name, transact, indexes: this.#host.settings });
    this.#settings.set(name, settings);
    return settings as SettingsMap<Value>;
  }

  undo(types: UndoScope, options?: UndoOptions): Y.UndoManager {
    this.#assertOpen();
    const manager = this.#host.undo(types, options);
    this.#managers.add(manager);
    return manager;
  }

  on(event: 'deleted' | 'closed', listener: () => void): () => void {
    if (event !== 'deleted' && event !== 'closed')
      throw new TypeError(`a document has no event '${String(event)}'; it has deleted, closed`);
    checkListener(listener);
    this.#assertOpen();
    return this.#events.on(event, () => listener());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Somebody deleted the document. */
  noteDeleted(): void {
    if (this.#status !== 'open') return;
    this.#end('deleted');
    void this.#host.release();
    this.#events.emit('deleted', undefined);
  }

  async #close(): Promise<void> {
    const wasOpen = this.#status === 'open';
    this.#end('closed');
    try {
      if (wasOpen) await this.#host.release();
    } finally {
      this.#events.emit('closed', undefined);
      this.#events.clear();
    }
  }

  #end(status: 'deleted' | 'closed'): void {
    this.#status = status;
    for (const manager of this.#managers) manager.destroy();
    this.#managers.clear();
    for (const settings of this.#settings.values()) settings.end();
    this.#settings.clear();
    this.#ending.end(this.#ended());
  }

  #assertOpen(): void {
    if (this.#status !== 'open') throw this.#ended();
  }

  #ended(): SocommError {
    return this.#status === 'deleted'
      ? new SocommError('SOCOMM_DOCUMENT_DELETED', `document '${this.name}' was deleted; open the name again for a new one`)
      : new SocommError('SOCOMM_CLOSED', `document '${this.name}' was closed here`);
  }
}
