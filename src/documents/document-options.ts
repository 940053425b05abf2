/** What `document()` takes, checked: a programmer's mistake is a `TypeError` at once, with the option's name. */

import type { Y } from '../replica/replica.js';
import { checkSignal, named } from '../talk/arguments.js';
import type { DocumentKeep } from './document-name.js';

/** How what lies in a document is shaped, as a number that grows, and how older content is made to fit. */
export interface DocumentSchema {
  /** A whole number from 1 on. */
  readonly version: number;
  /**
   * Brings a document of version `from` (0: content without any version) up to `version`, in one transaction. Two copies may do so at once:
   * write it so that both write the same. Never called for a document that is empty.
   */
  readonly migrate?: (doc: Y.Doc, from: number) => void;
}

export interface DocumentOptions {
  /** `'store'` (default): kept on disk. `'memory'`: replicated, never written, gone with its last holder. */
  readonly keep?: DocumentKeep;
  readonly schema?: DocumentSchema;
  /** `'synced'` (default): resolves with the whole content. `'none'`: resolves as soon as the name's meaning is known; see `synced()`. */
  readonly wait?: 'synced' | 'none';
  /** Gives up opening. */
  readonly signal?: AbortSignal;
}

export function checkDocumentOptions(options: unknown): asserts options is DocumentOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`the options of document() are an object; got ${named(options)}`);
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given))
    if (!KNOWN.includes(name)) throw new TypeError(`document() has no option '${name}'; it has ${KNOWN.join(', ')}`);
  checkChoice('keep', given['keep'], ['store', 'memory']);
  checkChoice('wait', given['wait'], ['synced', 'none']);
  checkSignal(given['signal']);
  if (given['schema'] === undefined) return;
  checkSchema(given['schema']);
  if (given['wait'] === 'none')
    throw new TypeError("the option 'schema' needs wait: 'synced': what version a document has is known only when all of it is here");
}

function checkSchema(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null)
    throw new TypeError(`the option 'schema' is { version, migrate? }; got ${named(schema)}`);
  const { version, migrate } = schema as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(version) || (version as number) < 1)
    throw new TypeError(
      `schema.version is a whole number from 1 on; got ${typeof version === 'number' ? String(version) : named(version)}`,
    );
  if (migrate !== undefined && typeof migrate !== 'function') throw new TypeError(`schema.migrate is a function; got ${named(migrate)}`);
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return;
  const got = typeof value === 'string' ? `'${value.slice(0, 80)}'` : named(value);
  throw new TypeError(`the option '${name}' of document() is ${choices.map((choice) => `'${choice}'`).join(' or ')}; got ${got}`);
}

const KNOWN = ['keep', 'schema', 'wait', 'signal'];
