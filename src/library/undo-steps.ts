/**
 * What one instance did through its library, step by step. Each transaction is a step, but for those of one long piece of work (an import),
 * which are one together as long as nothing comes in between. Nothing is kept in mind before the first change.
 */

import { Y } from '../index.js';
import type { UndoScope } from '../index.js';
import { UNDO_STEPS_MAX } from './limits.js';
import type { LibraryDocument } from './library-host.js';

export class UndoSteps {
  readonly #document: LibraryDocument;
  readonly #types: UndoScope;
  #manager: Y.UndoManager | undefined;
  #last: { readonly step: object; readonly item: unknown } | undefined;

  constructor(document: LibraryDocument, types: UndoScope) {
    this.#document = document;
    this.#types = types;
  }

  /** `step`: of one piece with the change before, if that had the same and was the last. */
  perform<Result>(change: () => Result, step?: object): Result {
    const manager = (this.#manager ??= this.#document.undo(this.#types, { captureTimeout: 0 }));
    const last = manager.undoStack.at(-1);
    const goesOn = step !== undefined && last !== undefined && this.#last?.step === step && this.#last.item === last;
    manager.captureTimeout = goesOn ? Infinity : 0;
    try {
      return this.#document.transact(change);
    } finally {
      manager.captureTimeout = 0;
      this.#last = step === undefined ? undefined : { step, item: manager.undoStack.at(-1) };
      this.#forgetOldest(manager);
    }
  }

  get canUndo(): boolean {
    return this.#manager?.canUndo() === true;
  }

  get canRedo(): boolean {
    return this.#manager?.canRedo() === true;
  }

  undo(): boolean {
    return (this.#manager?.undo() ?? null) !== null;
  }

  redo(): boolean {
    return (this.#manager?.redo() ?? null) !== null;
  }

  end(): void {
    this.#manager?.destroy();
    this.#manager = undefined;
  }

  /** What only an undo could have brought back must not stay in the document for ever: Yjs keeps it until it is told. */
  #forgetOldest({ undoStack, doc }: Y.UndoManager): void {
    const dropped = undoStack.splice(0, Math.max(0, undoStack.length - UNDO_STEPS_MAX));
    if (dropped.length === 0) return;
    doc.transact((transaction) => {
      for (const { deletions } of dropped) {
        Y.iterateDeletedStructs(transaction, deletions, (struct) => {
          if (struct instanceof Y.Item) struct.keep = false;
        });
        // Within the transaction: at its end they are joined with neighbours that are kept, and then are kept again.
        Y.tryGc(deletions, doc.store, doc.gcFilter);
      }
    });
  }
}
