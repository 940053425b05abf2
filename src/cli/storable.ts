/** What of JSON a `Y.Map` or `Y.Array` does not take, although its encoding would carry it. */

import { isJsonObject } from '../library/exchange/json-text.js';
import type { JsonValue } from '../library/exchange/json-text.js';

/** Why a value cannot be stored; undefined where it can. Texts were checked by `readJson` before. */
export function refusalOf(value: JsonValue): string | undefined {
  // Yjs 13.6 asks `value.constructor` what kind of content it is given (AbstractType.js, typeMapSet). Deeper down it does not.
  const isMistaken = isJsonObject(value) && Object.hasOwn(value, 'constructor');
  return isMistaken ? 'Yjs cannot store an object with a key "constructor" at its top level' : undefined;
}
