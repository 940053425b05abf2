/** JSON Pointers (RFC 6901): `/presets/warm-pad/name`. `~1` stands for a slash inside a segment, `~0` for a tilde. */

export type Pointer = readonly string[];

/** Undefined for what is no pointer. The empty text is the whole document. */
export function parsePointer(text: string): Pointer | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  // The order matters: `~01` is `~1`, not a slash.
  return text
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function formatPointer(pointer: Pointer): string {
  return pointer.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The number that a segment means in an array; undefined for what is no index (`01`, `-1`, `x`). */
export function arrayIndex(segment: string): number | undefined {
  return /^(?:0|[1-9][0-9]{0,14})$/.test(segment) ? Number(segment) : undefined;
}
