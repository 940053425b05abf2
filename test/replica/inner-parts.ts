/** Whatever Yjs keeps in a document, or in a transaction: all fields of all objects, each once, in the order in which they are reached. */

import { types } from 'node:util';

/** Two that are built alike give equal lists. */
export function innerPartsOf(root: object): unknown {
  const numbers = new Map<object, number>();
  const parts: unknown[] = [];
  const refer = (value: unknown): unknown => {
    if (typeof value === 'function') return 'function';
    if (typeof value !== 'object' || value === null) return value;
    const known = numbers.get(value);
    if (known !== undefined) return { part: known };
    numbers.set(value, numbers.size);
    waiting.push(value);
    return { part: numbers.size - 1 };
  };
  const waiting: object[] = [];
  refer(root);
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) parts.push(fieldsOf(part, refer));
  return parts;
}

function fieldsOf(part: object, refer: (value: unknown) => unknown): unknown {
  // lib0 makes what lies under `__proto__` the prototype: an object may seem to be bytes, or have no constructor.
  const name = (part.constructor as typeof part.constructor | undefined)?.name;
  if (types.isUint8Array(part)) return [name, ...part];
  if (types.isMap(part)) return [name, Array.from(part, ([key, value]) => [refer(key), refer(value)])];
  if (types.isSet(part) || Array.isArray(part)) return [name, Array.from(part, refer)];
  return [name, Object.entries(part).flatMap(([field, value]) => (IGNORED.has(field) ? [] : [[field, refer(value)]]))];
}

/** Random or counted, and other in each document. */
const IGNORED = new Set(['guid', 'clientID', '_observers', 'whenLoaded', 'whenSynced']);
