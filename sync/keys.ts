/** The subscription keys of published frames. ZeroMQ filters by prefix, so no key is the prefix of another kind's. */

import { createHash } from 'node:crypto';
import { isPeerId } from '../src/base/ids.js';
import type { PeerId } from '../src/base/ids.js';

/** Status, pulses, goodbyes. */
export const GROUP_KEY = 'g/';

/** The document that every instance has open. */
export const MAIN = 'main';

/** How the ids of documents begin that are kept in memory only: the writer never keeps them for others. */
export const MEMORY_PREFIX = '~memory/';

/** A name, perhaps of one of the group's own kinds, perhaps with a generation (src/documents/document-name.ts). */
const DOCUMENT_ID = /^(?:~[a-z]+\/)?[A-Za-z0-9](?:[A-Za-z0-9._\-/:@ ]*[A-Za-z0-9._\-/:@])?(?:~[0-9]+)?$/;

/** Whether anybody can have opened a document of this id. */
export function isDocumentId(id: string): boolean {
  return DOCUMENT_ID.test(id);
}

/** `d/` and 16 hex digits of the name's hash: as long for each name, so none is a prefix of another. */
export function documentKey(name: string): string {
  return `d/${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** In place of one peer's id: whoever is connected to. */
const EVERYBODY = '0'.repeat(16);

/** Where `asked`, or everybody, answers READY to `asker`; the number makes each question a new subscription. */
export function readyKey(asker: PeerId, asked: PeerId | undefined, question: number): string {
  return `r/${asker}/${asked ?? EVERYBODY}/${question}/`;
}

/** Who asks READY of this peer by a subscription, of it alone or of everybody; undefined for any other. */
export function readyQuestion(key: string, self: PeerId): { readonly asker: PeerId; readonly isCommon: boolean } | undefined {
  if (!key.startsWith('r/') || !key.endsWith('/')) return undefined;
  const [asker, asked] = [key.slice(2, 18), key.slice(19, 35)];
  const isCommon = asked === EVERYBODY;
  return isPeerId(asker) && (asked === self || isCommon) ? { asker, isCommon } : undefined;
}
