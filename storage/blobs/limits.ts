/** How much of everything: sizes of blobs, packs and what is in work. Each has its line in docs/LIMITS.md. */

/** Up to this size a blob goes into a pack; a larger one is a file of its own. */
export const SMALL_BLOB_BYTES_MAX = 256 * 1024;

/** No blob is larger. */
export const BLOB_BYTES_MAX = 1024 * 1024 * 1024;

/** A pack that has reached this is not appended to any more. */
export const PACK_BYTES_MAX = 64 * 1024 * 1024;

/** What goes to the disk before one sync. */
export const COMMIT_BYTES_MAX = 8 * 1024 * 1024;

/** Contents of small puts in memory at a time; the next ones wait. */
export const PUTS_BYTES_MAX = 32 * 1024 * 1024;

/** Files that one store has open at a time, for reading and for large puts: descriptors are few, and sockets need them. */
export const BLOB_FILES_OPEN_MAX = 4;

/** What of a large blob is read or written in one go. */
export const BLOB_PIECE_BYTES = 1024 * 1024;

/** What of a pack is looked at in one go. */
export const SCAN_WINDOW_BYTES = 256 * 1024;

/** How often a batch is written again whose pack was withdrawn meanwhile. */
export const COMMIT_ATTEMPTS_MAX = 5;

/** How often a blob is looked for again that moves while it is read. */
export const READ_ATTEMPTS_MAX = 4;

/** Blobs that are remembered as damaged, so that they are not called missing. */
export const DAMAGED_KEPT_MAX = 1_000;

/** Smaller packs than this are put together … */
export const PACK_SMALL_BYTES = 4 * 1024 * 1024;

/** … when there are more of them: each start of each peer that puts makes one. */
export const PACKS_SMALL_MAX = 32;

/** What one collection copies at most. */
export const PACK_REWRITTEN_BYTES_MAX = 256 * 1024 * 1024;
