/** The way in: opens the document, and checks what was given. */

import { named } from './check-fields.js';
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
  checkOptions(options);
  const { document: name = 'library', signal } = options;
  const document = await instance.document(name, { schema: { version: LAYOUT_VERSION }, ...(signal && { signal }) });
  return new PresetLibrary(document, instance.blobs, options);
}

function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`the options of openLibrary() are an object; got ${named(options)}`);
  const given = options as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw new TypeError(`openLibrary() has no option '${unknown}'; it has ${KNOWN.join(', ')}`);
  const { version = 1, migrate } = given;
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw new TypeError('version is a whole number from 1 on');
  if (migrate !== undefined && typeof migrate !== 'function') throw new TypeError(`migrate is a function; got ${named(migrate)}`);
}

const KNOWN = ['document', 'parameters', 'version', 'migrate', 'signal', 'log', 'random'];
