/**
 * Names with their codecs, declared once and imported by every part of an application: whoever takes one gets the types
 * with it, and cannot use the wrong codec. They are plain objects; nothing happens until an instance is given one.
 */

import { isName, isPattern } from '../../talk/keys.js';
import { named } from './arguments.js';
import { checkCodec } from './codec.js';
import type { Codec } from './codec.js';
import { lib0 } from './codecs/lib0.js';
import { raw } from './codecs/raw.js';

export interface TopicDefinition<Value> {
  readonly kind: 'topic';
  readonly name: string;
  readonly codec: Codec<Value>;
}

export interface EphemeralDefinition<Value> {
  readonly kind: 'ephemeral';
  readonly name: string;
  readonly codec: Codec<Value>;
}

export interface RequestDefinition<Input, Output> {
  readonly kind: 'request';
  readonly name: string;
  readonly input: Codec<Input>;
  readonly output: Codec<Output>;
}

export interface StreamDefinition<Value> {
  readonly kind: 'stream';
  readonly name: string;
  readonly codec: Codec<Value>;
}

/** A topic, or with a name that ends in `/` all topics below it (to subscribe to). Default codec: `lib0()`. */
export function defineTopic<Value>(name: string, codec: Codec<Value> = lib0<Value>()): TopicDefinition<Value> {
  checkPattern(name);
  checkCodec(codec);
  return { kind: 'topic', name, codec };
}

/** Ephemeral values. Default codec: `lib0()`. */
export function defineEphemeral<Value>(name: string, codec: Codec<Value> = lib0<Value>()): EphemeralDefinition<Value> {
  checkName(name);
  checkCodec(codec);
  return { kind: 'ephemeral', name, codec };
}

/** A request and its answers. Default codecs: `lib0()`. */
export function defineRequest<Input, Output>({
  name,
  input = lib0<Input>(),
  output = lib0<Output>(),
}: {
  readonly name: string;
  readonly input?: Codec<Input>;
  readonly output?: Codec<Output>;
}): RequestDefinition<Input, Output> {
  checkName(name);
  checkCodec(input);
  checkCodec(output);
  return { kind: 'request', name, input, output };
}

/** A stream. Default codec: `raw()`, bytes. */
export function defineStream(name: string): StreamDefinition<Uint8Array>;
export function defineStream<Value>(name: string, codec: Codec<Value>): StreamDefinition<Value>;
export function defineStream(name: string, codec: Codec<unknown> = raw()): StreamDefinition<unknown> {
  checkName(name);
  checkCodec(codec);
  return { kind: 'stream', name, codec };
}

type Kinds = TopicDefinition<unknown> | EphemeralDefinition<unknown> | RequestDefinition<unknown, unknown> | StreamDefinition<unknown>;

/** Whether a definition was given, and no name. Throws a TypeError for a definition of another kind: it may have other codecs, or none. */
export function isDefinition(given: unknown, kind: Kinds['kind']): boolean {
  if (typeof given !== 'object' || given === null) return false;
  const { kind: theirs } = given as { readonly kind?: unknown };
  if (theirs === kind) return true;
  throw new TypeError(
    `a name, or a definition of kind '${kind}' is wanted here; got ${typeof theirs === 'string' ? `one of kind '${theirs.slice(0, 80)}'` : 'an object'}`,
  );
}

export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || !isName(name)) throw new TypeError(`${show(name)} is no name: ${NAMES_ARE}`);
}

/** A name, or the beginning of some. */
export function checkPattern(name: unknown): asserts name is string {
  if (typeof name !== 'string' || !isPattern(name)) throw new TypeError(`${show(name)} is no name: ${NAMES_ARE}`);
}

const NAMES_ARE = "names have up to 128 letters, digits and '.', '_', '~', '-', in parts that are parted by '/', such as 'meters/left'";

function show(name: unknown): string {
  return typeof name === 'string' ? `'${name.slice(0, 160)}'` : named(name);
}
