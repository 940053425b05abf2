/** Values that a schema vouches for, on both ends: what one's own code sends, and what comes from others. */

import { types } from 'node:util';
import { SocommError } from '../../base/errors.js';
import { checkCodec } from '../codec.js';
import type { Codec } from '../codec.js';
import { lib0 } from './lib0.js';
import { tellIssues } from './standard-schema.js';
import type { SchemaOutput, SchemaResult, StandardSchema } from './standard-schema.js';

/**
 * A codec whose values a schema checks: any library of Standard Schema (zod, valibot, arktype …). How they are written is `codec`'s
 * business (default: `lib0()`), and so is the name: who has no schema, or another one, reads them all the same.
 *
 * Both ends check: `encode` sends what the schema makes of the value (zod leaves out unknown properties, for example), `decode`
 * gives what it makes of what came. So the schema sees its own output again: one that makes something else of what it accepts (a
 * number of a text) does not fit; defaults, trimming and bounds do.
 *
 * `encode` throws a TypeError with the issues and their paths: one's own value is wrong. What comes and is wrong is an error of code
 * SOCOMM_VALUE_INVALID with the same text. Schemas that must be awaited are refused with a TypeError that says so.
 */
export function schema<Schema extends StandardSchema>(
  standard: Schema,
  codec: Codec<SchemaOutput<Schema>> = lib0<SchemaOutput<Schema>>(),
): Codec<SchemaOutput<Schema>> {
  checkSchema(standard);
  checkCodec(codec);
  return {
    name: codec.name,
    encode(value) {
      const result = validate(standard, value);
      if (result.issues !== undefined) throw new TypeError(`the value does not fit its schema: ${tellIssues(result.issues)}`);
      return codec.encode(result.value);
    },
    decode(bytes) {
      const result = validate(standard, codec.decode(bytes));
      if (result.issues === undefined) return result.value;
      throw new SocommError('SOCOMM_VALUE_INVALID', `what came does not fit the schema: ${tellIssues(result.issues)}`, {
        cause: result.issues,
      });
    },
  };
}

function validate<Schema extends StandardSchema>(standard: Schema, value: unknown): SchemaResult<SchemaOutput<Schema>> {
  const result = standard['~standard'].validate(value);
  if (!types.isPromise(result)) return result;
  // It may reject, and nobody waits for it.
  result.then(undefined, () => undefined);
  throw new TypeError('this schema validates asynchronously; a codec cannot wait, so use one without async checks');
}

/** Some libraries' schemas are functions. */
function checkSchema(standard: unknown): void {
  const isObject = (typeof standard === 'object' && standard !== null) || typeof standard === 'function';
  const inner: unknown = isObject ? (standard as Partial<StandardSchema>)['~standard'] : undefined;
  const { version, validate: check } = (inner ?? {}) as { readonly version?: unknown; readonly validate?: unknown };
  if (version !== 1 || typeof check !== 'function')
    throw new TypeError('schema() takes a schema of a library that speaks Standard Schema version 1, such as zod, valibot or arktype');
}
