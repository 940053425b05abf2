/**
 * Parameters, on their way to blobs and back. They are encoded with `lib0()`: what JSON can say comes back exactly as it went (also -0, which
 * JSON text of ours refuses), in half its size, and besides bytes, of which many plugins' states are made. Equal ones are one blob.
 */

import { createHash } from 'node:crypto';
import { SocommError, isSocommError } from '../base/errors.js';
import { lib0, schema } from '../index.js';
import type { Codec } from '../index.js';
import type { BodyPresence } from './body-presence.js';
import type { LibraryBlobs } from './library-host.js';
import type { LibraryOptions } from './library-options.js';
import type { BodyReference, PresetId } from './preset.js';

export interface BodiesOptions<Parameters> {
  /** Only checks: what goes in comes out as the schema has it. */
  readonly check: Codec<Parameters> | undefined;
  readonly migrate: LibraryOptions<Parameters>['migrate'] | undefined;
  readonly blobs: LibraryBlobs;
  readonly presence: BodyPresence;
  readonly version: number;
  /** A blob that was asked for is not there. */
  readonly missing: (hash: string) => void;
}

export interface EncodedBody {
  readonly bytes: Uint8Array;
  readonly reference: BodyReference;
}

interface SignalOption {
  readonly signal?: AbortSignal | undefined;
}

export class Bodies<Parameters> {
  readonly #options: BodiesOptions<Parameters>;
  readonly #codec = lib0();

  constructor(options: BodiesOptions<Parameters>) {
    this.#options = options;
  }

  /** Throws a TypeError that says where, on what does not fit the schema or cannot be kept. */
  encode(parameters: Parameters): EncodedBody {
    if (parameters === undefined) throw new TypeError('parameters are missing');
    const { check } = this.#options;
    const checked: unknown = check === undefined ? parameters : check.encode(parameters);
    const bytes = this.#codec.encode(checked);
    const hash = createHash('sha256').update(bytes).digest('hex');
    return { bytes, reference: { hash, bytes: bytes.length, version: this.#options.version } };
  }

  /** Resolves when all are durable. */
  async save(bodies: readonly EncodedBody[], { signal }: SignalOption): Promise<void> {
    const { blobs, presence } = this.#options;
    const unique = new Map(bodies.map((body) => [body.reference.hash, body.bytes]));
    const puts = await Promise.allSettled([...unique.values()].map((bytes) => blobs.put(bytes, signal && { signal })));
    const failed = puts.find((put) => put.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    signal?.throwIfAborted();
    for (const hash of unique.keys()) presence.noteHere(hash);
  }

  async load(id: PresetId, reference: BodyReference | undefined, { signal }: SignalOption): Promise<Parameters> {
    if (reference === undefined) throw new SocommError('SOCOMM_BODY_MISSING', `preset '${id}' was added without parameters`);
    const bytes = await this.#read(id, reference, signal);
    const stored = decoded(id, () => this.#codec.decode(bytes));
    const { check, version, migrate } = this.#options;
    const parameters = reference.version < version && migrate !== undefined ? migrate(stored, reference.version) : stored;
    return check === undefined ? (parameters as Parameters) : decoded(id, () => check.decode(parameters as Uint8Array));
  }

  async #read(id: PresetId, { hash }: BodyReference, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { blobs, presence } = this.#options;
    try {
      const bytes = await blobs.get(hash, signal && { signal });
      presence.noteHere(hash);
      return bytes;
    } catch (cause) {
      if (!isSocommError(cause, 'SOCOMM_BLOB_MISSING')) throw cause;
      presence.noteMissing(hash);
      this.#options.missing(hash);
      throw new SocommError('SOCOMM_BODY_MISSING', `the parameters of preset '${id}' are not in this store: its blob ${hash} is missing`, {
        cause,
      });
    }
  }
}

/** Throws a TypeError for what is no Standard Schema. */
export function bodyCheck<Parameters>(parameters: LibraryOptions<Parameters>['parameters']): Codec<Parameters> | undefined {
  return parameters === undefined ? undefined : schema(parameters, AS_IS);
}

/** A codec that leaves everything as it is, so that a schema can be asked by itself. */
const AS_IS: Codec<never> = {
  name: 'lib0',
  encode: (value: unknown) => value as Uint8Array,
  decode: (value: unknown) => value as never,
};

function decoded<Value>(id: PresetId, decode: () => Value): Value {
  try {
    return decode();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SocommError('SOCOMM_VALUE_INVALID', `the parameters of preset '${id}' are not what they should be: ${why}`, { cause });
  }
}
