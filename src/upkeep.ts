/**
 * What an instance has done with the store as a whole: backups, checkpoints, compaction. The writer of the day carries it out; here is
 * only how it is asked. What was written before comes first.
 */

import type { MaintenanceTask } from '../sync/maintenance.js';
import type { LimitedWork } from './ending.js';
import type { FlushOptions } from './flush-outcome.js';
import { BACKUP_REPORT, BUNDLE_REPORT, COMPACTION_REPORT, askWriter, resolveTarget, restoreCheckpoint } from './maintenance/asking.js';
import type { BackupMade, CheckpointMade, Compacted } from './maintenance/asking.js';
import { checkCheckpointName, listCheckpoints, removeCheckpoint } from './maintenance/checkpoint-shelf.js';
import type { Checkpoint } from './maintenance/checkpoint-shelf.js';
import type { Peer } from './peer.js';
import { Conversation } from './talk/conversation.js';

export interface SignalOption {
  readonly signal?: AbortSignal;
}

/** What an instance gives to the parts that it consists of. */
export interface InstanceParts {
  /** Throws SOCOMM_CLOSED after the end. */
  readonly openPeer: () => Peer;
  readonly waiting: <Result>(signal: AbortSignal | undefined, work: LimitedWork<Result>) => Promise<Result>;
}

export abstract class Upkeep extends Conversation {
  protected abstract parts(): InstanceParts;
  abstract flush(options?: FlushOptions): Promise<{ readonly term: number }>;
  abstract synced(options?: SignalOption): Promise<void>;

  /**
   * Has the writer put all documents, as they are in one moment, into one new file, with all that this peer wrote before the
   * call. Work goes on meanwhile. A relative path is taken from this process's working directory.
   * Errors: SOCOMM_TARGET_EXISTS, SOCOMM_TARGET_INVALID, SOCOMM_BACKUP_DAMAGED, those of `flush()`; the signal's reason.
   */
  async backup(to: string, { signal }: SignalOption = {}): Promise<BackupMade> {
    const path = resolveTarget(to);
    return { path, ...(await this.#ask({ action: 'backup', target: path }, BACKUP_REPORT, signal)) };
  }

  /** Keeps all documents as they are now, under a name, in the store. Errors: as `backup()`, and a TypeError for a wrong name. */
  async checkpoint(name: string, { signal }: SignalOption = {}): Promise<CheckpointMade> {
    checkCheckpointName(name);
    return { name, ...(await this.#ask({ action: 'checkpoint', target: name }, BUNDLE_REPORT, signal)) };
  }

  /** The checkpoints that there are, the oldest first. */
  async checkpoints(): Promise<readonly Checkpoint[]> {
    return listCheckpoints(this.parts().openPeer().options.store.checkpoints);
  }

  /**
   * Makes the open documents read as they did then: an ordinary change in one transaction of this instance, with which what others do
   * meanwhile merges, and which can be undone. Returns the documents' names. Errors: SOCOMM_CHECKPOINT_UNKNOWN, SOCOMM_BACKUP_DAMAGED.
   */
  async restoreCheckpoint(name: string, { signal }: SignalOption = {}): Promise<readonly string[]> {
    await this.synced({ ...(signal && { signal }) });
    return restoreCheckpoint(this.parts().openPeer(), name, this);
  }

  /** Errors: SOCOMM_CHECKPOINT_UNKNOWN. */
  async removeCheckpoint(name: string): Promise<void> {
    await removeCheckpoint(this.parts().openPeer().options.store.checkpoints, name);
  }

  /** Has the writer replace every log by a snapshot and give the space back. Errors: those of `flush()`. */
  async compact({ signal }: SignalOption = {}): Promise<Compacted> {
    return this.#ask({ action: 'compact', target: '' }, COMPACTION_REPORT, signal);
  }

  async #ask<Name extends string>(task: MaintenanceTask, names: readonly Name[], signal: AbortSignal | undefined) {
    await this.flush({ ...(signal && { signal }) });
    const { openPeer, waiting } = this.parts();
    return waiting(signal, (limit) => askWriter(openPeer(), task, { names, signal: limit }));
  }
}
