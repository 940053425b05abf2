/**
 * How much of a document a peer may change with one frame; docs/LIMITS.md explains each. They hold for frames, which are given
 * to everybody unasked. What an honest peer wrote and a frame may not carry comes by catch-up, which was asked for.
 */

/** Structs, and ranges of deletions, of all updates of one frame. */
export const STRUCTS_IN_FRAME_MAX = 262_144;
export const DELETE_RANGES_IN_FRAME_MAX = 262_144;
/** Structs that the deletions of one frame may touch, again and again. */
export const DELETE_STEPS_IN_FRAME_MAX = 4 * 1024 * 1024;
/** Replicas whose changes one update brings: Yjs goes through all of them for each that must wait. */
export const CLIENTS_IN_UPDATE_MAX = 1024;
/** Root types that one frame names: for each item below a root Yjs goes through the roots. */
export const ROOTS_IN_FRAME_MAX = 512;
/** Subdocuments of one frame: each becomes a `Y.Doc` as soon as it is read. */
export const SUBDOCUMENTS_IN_FRAME_MAX = 1024;
/** Frames of up to this size are weighed: what follows would let a few bytes keep Yjs busy for seconds. */
export const WEIGHED_FRAME_BYTES_MAX = 64 * 1024;
/** Items that were put where others are already, times all items: Yjs goes through those in between. */
export const CONFLICT_STEPS_IN_FRAME_MAX = 512 * 1024;
/** Values that Yjs copies because lists of values are cut in two, and joined. */
export const COPIED_VALUES_IN_FRAME_MAX = 6 * 1024 * 1024;
/** Updates that build on what is not here: Yjs takes up each of them twice. */
export const WAITING_UPDATES_IN_FRAME_MAX = 512;
/** How far beyond what we have of a client a frame may reach. */
export const CLOCK_GAP_MAX = 2 ** 31;
/** How deep values may lie in values, and shared types in shared types: in a frame, and in an answer. */
export const FRAME_DEPTH_MAX = 256;
export const ANSWER_DEPTH_MAX = 1024;
/** Answers above this are not looked into: they may be large by design, and were asked for. */
export const CHECKED_ANSWER_BYTES_MAX = 256 * 1024;
