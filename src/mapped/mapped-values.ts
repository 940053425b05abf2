/**
 * The ephemeral values of one instance as they lie in memory that others have mapped, and those of the others. Sockets carry every value
 * as well, for whoever is told of changes, and for whoever maps nothing: what is here is only ever faster. So whatever goes wrong here
 * ends the mapping, with a reason for `inspect()`, and nothing else.
 *
 *   set ──► own table ═══ mapped file ═══► tables of others ──► poll
 *                │                                ▲
 *                └── `$mapped`: its path, an ephemeral value itself: gone when the instance is
 */

import type { ValueEntry, ValuesSubscription } from '../../talk/values.js';
import { MAPPED_TABLES_MAX } from '../../talk/limits.js';
import { bytesOf } from '../../talk/mapped/layout.js';
import type { MappedSlot } from '../../talk/mapped/table-reader.js';
import { TableReader } from '../../talk/mapped/table-reader.js';
import { TableWriter } from '../../talk/mapped/table-writer.js';
import type { Stamp, Written } from '../../talk/mapped/table-writer.js';
import type { Clock } from '../base/clock.js';
import { machineTime } from '../base/clock.js';
import { describe } from '../base/errors.js';
import type { InstanceId } from '../base/ids.js';
import { raw } from '../talk/codecs/raw.js';
import type { MappedMemory } from './memory.js';
import { unmapped } from './open-mapping.js';
import type { Mapped, Unmapped } from './open-mapping.js';
import type { OwnSegment } from './segment-files.js';

export interface MappedInspection {
  readonly isMapped: boolean;
  /** Why values are not mapped; undefined where they are. */
  readonly reason: Unmapped['reason'] | undefined;
  readonly text: string | undefined;
  /** The file with this instance's values, once it has set one. */
  readonly path: string | undefined;
  readonly values: number;
  /** Values of this instance that are not mapped: too long, or too many. */
  readonly leftOut: number;
  /** The files of other instances that are read here. */
  readonly others: readonly { readonly instance: InstanceId; readonly path: string }[];
}

export interface MappedValuesHost {
  readonly id: InstanceId;
  readonly clock: Clock;
  readonly values: {
    set(instance: InstanceId, name: string, value: Announcement): void;
    delete(instance: InstanceId, name: string, key: string): void;
    entries(name: string): readonly ValueEntry[];
    subscribe(name: string, listener: (changes: readonly ValueEntry[]) => void): ValuesSubscription;
  };
  warn(code: string, message: string): void;
}

interface Announcement {
  readonly key: string;
  readonly codec: string;
  readonly bytes: Uint8Array;
  readonly perSecondMax: number;
}

interface Table {
  readonly path: string;
  readonly reader: TableReader;
  readonly memory: MappedMemory;
}

interface Own {
  readonly segment: OwnSegment;
  readonly writer: TableWriter;
  readonly reader: TableReader | undefined;
}

const NAME = '$mapped';
const KEY = 's';
const PER_SECOND = 60;
/** The kernel takes a moment to end a process that was killed: how often, and after what time, its lock is looked at again. */
const BURIAL_RETRY_MS = 250;
const BURIAL_TRIES_MAX = 8;

export class MappedValues {
  readonly #host: MappedValuesHost;
  readonly #parts: Mapped;
  readonly #stamp: () => Stamp;
  readonly #tables = new Map<InstanceId, Table>();
  readonly #burials = new Set<() => void>();
  #own: Own | undefined;
  #heard: ValuesSubscription | undefined;
  #trouble: Unmapped | undefined;
  #isClosed = false;

  constructor(host: MappedValuesHost, parts: Mapped, stamp: () => Stamp = machineTime) {
    this.#host = host;
    this.#parts = parts;
    this.#stamp = stamp;
    this.#tolerate('what others left was not removed', () => parts.files.sweep());
  }

