/**
 * What was changed of presets since they were added: one value for each preset and field, the last one set. A tag is a field of its
 * own, so that two people who tag one preset at the same time both have their way.
 *
 * They are settings, which are overwritten often: a favourite that is toggled a thousand times leaves nothing behind (`docs/LIBRARY.md`).
 * Keys: `<field>\n<id>` and `tag\n<id>\n<tag>`; neither ids nor tags hold a line feed. Fields that this version does not know stay as they are.
 */

import type { Y } from '../index.js';
import type { LibrarySettings } from './library-host.js';

const SEPARATOR = '\n';
const TAG = 'tag';

/** What was set of one preset: by field, tags as `tag\n<tag>`. */
export type EditsOfPreset = ReadonlyMap<string, unknown>;

export function tagField(tag: string): string {
  return TAG + SEPARATOR + tag;
}

/** The tag that a field stands for. */
export function tagOf(field: string): string | undefined {
  return field.startsWith(TAG + SEPARATOR) ? field.slice(TAG.length + SEPARATOR.length) : undefined;
}

export class Edits {
  readonly #settings: LibrarySettings;

  constructor(settings: LibrarySettings) {
    this.#settings = settings;
  }

  /** What an undo manager watches. */
  get type(): Y.Array<unknown> {
    return this.#settings.type;
  }

  get(id: string, field: string): unknown {
    return this.#settings.get(keyOf(id, field));
  }

  set(id: string, field: string, value: unknown): void {
    this.#settings.set(keyOf(id, field), value);
  }

  delete(id: string, field: string): void {
    this.#settings.delete(keyOf(id, field));
  }

  /** All, by preset. */
  grouped(): Map<string, Map<string, unknown>> {
    const byId = new Map<string, Map<string, unknown>>();
    for (const [key, value] of this.#settings.entries()) {
      const parsed = parse(key);
      if (parsed !== undefined) editsIn(byId, parsed.id).set(parsed.field, value);
    }
    return byId;
  }

  /** Brings what `grouped()` made up to date with each transaction, and tells whose edits have changed. Returns what ends that. */
  follow(byId: Map<string, Map<string, unknown>>, changed: (id: string) => void): () => void {
    return this.#settings.observe(({ keys }) => {
      for (const key of keys.keys()) {
        const parsed = parse(key);
        if (parsed === undefined) continue;
        const { id, field } = parsed;
        const value = this.#settings.get(key);
        if (value !== undefined) editsIn(byId, id).set(field, value);
        else if (byId.get(id)?.delete(field) === true && byId.get(id)?.size === 0) byId.delete(id);
        changed(id);
      }
    });
  }
}

function editsIn(byId: Map<string, Map<string, unknown>>, id: string): Map<string, unknown> {
  const edits = byId.get(id) ?? new Map<string, unknown>();
  byId.set(id, edits);
  return edits;
}

function keyOf(id: string, field: string): string {
  const tag = tagOf(field);
  return tag === undefined ? field + SEPARATOR + id : TAG + SEPARATOR + id + SEPARATOR + tag;
}

/** Undefined for what nobody of us wrote. */
function parse(key: string): { readonly id: string; readonly field: string } | undefined {
  const [name, id, tag, ...rest] = key.split(SEPARATOR);
  if (name === undefined || id === undefined || rest.length > 0 || (name === TAG) !== (tag !== undefined)) return undefined;
  return { id, field: tag === undefined ? name : tagField(tag) };
}
