/**
 * What `json()` and `lib0()` take for a value: what comes back as it went. Numbers, texts, booleans, null, arrays without holes and
 * plain objects, and whatever else a codec has a word for. Identity is no part of a value: what is referred to twice comes back twice.
 * Nor are, as for `structuredClone`, properties that are not enumerable or whose keys are symbols; nor named properties of arrays.
 */

/** Values lie in values this deep at most: deeper ones are taken for endless, and would exhaust the stack of whoever walks them. */
export const VALUE_DEPTH_MAX = 256;

/** A name that would set what an object is, wherever it is copied carelessly: no codec lets it in or out. */
export const FORBIDDEN_KEY = '__proto__';

/** Why a value is not taken, and where in it. Given back, not thrown: each level on the way up adds its key. */
export interface Refusal {
  readonly path: string;
  readonly reason: string;
}

export function refuse(reason: string): Refusal {
  return { path: '', reason };
}

/** The same, seen from the object or array around it. */
export function below(key: string | number, { path, reason }: Refusal): Refusal {
  if (typeof key === 'number') return { path: `[${key}]${path}`, reason };
  return { path: /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}${path}` : `[${JSON.stringify(key.slice(0, 80))}]${path}`, reason };
}

export function notCarried(codec: string, { path, reason }: Refusal): TypeError {
  return new TypeError(
    `${codec}() carries what comes back as it went: ${path === '' ? 'this' : `value${path.slice(0, 400)}`} is ${reason}`,
  );
}

export const TOO_DEEP = refuse(`nested deeper than ${VALUE_DEPTH_MAX}, or contains itself`);
export const FORBIDDEN = refuse(`a property named ${FORBIDDEN_KEY}`);
export const HOLE = refuse('a hole in an array');

/** An object as `{}` makes it, here or in another realm (`node:vm`, test runners), or one without a prototype, which comes back with one. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

/** An array as `[]` makes it, here or in another realm: the prototype of arrays is itself an array, that of a class of one's own is none. */
export function isPlainArray(value: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Array.prototype || Array.isArray(prototype);
}

const ADVICE: Readonly<Record<string, string>> = {
  Map: '; Object.fromEntries() makes an object of it',
  Set: '; [...set] makes an array of it',
  Date: '; its getTime() is a number',
  Float32Array: '; float32() carries it',
  Float64Array: '; float64() carries it',
  ArrayBuffer: '; new Uint8Array(buffer) makes bytes of it',
};

/** For an object that is neither plain nor an array. */
export function foreignObject(value: object): Refusal {
  const { constructor } = value as { constructor?: { name?: unknown } };
  const name = typeof constructor === 'function' && typeof constructor.name === 'string' ? constructor.name.slice(0, 80) : '';
  return refuse(`${name === '' ? 'an object of a class' : `a ${name}`}${Object.hasOwn(ADVICE, name) ? (ADVICE[name] ?? '') : ''}`);
}
