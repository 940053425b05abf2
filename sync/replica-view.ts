/**
 * What the engine may ask of a replica. Reads only, deterministic, in the same tick: the engine changes a replica
 * by an `apply` effect and never by a call. The bytes mean nothing to it.
 */
export interface ReplicaView {
  stateVector(): Uint8Array;
  /** Under which this replica writes; peers compare, for two with one id diverge for ever. */
  clientId(): number;
  /** Whether bytes from outside are a state vector at all; the questions below may be asked only of such. */
  canRead(stateVector: Uint8Array): boolean;
  /** What a replica with this state vector lacks, deletions included. */
  difference(stateVector: Uint8Array): Uint8Array;
  /** Hash of state vector and delete set; cached until the next change. */
  digest(): string;
  /** Whether something was received that builds on what has not been received. */
  hasPending(): boolean;
  /** Whether this replica lacks something that the state vector counts. */
  isBehind(stateVector: Uint8Array): boolean;
  /** Whether this replica has something that the state vector does not count. */
  isAhead(stateVector: Uint8Array): boolean;
}
