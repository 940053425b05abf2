/** What the command line refuses, and where it pauses; docs/LIMITS.md explains each. */

/** A text of one preset, or of one value for `set`. Larger things belong into blobs. */
export const VALUE_BYTES_MAX = 4 * 1024 * 1024;
/** A file that holds one JSON text, unpacked. Files of JSON lines are read as a stream and have no limit. */
export const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** Presets written in one transaction. */
export const SLICE_PRESETS_MAX = 64;
/** Time for one transaction before the loop is given back. */
export const SLICE_MS_MAX = 8;
/** Text of the presets written in one transaction. */
export const SLICE_BYTES_MAX = 512 * 1024;
/** The key of one preset. */
export const PRESET_ID_LENGTH_MAX = 1024;
/** What `pub`, `request` and `ephemeral` read as one value. A message may have no more. */
export const MESSAGE_INPUT_BYTES_MAX = 64 * 1024 * 1024;
/** Messages that wait for a reader of standard output that is slower than they come. */
export const MESSAGES_WAITING_MAX = 16_384;
