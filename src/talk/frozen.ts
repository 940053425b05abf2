/** What is handed out more than once, and must not be changed by who has it. */

/** Freezes plain objects and lists through and through. Bytes cannot be frozen; nobody may change them all the same. */
export function deepFrozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFrozen(inner);
  return Object.freeze(value);
}

/** A copy. Its methods that would change it throw: `Object.freeze` alone does not keep a map from being changed. */
export function frozenMap<Key, Value>(map: ReadonlyMap<Key, Value>): ReadonlyMap<Key, Value> {
  const copy = new Map(map);
  return Object.freeze(Object.assign(copy, { set: refuse, delete: refuse, clear: refuse }));
}

function refuse(): never {
  throw new TypeError('a snapshot cannot be changed');
}
