/**
 * Undo of what one instance did: `Y.UndoManager` with that instance's origin, so that instances which share a document undo each
 * their own. A write outside `transact()` belongs to nobody and is not undone.
 */

import { Y } from '../replica/replica.js';
import type { ConversationHost } from './conversation-host.js';

export type UndoScope = ConstructorParameters<typeof Y.UndoManager>[0];
export type UndoOptions = NonNullable<ConstructorParameters<typeof Y.UndoManager>[1]>;

export class Undoing {
  readonly #host: ConversationHost;
  readonly #managers = new Set<Y.UndoManager>();

  constructor(host: ConversationHost) {
    this.#host = host;
    host.onClose(() => {
      for (const manager of [...this.#managers]) manager.destroy();
    });
  }

  /** `options.trackedOrigins` are undone besides this instance's own changes. Ends with the instance, or by its `destroy()`. */
  undo(types: UndoScope, options: UndoOptions = {}): Y.UndoManager {
    const trackedOrigins = new Set([...(options.trackedOrigins ?? []), this.#host.origin]);
    const manager = new OwnedUndoManager(types, { ...options, trackedOrigins }, () => this.#managers.delete(manager));
    this.#managers.add(manager);
    return manager;
  }

  /** What comes next is a step of its own. */
  stopCapturing(): void {
    for (const manager of this.#managers) manager.stopCapturing();
  }
}

class OwnedUndoManager extends Y.UndoManager {
  readonly #ended: () => void;

  constructor(types: UndoScope, options: UndoOptions, ended: () => void) {
    super(types, options);
    this.#ended = ended;
  }

  override destroy(): void {
    this.#ended();
    super.destroy();
  }
}
