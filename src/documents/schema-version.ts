/** A document carries the version of its shape in itself: whoever opens it brings it up to date, or is told that it is too old itself. */

import { SocommError } from '../base/errors.js';
import type { Y } from '../replica/replica.js';
import type { DocumentSchema } from './document-options.js';

export interface SchemaCheck {
  readonly name: string;
  readonly doc: Y.Doc;
  /** Nothing was ever written into it. */
  readonly isEmpty: boolean;
  readonly schema: DocumentSchema;
  readonly transact: (change: () => void) => void;
}

/** Error: SOCOMM_DOCUMENT_NEWER; what `migrate` throws. */
export function applySchema({ name, doc, isEmpty, schema: { version, migrate }, transact }: SchemaCheck): void {
  const found = doc.getMap<unknown>(SCHEMA_ROOT).get(VERSION_KEY);
  const from = typeof found === 'number' ? found : 0;
  if (from > version) {
    throw new SocommError(
      'SOCOMM_DOCUMENT_NEWER',
      `document '${name}' has version ${from} of its schema, this program knows version ${version}: update the program; the document was left as it is`,
    );
  }
  if (from === version) return;
  transact(() => {
    // `void` lets async functions pass: what they do after their first wait would come too late, and twice where they are called again.
    const returned: unknown = isEmpty ? undefined : migrate?.(doc, from);
    if (returned instanceof Promise)
      throw new TypeError(`schema.migrate of document '${name}' returned a promise: it must have done its work when it returns`);
    doc.getMap<unknown>(SCHEMA_ROOT).set(VERSION_KEY, version);
  });
}

const SCHEMA_ROOT = '~schema';
const VERSION_KEY = 'version';
