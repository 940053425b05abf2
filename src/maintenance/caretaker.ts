/**
 * What the writer of the day does when it is asked: backups, checkpoints, compaction. One after the other. It writes
 * nothing into the database itself, and never says that something was done before it was read back.
 */

import { isAbsolute } from 'node:path';

import type { BlobStore } from '../../storage/blobs/blob-store.js';
import { bundleWithBlobs } from '../../storage/bundle-blobs.js';
import { encodeBundle } from '../../storage/bundle.js';
import type { BundlePurpose } from '../../storage/bundle.js';
import { storeFailure } from '../../storage/level-open.js';
import type { Store } from '../../storage/store.js';
import { maintenanceFailed } from '../../sync/maintenance.js';
import type { MaintenanceOutcome, MaintenanceTask } from '../../sync/maintenance.js';
import { pause } from '../base/clock.js';
import type { Clock } from '../base/clock.js';
import { SocommError } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { namedBlobs } from '../blobs/named-blobs.js';
import { tryOut } from '../replica/trial.js';
import { PACKAGE_VERSION } from '../version.js';
import type { WholeDocument } from '../writing/whole-states.js';
import type { Writer } from '../writer.js';
import { writeNewFile } from './bundle-file.js';
import { checkCheckpointName, checkpointKey } from './checkpoint-shelf.js';
import { encodeReport } from './report.js';

/** A file that is being written for somebody delays the end by no more than this. */
export const CLOSE_ERRAND_MS = 5000;

export interface CaretakerOptions {
  readonly group: string;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly random: Random;
  /** The pen, while this peer leads. */
  readonly pen: () => Writer | undefined;
}

export class Caretaker {
  readonly #options: CaretakerOptions;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #ending = new AbortController();
  /** Keys of checkpoints that could not be written: they may be there all the same, and who asks again means to replace them. */
  readonly #doubtful = new Set<string>();

  constructor(options: CaretakerOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  carryOut(task: MaintenanceTask): Promise<MaintenanceOutcome> {
    const outcome = this.#turn.then(() => this.#carryOut(task)).catch(maintenanceFailed);
    this.#turn = outcome;
    return outcome;
  }

  /** What is under way is given up. */
  end(): void {
    this.#ending.abort();
  }

  /** Resolves when nothing is under way any more: a file that is being written is finished, unless it goes to a drive that hangs. */
  async settled(): Promise<void> {
    const limit = new AbortController();
    await Promise.race([this.#turn, pause(this.#options.clock, CLOSE_ERRAND_MS, limit.signal)]);
    limit.abort();
  }

  async #carryOut({ action, target }: MaintenanceTask): Promise<MaintenanceOutcome> {
    const pen = this.#options.pen();
    if (pen === undefined) throw new SocommError('SOCOMM_NO_WRITER', 'this peer has just stopped writing: ask again');
    switch (action) {
      case 'backup':
        return { ok: true, report: encodeReport(await this.#backUp(pen, target)) };
      case 'checkpoint':
        return { ok: true, report: encodeReport(await this.#checkpoint(pen, target)) };
      case 'compact':
        return { ok: true, report: encodeReport(await pen.compact()) };
    }
  }

  async #backUp(pen: Writer, path: string): Promise<BundleReport & { readonly blobs: number }> {
    // Who asks has resolved it: where another process stands is not what anybody means.
    if (!isAbsolute(path)) throw new SocommError('SOCOMM_TARGET_INVALID', `a backup goes to an absolute path; got ${JSON.stringify(path)}`);
    const { bytes, report, documents } = await this.#bundle(pen, 'backup', '');
    const { signal } = this.#ending;
    const blobs = await namedBlobs(this.#options.blobs, documents, signal);
    let size = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const piece of bundleWithBlobs(bytes, blobs)) {
        signal.throwIfAborted();
        size += piece.length;
        yield piece;
      }
    };
    await writeNewFile(path, counted(), this.#options.random);
    return { ...report, bytes: size, blobs: blobs.length };
  }

  async #checkpoint(pen: Writer, name: string): Promise<BundleReport> {
    checkCheckpointName(name);
    const { checkpoints } = this.#options.store;
    const key = checkpointKey(name);
    const failed = (cause: unknown): never => {
      throw storeFailure(checkpoints.location, 'writing a checkpoint', cause);
    };
    if (this.#doubtful.has(key)) await checkpoints.remove(key).catch(failed);
    else if ((await checkpoints.list().catch(failed)).includes(key)) {
      throw new SocommError(
        'SOCOMM_TARGET_EXISTS',
        `there is a checkpoint ${JSON.stringify(name)} already: choose another name, or remove it first`,
      );
    }
    const { bytes, report } = await this.#bundle(pen, 'checkpoint', name);
    this.#doubtful.add(key);
    await checkpoints.write(key, bytes).catch(failed);
    this.#doubtful.delete(key);
    return report;
  }

  async #bundle(
    pen: Writer,
    purpose: BundlePurpose,
    label: string,
  ): Promise<{ readonly bytes: Uint8Array; readonly report: BundleReport; readonly documents: readonly Uint8Array[] }> {
    const { group, clock } = this.#options;
    const documents = await pen.states();
    const at = clock.wallTime();
    for (const document of documents) await this.#tryDocument(document);
    const content = documents.map(({ name, encoding, bytes }) => ({ name, encoding, bytes }));
    const origin = { group, storeId: pen.storeId ?? '', term: pen.term, packageVersion: PACKAGE_VERSION };
    const bytes = encodeBundle({ purpose, ...(label !== '' && { label }), ...origin, at, documents: content });
    return { bytes, report: { bytes: bytes.length, documents: documents.length, at }, documents: content.map((each) => each.bytes) };
  }

  /** Nothing is called a backup that does not give back what it was taken of. */
  async #tryDocument({ name, bytes, digest, structs }: WholeDocument): Promise<void> {
    if (await tryOut({ state: bytes, digest, structs }, { clock: this.#options.clock, signal: this.#ending.signal })) return;
    if (this.#ending.signal.aborted)
      throw new SocommError('SOCOMM_NO_WRITER', 'the writer was closed meanwhile: nothing was written; ask again');
    throw new SocommError(
      'SOCOMM_BACKUP_DAMAGED',
      `document ${name} did not give back, on trial, what it was taken of. Nothing was written. Run socomm doctor.`,
    );
  }
}

interface BundleReport {
  readonly bytes: number;
  readonly documents: number;
  /** The moment of which it is the state, in milliseconds since 1970. */
  readonly at: number;
}
