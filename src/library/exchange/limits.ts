/** What an import refuses, and where it pauses; docs/LIMITS.md explains each. */

/** Arrays and objects inside one another: lib0 and JSON.stringify recurse. */
export const JSON_DEPTH_MAX = 128;
/** Folders inside one another that an import follows. */
export const FOLDER_DEPTH_MAX = 64;
/** Text of one preset, unpacked. A preset is read and encoded in one go; larger things belong into blobs of their own. */
export const PRESET_TEXT_BYTES_MAX = 4 * 1024 * 1024;
/** Presets that an import writes in one go, */
export const IMPORT_PRESETS_MAX = 32;
/** and their text; one larger preset goes by itself. */
export const IMPORT_TEXT_BYTES_MAX = 128 * 1024;
/** For how long an import works before it gives the loop back. */
export const IMPORT_SLICE_MS = 5;