  set(value: Written): void {
    if (this.#isClosed || this.#trouble !== undefined) return;
    try {
      (this.#own ??= this.#begin()).writer.set(value, this.#stamp());
    } catch (error) {
      this.#giveUp(error);
    }
  }

  delete(name: string, key: string): void {
    this.#own?.writer.delete(name, key);
  }

  /** Where that value lies; without `from`, the one that was set last of any instance. Undefined: it is not mapped, or not there. */
  look(name: string, key: string, from?: InstanceId): MappedSlot | undefined {
    if (this.#isClosed) return undefined;
    this.#heard ??= this.#hear();
    if (from !== undefined) return this.#reader(from)?.slot(name, key);
    let latest: { readonly slot: MappedSlot; readonly stamp: Stamp } | undefined;
    for (const reader of this.#readers()) {
      const slot = reader.slot(name, key);
      const stamp = slot?.stamp;
      if (slot !== undefined && stamp !== undefined && (latest === undefined || isLater(stamp, latest.stamp))) latest = { slot, stamp };
    }
    return latest?.slot;
  }

  get inspection(): MappedInspection {
    return {
      isMapped: this.#trouble === undefined,
      reason: this.#trouble?.reason,
      text: this.#trouble?.text,
      path: this.#own?.segment.path,
      values: this.#own?.writer.count ?? 0,
      leftOut: this.#own?.writer.leftOut ?? 0,
      others: [...this.#tables].map(([instance, { path }]) => ({ instance, path })),
    };
  }

  /** Our values are gone for everybody at once, and nobody's memory stays mapped. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#heard?.end();
    for (const cancel of this.#burials) cancel();
    this.#burials.clear();
    for (const instance of [...this.#tables.keys()]) this.#drop(instance);
    this.#tolerate('our own file was not removed', () => this.#end());
  }

  /** The first value: from here on there is a file. Others hear of it when its memory is whole. */
  #begin(): Own {
    const { files, geometry } = this.#parts;
    const segment = files.make(bytesOf(geometry));
    const writer = new TableWriter(segment.words, geometry, this.#host.id);
    const bytes = Buffer.from(segment.path);
    this.#host.values.set(this.#host.id, NAME, { key: KEY, codec: raw().name, bytes, perSecondMax: PER_SECOND });
    return { segment, writer, reader: TableReader.open(segment.words, this.#host.id) };
  }

  #end(): void {
    const own = this.#own;
    this.#own = undefined;
    own?.writer.end();
    own?.reader?.close();
    own?.segment.remove();
  }

  #hear(): ValuesSubscription {
    const subscription = this.#host.values.subscribe(NAME, (changes) => {
      for (const change of changes) this.#announced(change);
    });
    for (const entry of this.#host.values.entries(NAME)) this.#announced(entry);
    return subscription;
  }

  #announced({ instance, key, bytes }: ValueEntry): void {
    if (this.#isClosed || instance === this.#host.id || key !== KEY) return;
    const path = bytes === undefined ? undefined : Buffer.from(bytes).toString();
    const known = this.#tables.get(instance);
    if (known !== undefined && known.path === path) return;
    if (known !== undefined) {
      this.#drop(instance);
      this.#bury(known.path);
    }
    if (path !== undefined && this.#tables.size < MAPPED_TABLES_MAX) this.#take(instance, path);
  }

  #take(instance: InstanceId, path: string): void {
    try {
      const memory = this.#parts.files.open(path);
      const reader = TableReader.open(memory.words, instance);
      if (reader !== undefined) this.#tables.set(instance, { path, memory, reader });
      else memory.release();
      if (reader === undefined) this.#host.warn('mapping-failed', `${path} holds no values of instance ${instance} that can be read here`);
    } catch (error) {
      // Its values still come through sockets.
      this.#host.warn('mapping-failed', `the values of instance ${instance} are not mapped here: ${describe(error)}`);
    }
  }

  #drop(instance: InstanceId): void {
    const table = this.#tables.get(instance);
    this.#tables.delete(instance);
    table?.reader.close();
    table?.memory.release();
  }

  /** Its instance has closed, was killed, or is only out of reach: the lock knows. */
  #bury(path: string, triesLeft = BURIAL_TRIES_MAX): void {
    this.#tolerate('what another instance left was not removed', () => {
      if (this.#parts.files.bury(path) || triesLeft <= 1) return;
      const cancel = this.#host.clock.after(BURIAL_RETRY_MS, () => {
        this.#burials.delete(cancel);
        this.#bury(path, triesLeft - 1);
      });
      this.#burials.add(cancel);
    });
  }

  #reader(instance: InstanceId): TableReader | undefined {
    return instance === this.#host.id ? this.#own?.reader : this.#tables.get(instance)?.reader;
  }

  *#readers(): Iterable<TableReader> {
    if (this.#own?.reader !== undefined) yield this.#own.reader;
    for (const { reader } of this.#tables.values()) yield reader;
  }

  /** There is no memory for our values. They travel as before, and others are told that this is the only way. */
  #giveUp(error: unknown): void {
    const text = describe(error);
    this.#trouble = unmapped('failed', text);
    this.#host.warn('mapping-failed', `values of this instance are not mapped, and travel only: ${text}`);
    this.#host.values.delete(this.#host.id, NAME, KEY);
    this.#tolerate('our own file was not removed', () => this.#end());
  }

  #tolerate(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#host.warn('mapping-failed', `${what}: ${describe(error)}`);
    }
  }
}

function isLater([seconds, nanoseconds]: Stamp, [thanSeconds, thanNanoseconds]: Stamp): boolean {
  return seconds === thanSeconds ? nanoseconds > thanNanoseconds : seconds > thanSeconds;
}
