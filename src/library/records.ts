/**
 * How the library lies in its document: the map `presets` (what was added, by id) and the settings `edits` (what was changed since). One
 * instance's way to write it; what all of them read is in `preset-index.ts`.
 */

import type { Y } from '../index.js';
import { readBirth, writeBirth } from './birth.js';
import { Edits } from './edits.js';
import type { LibraryDocument } from './library-host.js';
import { isBodyReference } from './make-preset.js';
import type { BodyReference, PresetFields, PresetId } from './preset.js';

export class PresetRecords {
  readonly doc: Y.Doc;
  /** By id, the text of `birth.ts`. */
  readonly presets: Y.Map<unknown>;
  readonly edits: Edits;

  constructor(document: LibraryDocument) {
    this.doc = document.doc;
    this.presets = document.doc.getMap('presets');
    this.edits = new Edits(document.settings('edits'));
  }

  /** Also one that was removed. */
  has(id: PresetId): boolean {
    return readBirth(this.presets.get(id)) !== undefined;
  }

  add(id: PresetId, birth: PresetFields & { readonly order: string; readonly body?: BodyReference | undefined }): void {
    this.presets.set(id, writeBirth(birth));
  }

  /** Found without an index: who loads one preset needs no list. */
  body(id: PresetId): BodyReference | undefined {
    const edited = this.edits.get(id, 'body');
    if (isBodyReference(edited)) return edited;
    const born = readBirth(this.presets.get(id))?.fields['body'];
    return isBodyReference(born) ? born : undefined;
  }
}
