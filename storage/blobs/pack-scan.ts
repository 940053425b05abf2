/**
 * Reads which entries a pack holds, from a place on. The content is stepped over; whether it is right is looked at when it is read.
 * What does not verify is stepped over to the next head that does. What is not whole at the end is not believed: it is being written,
 * or was when somebody was killed.
 */

import type { FileHandle } from 'node:fs/promises';

import { SCAN_WINDOW_BYTES } from './limits.js';
import { PACK_HEAD_BYTES, PACK_MAGIC, decodeHead } from './pack-entry.js';
import type { PackHead } from './pack-entry.js';

export interface ScannedEntry extends PackHead {
  /** Where the content begins. */
  readonly offset: number;
}

export interface PackScan {
  readonly entries: readonly ScannedEntry[];
  /** Where the next scan begins. */
  readonly end: number;
  /** Parts that are no entries: in between, and at the end where that is no beginning of one. */
  readonly gaps: readonly Gap[];
}

export interface Gap {
  readonly from: number;
  readonly to: number;
}

export async function scanPack(file: FileHandle, from: number, size: number): Promise<PackScan> {
  const view = new View(file, size);
  const entries: ScannedEntry[] = [];
  const gaps: Gap[] = [];
  let at = from;
  while (at + PACK_HEAD_BYTES <= size) {
    const head = await view.headAt(at);
    if (head !== undefined) {
      const end = at + PACK_HEAD_BYTES + head.length;
      if (end > size) break;
      entries.push({ ...head, offset: at + PACK_HEAD_BYTES });
      at = end;
      continue;
    }
    const next = await view.findHead(at + 1);
    if (next === undefined) {
      // Zeros are what a power cut leaves of what was never synced.
      if (!(await view.isEmpty(at))) gaps.push({ from: at, to: size });
      break;
    }
    gaps.push({ from: at, to: next });
    at = next;
  }
  return { entries, end: at, gaps };
}

/** The file through a window that moves along. */
class View {
  readonly #file: FileHandle;
  readonly #size: number;
  #window = Buffer.alloc(0);
  #start = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  async headAt(at: number): Promise<PackHead | undefined> {
    await this.#show(at, PACK_HEAD_BYTES);
    return decodeHead(this.#window, at - this.#start);
  }

  /** Nothing but zeros from here to the end. */
  async isEmpty(from: number): Promise<boolean> {
    for (let at = from; at < this.#size; at = this.#start + this.#window.length) {
      await this.#show(at, 1);
      if (this.#window.length === 0 || this.#window.subarray(at - this.#start).some((byte) => byte !== 0)) return false;
    }
    return true;
  }

  /** The next whole entry. */
  async findHead(from: number): Promise<number | undefined> {
    for (let at = from; at + PACK_HEAD_BYTES <= this.#size;) {
      await this.#show(at, PACK_HEAD_BYTES);
      const found = this.#window.indexOf(PACK_MAGIC, at - this.#start);
      if (found < 0) {
        // The magic may begin in this window and end in the next.
        at = Math.max(at + 1, this.#start + this.#window.length - PACK_MAGIC.length + 1);
        continue;
      }
      at = this.#start + found;
      const head = await this.headAt(at);
      if (head !== undefined && at + PACK_HEAD_BYTES + head.length <= this.#size) return at;
      at++;
    }
    return undefined;
  }

  async #show(at: number, bytes: number): Promise<void> {
    if (at >= this.#start && at + bytes <= this.#start + this.#window.length) return;
    const window = Buffer.allocUnsafe(Math.min(SCAN_WINDOW_BYTES, this.#size - at));
    let read = 0;
    while (read < window.length) {
      const { bytesRead } = await this.#file.read(window, read, window.length - read, at + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    this.#window = window.subarray(0, read);
    this.#start = at;
  }
}
