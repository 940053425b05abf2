/**
 * Gives back the space of what nobody needs: only the writer's peer does this. Killed at any step it loses nothing, for nothing is
 * removed before what it held is durable elsewhere:
 *
 *   1  the files that hold candidates are renamed to `.retired`, and the folder synced    still read; `put` writes anew
 *   2  the caller finds out who needs what
 *   3  of a pack, what is needed is copied into a pack of our own, and synced             twice there: harmless
 *   4  the file is removed, or (a large one that is needed) gets its name back
 *
 * What a killed one left is taken up by the next, whatever it was withdrawn for. A peer that appends to a pack in step 1 sees that its
 * path names nothing, and writes that batch anew (pack-writer); what it had acknowledged lies in the file that is read in step 3.
 */

import type { Quarantine } from '../quarantine.js';
import type { Damage } from '../store.js';
import type { BlobFiles } from './blob-files.js';
import { RETIRED_SUFFIX } from './blob-files.js';
import { hashOf } from './blob-hash.js';
import type { BlobHash } from './blob-hash.js';
import type { BlobIndex, IndexedFile } from './blob-index.js';
import type { Removed, Retirement } from './blob-store.js';
import { chooseFiles } from './choosing.js';
import { COMMIT_BYTES_MAX } from './limits.js';
import { PACK_HEAD_BYTES } from './pack-entry.js';
import { scanPack } from './pack-scan.js';
import type { ScannedEntry } from './pack-scan.js';

export interface RetiringOptions {
  readonly files: BlobFiles;
  readonly index: BlobIndex;
  readonly quarantine: Quarantine;
  /** Whether it lies, sound and durable, where nothing was withdrawn. */
  readonly isKept: (hash: BlobHash) => Promise<boolean>;
  readonly put: (content: Uint8Array) => Promise<BlobHash>;
  readonly damaged: (damage: Damage) => void;
}

export class Retiring {
  readonly #options: RetiringOptions;
  /** Of the unfinished files that the last withdrawal saw: how long each was. */
  #unfinished = new Map<string, number>();

  constructor(options: RetiringOptions) {
    this.#options = options;
  }

  async withdraw(candidates: ReadonlySet<BlobHash>): Promise<Retirement> {
    const { files, index } = this.#options;
    await this.#sweepUnfinished();
    await index.refresh();
    const chosen = chooseFiles(index, candidates);
    for (const name of chosen) await files.rename(name, `${name}${RETIRED_SUFFIX}`);
    // Durable before anybody is asked: else a power cut could bring back a name that others no longer counted on.
    if (chosen.length > 0) await files.syncFolder();
    await index.refresh();
    const hashes = new Set<BlobHash>();
    for (const file of this.#retired())
      for (const hash of file.hashes) if (candidates.has(hash) && index.places(hash).every(({ isRetired }) => isRetired)) hashes.add(hash);
    return {
      hashes,
      finish: (needed) => this.#finish(hashes, needed),
      cancel: () => this.#cancel(),
    };
  }

  #retired(): readonly IndexedFile[] {
    return [...this.#options.index.files].filter(({ file }) => file.isRetired);
  }

  async #finish(hashes: ReadonlySet<BlobHash>, needed: ReadonlySet<BlobHash>): Promise<Removed> {
    const isGoing = (hash: BlobHash): boolean => hashes.has(hash) && !needed.has(hash);
    let bytes = 0;
    for (const known of this.#retired())
      bytes += known.file.kind === 'pack' ? await this.#finishPack(known, isGoing) : await this.#finishSingle(known, isGoing);
    if (bytes > 0) await this.#options.files.syncFolder();
    return { blobs: [...hashes].filter(isGoing).length, bytes };
  }

  async #finishSingle({ file, size }: IndexedFile, isGoing: (hash: BlobHash) => boolean): Promise<number> {
    const { isKept } = this.#options;
    if (file.kind !== 'single') return 0;
    if (isGoing(file.hash) || (await isKept(file.hash))) {
      await this.#remove(file.name);
      return size;
    }
    await this.#giveBack(file.name);
    return 0;
  }

  /** Bytes that this gave back, in the end. */
  async #finishPack({ file }: IndexedFile, isGoing: (hash: BlobHash) => boolean): Promise<number> {
    const { files, quarantine, damaged } = this.#options;
    // Its owner may have appended to it after we looked at it last: all of it is read again.
    const size = await files.size(file.name);
    if (size === undefined) return 0;
    const scan = await files.with(file.name, 'r', (handle) => scanPack(handle, 0, size));
    if (scan === undefined) return 0;
    const staying = scan.entries.filter(({ hash }) => !isGoing(hash));
    for (const group of inGroups(staying)) {
      // Together: they share a sync.
      const isCopied = await Promise.all(group.map((entry) => this.#copy(file.name, entry)));
      if (isCopied.includes(false)) return 0;
    }
    for (const { from, to } of scan.gaps) {
      const lost = await files.read(file.name, from, to - from);
      damaged(
        await quarantine.keep(
          undefined,
          `bytes ${from} to ${to} of ${file.name} are no entry`,
          `blob-pack-${from}`,
          lost ?? new Uint8Array(),
        ),
      );
    }
    await this.#remove(file.name);
    return size - staying.reduce((sum, { length }) => sum + PACK_HEAD_BYTES + length, 0);
  }

  /** Durable elsewhere when it resolves, or kept aside where it is damaged. False where the pack is gone. */
  async #copy(name: string, { hash, offset, length }: ScannedEntry): Promise<boolean> {
    const { files, quarantine, isKept, put, damaged } = this.#options;
    const content = await files.read(name, offset, length);
    if (content === undefined) return false;
    if (hashOf(content) === hash) await put(content);
    else if (!(await isKept(hash)))
      damaged(await quarantine.keep(undefined, `blob ${hash} in ${name} is not what was put there`, `blob-${hash}`, content));
    return true;
  }

  async #cancel(): Promise<void> {
    for (const { file } of this.#retired()) await this.#giveBack(file.name);
    await this.#options.files.syncFolder();
    await this.#options.index.refresh();
  }

  /** No other file has had that name since. */
  async #giveBack(name: string): Promise<void> {
    await this.#options.files.rename(name, name.slice(0, -RETIRED_SUFFIX.length));
  }

  async #remove(name: string): Promise<void> {
    await this.#options.files.remove(name);
    this.#options.index.forget(name);
  }

  /** What was being written when somebody was killed: between two withdrawals, hours apart, it has not grown. */
  async #sweepUnfinished(): Promise<void> {
    const { files } = this.#options;
    const before = this.#unfinished;
    this.#unfinished = new Map();
    for (const file of await files.list()) {
      if (file.kind !== 'unfinished') continue;
      const size = await files.size(file.name);
      if (size === undefined) continue;
      if (before.get(file.name) === size) await files.remove(file.name);
      else this.#unfinished.set(file.name, size);
    }
  }
}

/** So many that their contents fit into memory. */
function* inGroups(entries: readonly ScannedEntry[]): Generator<readonly ScannedEntry[], void, undefined> {
  let group: ScannedEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    group.push(entry);
    bytes += PACK_HEAD_BYTES + entry.length;
    if (bytes < COMMIT_BYTES_MAX) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  yield group;
}
