/** A frame as JSON, for readers in any language: bytes as hex, maps as lists of pairs, in the order in which they travel. */

import type { Frame } from '../../sync/wire/frame.js';

const BYTES = new Set(['stateVector', 'bytes', 'updates']);
const MAPS = new Set(['vector', 'stored', 'tails', 'targets', 'revisions', 'missed']);

export type Json = string | number | boolean | readonly Json[] | { readonly [field: string]: Json };

export function frameToJson(value: unknown): Json {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Map || Array.isArray(value)) return [...value].map(frameToJson);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, frameToJson(inner)]));
  return value as string | number | boolean;
}

export function frameFromJson(json: Json): Frame {
  return restore('', json) as Frame;
}

function restore(field: string, json: Json): unknown {
  if (MAPS.has(field)) return new Map(json as unknown as readonly [string, number][]);
  if (typeof json === 'string' && BYTES.has(field)) return Uint8Array.from(Buffer.from(json, 'hex'));
  if (Array.isArray(json)) return json.map((inner: Json) => restore(field, inner));
  if (typeof json !== 'object') return json;
  return Object.fromEntries(Object.entries(json).map(([inner, value]) => [inner, restore(inner, value)]));
}
