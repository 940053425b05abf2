/** How a value in a map of the document is called, so that all replicas call it the same. */

import { createHash } from 'node:crypto';
import { VALUE_KEY_BYTES_MAX } from '../../talk/limits.js';
import type { Y } from '../replica/replica.js';
import { lib0 } from './codecs/lib0.js';

/** A root type by its name, any other by the item that holds it; and the key. A long one by its hash. Throws a TypeError for a map that is not in `doc`. */
export function placeOf<Value>(doc: Y.Doc, map: Y.Map<Value>, key: string): string {
  if (typeof key !== 'string') throw new TypeError(`the key of a value is a string; got ${typeof key}`);
  // By its shape: a second loaded copy of Yjs has other classes.
  if (typeof map !== 'object' || map === null || map.doc !== doc || typeof map.set !== 'function')
    throw new TypeError('a gesture is about a Y.Map that is in the document of this instance: set it there first');
  const place = JSON.stringify([...holderOf(doc, map), key]);
  if (Buffer.byteLength(place) <= VALUE_KEY_BYTES_MAX) return place;
  return `#${createHash('sha256').update(place).digest('hex')}`;
}

function holderOf<Value>(doc: Y.Doc, map: Y.Map<Value>): readonly [root: string] | readonly [client: number, clock: number] {
  const item = map._item;
  if (item !== null) return [item.id.client, item.id.clock];
  for (const [name, type] of doc.share) if ((type as unknown) === map) return [name];
  throw new TypeError('a gesture is about a Y.Map that is in the document of this instance: set it there first');
}

const CODEC = lib0();

/** Throws a TypeError that says what is wrong with it. */
export function checkIsCarried(value: unknown): void {
  CODEC.encode(value);
}
