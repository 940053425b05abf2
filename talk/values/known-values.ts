/** Values by instance and key, with a limit on all together. */

import type { InstanceId } from '../../src/base/ids.js';
import { PEER_VALUES_BYTES_MAX, PEER_VALUES_MAX } from '../limits.js';
import type { ValueEntry } from '../values.js';

export class KnownValues {
  readonly #values = new Map<InstanceId, Map<string, ValueEntry>>();
  #count = 0;
  #bytes = 0;

  get(instance: InstanceId, key: string): ValueEntry | undefined {
    return this.#values.get(instance)?.get(key);
  }

  all(): ValueEntry[] {
    return [...this.#values.values()].flatMap((values) => [...values.values()]);
  }

  of(instance: InstanceId): ValueEntry[] {
    return [...(this.#values.get(instance)?.values() ?? [])];
  }

  /** Puts a value, or what is gone, into its place. False where there is no room for it. */
  apply(entry: ValueEntry): boolean {
    const { instance, key, bytes } = entry;
    const values = this.#values.get(instance) ?? new Map<string, ValueEntry>();
    const had = values.get(key);
    this.#bytes -= had?.bytes?.length ?? 0;
    const isIn =
      bytes !== undefined &&
      this.#count - (had === undefined ? 0 : 1) < PEER_VALUES_MAX &&
      this.#bytes + bytes.length <= PEER_VALUES_BYTES_MAX;
    // A value that is replaced keeps its place among the others.
    if (isIn) values.set(key, entry);
    else values.delete(key);
    this.#bytes += isIn ? bytes.length : 0;
    this.#count += (isIn ? 1 : 0) - (had === undefined ? 0 : 1);
    if (values.size > 0) this.#values.set(instance, values);
    else this.#values.delete(instance);
    return isIn || bytes === undefined;
  }
}

/** What has to be told to whoever knew `before`, so that it knows `after`. */
export function difference(before: KnownValues, after: KnownValues): ValueEntry[] {
  const gone = before.all().filter(({ instance, key }) => after.get(instance, key) === undefined);
  const changed = after.all().filter((entry) => !isSame(before.get(entry.instance, entry.key), entry));
  return [...gone.map((entry) => ({ ...entry, bytes: undefined })), ...changed];
}

function isSame(a: ValueEntry | undefined, b: ValueEntry): boolean {
  return a?.bytes !== undefined && b.bytes !== undefined && a.codec === b.codec && Buffer.compare(a.bytes, b.bytes) === 0;
}
