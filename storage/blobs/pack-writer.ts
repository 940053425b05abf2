/**
 * The pack that this store appends to: all that is put at one time goes in with one sync. Nobody else appends to it. What was
 * withdrawn under its name is never acknowledged: after each sync the path is looked at, and where it names another file (or none),
 * the batch is written again into a new pack.
 *
 * After a failed write or sync a pack is not trusted: what was acknowledged lies before, the rest is cut off, and the next
 * batch begins a new one. (A second sync of pages that could not be written says that all is well.)
 */

import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { assert, systemCode } from '../../src/base/errors.js';
import type { BlobFiles } from './blob-files.js';
import { whereMissing } from './blob-files.js';
import { COMMIT_ATTEMPTS_MAX, COMMIT_BYTES_MAX } from './limits.js';

/** Where an entry lies in the end. */
export interface AppendedEntry {
  readonly file: string;
  readonly offset: number;
}

interface Waiting {
  readonly entry: Uint8Array;
  readonly done: (place: AppendedEntry) => void;
  readonly failed: (error: unknown) => void;
}

interface OpenPack {
  readonly name: string;
  readonly file: FileHandle;
  readonly identity: string;
  /** All before it is durable. */
  end: number;
}

export class PackWriter {
  readonly #files: BlobFiles;
  /** 16 hex digits. */
  readonly #owner: string;
  readonly #packBytesMax: number;
  #waiting: Waiting[] = [];
  #pack: OpenPack | undefined;
  #packCount = 0;
  #work: Promise<void> | undefined;

  constructor(files: BlobFiles, owner: string, packBytesMax: number) {
    this.#files = files;
    this.#owner = owner;
    this.#packBytesMax = packBytesMax;
  }

  /** Durable when it resolves. */
  append(entry: Uint8Array): Promise<AppendedEntry> {
    const appended = new Promise<AppendedEntry>((done, failed) => this.#waiting.push({ entry, done, failed }));
    this.#work ??= this.#commitAll().finally(() => (this.#work = undefined));
    return appended;
  }

  /** What was appended comes to its end first. */
  async close(): Promise<void> {
    await this.#work;
    await this.#leavePack();
  }

  async #commitAll(): Promise<void> {
    // What is appended in this turn goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        const pack = await this.#commit(batch);
        let at = pack.end - bytesOf(batch);
        for (const { entry, done } of batch) {
          done({ file: pack.name, offset: at });
          at += entry.length;
        }
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
  }

  #takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { entry } of this.#waiting) {
      bytes += entry.length;
      if (count > 0 && bytes > COMMIT_BYTES_MAX) break;
      count++;
    }
    const batch = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return batch;
  }

  async #commit(batch: readonly Waiting[]): Promise<OpenPack> {
    for (let attempt = 1; attempt <= COMMIT_ATTEMPTS_MAX; attempt++) {
      const pack = await this.#openPack();
      try {
        await writeAll(pack, batch);
        await pack.file.sync();
      } catch (error) {
        await this.#distrust(pack);
        throw error;
      }
      const found = await stat(this.#files.path(pack.name), { bigint: true }).catch(whereMissing<undefined>(undefined));
      if (found !== undefined && identityOf(found) === pack.identity) {
        pack.end += bytesOf(batch);
        return pack;
      }
      await this.#leavePack();
    }
    throw new Error(`${this.#files.location}: each of ${COMMIT_ATTEMPTS_MAX} packs was taken away while it was written`);
  }

  async #openPack(): Promise<OpenPack> {
    if (this.#pack !== undefined && this.#pack.end < this.#packBytesMax) return this.#pack;
    await this.#leavePack();
    await this.#files.make();
    for (;;) {
      const name = `${this.#owner}-${++this.#packCount}.pack`;
      // Whatever is there under this name is somebody else's.
      const file = await open(this.#files.path(name), 'wx', 0o600).catch((error: unknown) => {
        if (systemCode(error) !== 'EEXIST') throw error;
        return undefined;
      });
      if (file === undefined) continue;
      this.#pack = { name, file, identity: '', end: 0 };
      try {
        this.#pack = { name, file, identity: identityOf(await file.stat({ bigint: true })), end: 0 };
        // The name first: content whose file has no name is not durable.
        await this.#files.syncFolder();
        return this.#pack;
      } catch (error) {
        await this.#distrust(this.#pack);
        throw error;
      }
    }
  }

  /** Cuts off what is not acknowledged, so that nobody takes it for durable. Where that fails too, its hash will show what it is. */
  async #distrust(pack: OpenPack): Promise<void> {
    assert(this.#pack === pack, 'only the pack in hand is written to');
    await pack.file.truncate(pack.end).catch(() => undefined);
    await this.#leavePack();
  }

  async #leavePack(): Promise<void> {
    const pack = this.#pack;
    this.#pack = undefined;
    // Everything in it is synced, or was refused.
    await pack?.file.close().catch(() => undefined);
  }
}

/** The system may take less than it was given. */
async function writeAll({ file, end }: OpenPack, batch: readonly Waiting[]): Promise<void> {
  const bytes = batch.length === 1 ? (batch[0] as Waiting).entry : Buffer.concat(batch.map(({ entry }) => entry));
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at, end + at)).bytesWritten;
}

function bytesOf(batch: readonly Waiting[]): number {
  return batch.reduce((sum, { entry }) => sum + entry.length, 0);
}

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}
