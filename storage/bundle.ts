/**
 * A bundle: documents in one sealed piece that can be carried about (the word, and the idea, are git's). Spills,
 * checkpoints and backups are bundles; what lies in a bundle is all there and right, or it is not read at all.
 * Spec: docs/STORAGE.md, "Bundles".
 *
 *   purpose:u8 • label • group • store id • term • at • package version • count × (name • encoding:u8 • bytes)
 */

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

import { seal, unseal } from './sealed.js';
import type { Decoded } from './sealed.js';

/** What the bundle is for. */
export type BundlePurpose = 'spill' | 'checkpoint' | 'backup';

export interface Bundle {
  readonly purpose: BundlePurpose;
  /** What people call it: the name of a checkpoint. Else left out. */
  readonly label?: string;
  readonly group: string;
  /** 32 hex digits; empty where whoever made it does not know. */
  readonly storeId: string;
  /** The highest term that whoever made it knew of. */
  readonly term: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly packageVersion: string;
  readonly documents: readonly BundledDocument[];
}

export interface BundledDocument {
  readonly name: string;
  /** `update`: what a replica had above some state vector, encoding V1. `state`: all of it, encoding V2. */
  readonly encoding: 'update' | 'state';
  readonly bytes: Uint8Array;
}

export function encodeBundle(bundle: Bundle): Uint8Array {
  return seal('bundle', '', (encoder) => {
    encoding.writeUint8(encoder, PURPOSES.indexOf(bundle.purpose));
    encoding.writeVarString(encoder, bundle.label ?? '');
    encoding.writeVarString(encoder, bundle.group);
    encoding.writeVarString(encoder, bundle.storeId);
    encoding.writeVarUint(encoder, bundle.term);
    encoding.writeVarUint(encoder, bundle.at);
    encoding.writeVarString(encoder, bundle.packageVersion);
    encoding.writeVarUint(encoder, bundle.documents.length);
    for (const document of bundle.documents) {
      encoding.writeVarString(encoder, document.name);
      encoding.writeUint8(encoder, ENCODINGS.indexOf(document.encoding));
      encoding.writeVarUint8Array(encoder, document.bytes);
    }
  }).bytes;
}

/** Never throws. The documents' bytes are views into `bytes`. */
export function decodeBundle(bytes: Uint8Array): Decoded<Bundle> {
  return unseal('bundle', '', bytes, (decoder) => ({
    purpose: known(PURPOSES[decoding.readUint8(decoder)]),
    ...labelled(decoding.readVarString(decoder)),
    group: decoding.readVarString(decoder),
    storeId: decoding.readVarString(decoder),
    term: decoding.readVarUint(decoder),
    at: decoding.readVarUint(decoder),
    packageVersion: decoding.readVarString(decoder),
    documents: Array.from({ length: decoding.readVarUint(decoder) }, () => ({
      name: decoding.readVarString(decoder),
      encoding: known(ENCODINGS[decoding.readUint8(decoder)]),
      bytes: decoding.readVarUint8Array(decoder),
    })),
  }));
}

/** Their places are their numbers: never moved, only added to. */
const PURPOSES = ['spill', 'checkpoint', 'backup'] as const;
const ENCODINGS = ['update', 'state'] as const;

function labelled(label: string): { readonly label?: string } {
  return label === '' ? {} : { label };
}

function known<Name>(name: Name | undefined): Name {
  if (name === undefined) throw new RangeError('a number that names nothing');
  return name;
}
