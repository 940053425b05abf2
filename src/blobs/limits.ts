/** How long and how much, for what this peer does with blobs. Each has its line in docs/LIMITS.md. */

/** What no document names is kept for this long, counted while the writer runs. */
export const BLOB_GRACE_MS = 3_600_000;

/** `get()` gives at most this much in one piece. */
export const BLOB_GET_BYTES_MAX = 64 * 1024 * 1024;

/** The first look of a peer that became the writer: it takes up what a killed one left. */
export const BLOB_FIRST_LOOK_MS = 60_000;

/** What is withdrawn, and asked about, at one time: its question fits into a frame. */
export const BLOB_CANDIDATES_MAX = 1_024;
