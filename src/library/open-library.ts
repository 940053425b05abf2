/** The way in: opens the document, and checks what was given. */

import { bodyCheck } from './bodies.js';
import { named } from './check-fields.js';
import { checkFunction, checkOptions } from './check-options.js';
import type { Library } from './library.js';
import type { LibraryHost } from './library-host.js';
import type { LibraryOptions } from './library-options.js';
import { PresetLibrary } from './preset-library.js';

/**
 * How records and edits are laid out. One more where an older copy must not open it; a field that is added needs none: older copies leave
 * alone what they do not know.
 */
const LAYOUT_VERSION = 1;

/**
 * Opens the preset library of a group: one document (`'library'` unless named), and a blob for each body. Instances of one process share
 * what it costs. Resolves when the document is whole; nothing is read of it before somebody looks.
 * Errors: those of `instance.document()`, SOCOMM_DOCUMENT_NEWER where a newer version of this package has laid it out anew; the signal's reason.
 */
export async function openLibrary<Parameters = unknown>(
  instance: LibraryHost,
  options: LibraryOptions<Parameters> = {},
): Promise<Library<Parameters>> {
  checkOpening(instance, options);
  const check = bodyCheck(options.parameters);
  const { document: name = 'library', signal } = options;
  const document = await instance.document(name, { schema: { version: LAYOUT_VERSION }, ...(signal && { signal }) });
  return new PresetLibrary(document, instance.blobs, { ...options, check });
}

function checkOpening(instance: unknown, options: unknown): void {
  if (typeof instance !== 'object' || instance === null || typeof (instance as Partial<LibraryHost>).document !== 'function')
    throw new TypeError(`openLibrary() takes an instance, as join() returns it; got ${named(instance)}`);
  checkOptions('openLibrary', options, KNOWN);
  const { version = 1, migrate, log, random } = options as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw new TypeError('version is a whole number from 1 on');
  checkFunction('migrate', migrate);
  checkFunction('log', log);
  if (random !== undefined && !(typeof random === 'object' && random !== null && 'bytes' in random))
    throw new TypeError(`random is what fraction() and bytes() come from; got ${named(random)}`);
}

const KNOWN = ['document', 'parameters', 'version', 'migrate', 'signal', 'log', 'random'];
