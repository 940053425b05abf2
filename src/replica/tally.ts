/** What was read of one update, or of all updates of a frame: the limits are held against it. */

/** Counts what was read. */
export class Tally {
  structs = 0;
  deleteRanges = 0;
  deleteSteps = 0;
  subdocuments = 0;
  /** Shared types that may lie within other shared types. */
  types = 0;
  /** The longest list of values in one struct. */
  values = 0;
  clientsInUpdate = 0;
  valueDepth = 0;
  /** Where the structs of our own client end, if there are any. */
  ownEnd = 0;
  readonly roots = new Set<string>();
}
